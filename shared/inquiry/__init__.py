"""What command line and console both ask: sources, frozen decisions, obstacles, what stays hidden."""
