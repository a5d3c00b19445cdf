"""The `runai` command: one file per verb in `verbs/`, listed in `main.py` and imported only when used."""
