"""Unit tests of `shared/kubernetes`."""
