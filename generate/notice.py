"""How generated files say where they come from."""

from pathlib import Path
from typing import Final

COMMAND: Final = "python -m generate"
"""Writes every generated file; `--check` compares them instead."""
REFERENCE: Final = Path("docs/reference")
"""Where the generated pages stand, in the repository."""
