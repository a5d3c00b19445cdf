"""Files that follow from the catalogue and the code: definitions, admission policies, flags, pages."""
