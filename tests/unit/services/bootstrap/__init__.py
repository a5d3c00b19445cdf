"""Unit tests of the jobs that run before the services."""
