"""Tests of the local platform: processes, but no control plane."""
