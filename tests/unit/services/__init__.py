"""Unit tests of `services`."""
