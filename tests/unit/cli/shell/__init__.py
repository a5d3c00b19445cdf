"""Unit tests of `cli/shell`."""
