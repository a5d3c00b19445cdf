"""Record on the workload what became of it."""
