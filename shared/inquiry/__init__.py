"""Questions that the command line and the console both ask: sources, explanation, lookup, jobs, impact, preflight."""
