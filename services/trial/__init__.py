"""Submit workloads as a researcher does, and wait for their outcome: what `helm test` runs."""
