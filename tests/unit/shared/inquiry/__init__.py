"""Unit tests of `shared/inquiry`."""
