"""Unit tests of `shared/outputs`."""
