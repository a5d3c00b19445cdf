"""The `runai` process: groups of verbs, exit codes, progress, preferences, the terminal."""
