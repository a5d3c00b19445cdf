"""Record the outcome of a submission on its workload."""
