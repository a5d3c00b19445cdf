"""The `runai` command line."""
