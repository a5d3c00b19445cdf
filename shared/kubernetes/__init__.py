"""The API server: finding it, and the one client that calls it."""
