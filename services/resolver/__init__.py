"""Compute the values set of a workload, or every reason why it is rejected."""
