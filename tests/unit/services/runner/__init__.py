"""Unit tests of `services/runner`."""
