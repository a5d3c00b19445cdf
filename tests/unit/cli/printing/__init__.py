"""Unit tests of `cli/printing`."""
