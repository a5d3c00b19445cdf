"""Formats results: tables, rows, JSON and YAML, rules and values in words."""
