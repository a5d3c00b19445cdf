"""Turn what the API server holds into facts on the bus."""
