"""Every parameter, once, and what follows from it."""
