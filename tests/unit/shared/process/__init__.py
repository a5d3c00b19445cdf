"""Unit tests of `shared/process`."""
