"""The process that `runai` is: groups of verbs, exit codes, progress, preferences, the terminal."""
