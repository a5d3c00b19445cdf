"""Name and create the output resources of a resolved workload."""
