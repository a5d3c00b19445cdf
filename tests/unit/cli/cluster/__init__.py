"""Unit tests of `cli/cluster`."""
