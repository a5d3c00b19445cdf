"""Unit tests of `cli/jobs`."""
