"""Text files are UTF-8, whatever the locale says: no code leaves it to the locale."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = ("read_text", "write_text")
NO_FILES = ("os", "formatter", "made")
"""What has methods of these names and decodes nothing: descriptors, pages of help, listening sockets."""
MODES = ("open", "NamedTemporaryFile", "TemporaryFile")


def test_no_file_is_decoded_by_the_locale() -> None:
    """LC_ALL=C is usual in containers and in cron, and a name of a job's owner may have an umlaut."""
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for folder in ("cli", "shared", "services")
        for path in (ROOT / folder).rglob("*.py")
        for call in _by_locale(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_the_search_finds_them() -> None:
    """Each way in which Python opens a text."""
    code = "Path(x).read_text(); p.write_text(t); open(f); p.open('w'); NamedTemporaryFile('w')"
    assert len(list(_by_locale(ast.parse(code)))) == 5
    code = "p.read_bytes(); p.open('rb'); NamedTemporaryFile(); p.read_text(encoding='utf-8'); os.open(f, 1)"
    assert list(_by_locale(ast.parse(code))) == []


def _by_locale(tree: ast.AST) -> Iterator[ast.Call]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and not any(one.arg == "encoding" for one in call.keywords):
            if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in NO_FILES:
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in TEXT or (name in MODES and _is_text(call, name)):
                yield call


def _is_text(call: ast.Call, name: str) -> bool:
    modes = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    binary = any("b" in mode for mode in modes)
    return not binary and (bool(modes) or name == "open")
