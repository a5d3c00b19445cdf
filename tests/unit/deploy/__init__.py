"""Tests of how Slipway is put to work."""
