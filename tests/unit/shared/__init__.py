"""Tests of what several services must agree on."""
