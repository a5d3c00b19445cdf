"""Unit tests of `cli/policies`."""
