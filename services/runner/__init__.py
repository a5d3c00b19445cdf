"""Run RunaiJobs with Kubernetes' own Jobs and StatefulSets."""
