"""Unit tests of `services/console`."""
