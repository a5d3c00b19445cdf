"""Tests of the local platform: its processes, without a control plane."""
