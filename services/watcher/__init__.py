"""Turn the objects of the API server into facts on the bus."""
