"""Resolves sources into the values set with its provenance, or into every violation. Pure."""
