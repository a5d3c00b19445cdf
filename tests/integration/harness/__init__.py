"""What the integration tests stand on: processes, a client, and proxies that fail on demand."""
