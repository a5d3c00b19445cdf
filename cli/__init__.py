"""The `runai` command: one file per verb in `verbs/`, listed in `main.py` and read only when used."""
