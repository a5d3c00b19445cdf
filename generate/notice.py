"""How generated files say where they come from."""

from typing import Final

COMMAND: Final = "python -m generate"
"""Writes every generated file; `--check` compares them instead."""
