"""What pyproject.toml says about layers matches what modules say about themselves."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_module_that_calls_itself_pure_is_held_to_it() -> None:
    """A docstring that says "Pure." is a promise: the import contract lists the module, or its package."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    held = [module for one in contracts if " is pure" in one["name"] for module in one["source_modules"]]
    folders = (ROOT / name for name in ("cli", "shared", "services"))
    pure = [path for folder in folders for path in folder.rglob("*.py") if _says_pure(path)]
    assert len(pure) > 20, "the search finds them"
    missing = [name for name in map(_module, pure) if not any(f"{name}.".startswith(f"{one}.") for one in held)]
    assert missing == []


def _says_pure(path: Path) -> bool:
    return bool(re.search(r"\bPure\b", ast.get_docstring(ast.parse(path.read_text())) or ""))


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)
