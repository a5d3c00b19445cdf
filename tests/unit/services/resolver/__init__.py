"""Unit tests of `services/resolver`."""
