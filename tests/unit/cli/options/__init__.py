"""Unit tests of `cli/options`."""
