"""Find the API server, and call it with the one client."""
