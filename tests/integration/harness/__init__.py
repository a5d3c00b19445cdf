"""Foundations of the integration tests: processes, a client, and proxies that fail on demand."""
