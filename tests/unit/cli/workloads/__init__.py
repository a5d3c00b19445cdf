"""Unit tests of `cli/workloads`."""
