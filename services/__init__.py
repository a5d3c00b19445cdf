"""One folder per service. Services know each other only through the bus."""
