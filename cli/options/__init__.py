"""Options and arguments that several verbs share, with their completion."""
