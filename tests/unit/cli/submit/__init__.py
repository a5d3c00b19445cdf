"""Unit tests of `cli/submit`."""
