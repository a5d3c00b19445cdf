"""What command line and console both ask: sources, explanation, lookup, jobs, impact, preflight."""
