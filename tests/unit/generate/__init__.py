"""Unit tests of `generate`."""
