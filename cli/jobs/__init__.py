"""Jobs as `runai` shows and handles them: rows, pages, usage, suspension."""
