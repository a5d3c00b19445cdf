"""How results look: tables, rows, JSON and YAML, rules and values in words."""
