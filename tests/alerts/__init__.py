"""Alert rules, evaluated by Prometheus' own tool: `make alerts`."""
