"""Unit tests of `services/creator`."""
