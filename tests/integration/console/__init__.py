"""Tests of the console with a real API server, without a browser."""
