"""Make a RunaiJob run by means of Kubernetes' own engine."""
