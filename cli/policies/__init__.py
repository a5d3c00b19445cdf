"""What administrators can ask about policies: lint, impact, effective rules."""
