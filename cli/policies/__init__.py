"""Policies as administrators ask about them: lint, impact, effective rules."""
