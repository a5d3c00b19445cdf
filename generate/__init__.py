"""Generates files from the catalogue and the code: definitions, admission policies, flags and pages."""
