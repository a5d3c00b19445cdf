"""One folder per service; they know each other only through the bus."""
