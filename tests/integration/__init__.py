"""Tests against the real API server and broker."""
