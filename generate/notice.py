"""The notice in generated files that says where they come from."""

from pathlib import Path
from typing import Final

COMMAND: Final = "python -m generate"
"""The command that writes all generated files; `--check` compares them instead."""
REFERENCE: Final = Path("docs/reference")
"""The folder of the generated pages in the repository."""
