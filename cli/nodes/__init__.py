"""Nodes as `runai` shows them."""
