"""Compares all generated files with the repository, or writes them into it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from generate import chart, chart_values, cli_page, dashboard, flags, manifests, rights_page, services_pages, terminal

ROOT: Final = Path(__file__).resolve().parent.parent
"""The repository that contains this code."""


@cache
def generated() -> Mapping[Path, str]:
    """All generated files, by path in the repository."""
    pages = {**cli_page.pages(), **services_pages.pages(), **rights_page.pages(), **terminal.pictures(ROOT)}
    code = {**manifests.manifests(), **chart.files(), **chart_values.files(ROOT), **dashboard.files(), **flags.files()}
    return {**code, **pages}


def outdated(root: Path) -> list[str]:
    """What is wrong with the generated files under `root`, one line each; empty if they are up to date."""
    wanted = generated()
    left_over = [path for path in _present(root) if path not in wanted]
    stale = [path for path, text in wanted.items() if not (root / path).is_file() or (root / path).read_text() != text]
    return [f"{path} is out of date" for path in stale] + [f"{path} is no longer generated" for path in left_over]


def flags_are_stale() -> bool:
    """Whether the commands of this process were built from outdated flags."""
    return any((ROOT / path).read_text() != text for path, text in flags.files().items())


def write(root: Path) -> None:
    """Write every generated file under `root`, and remove those that are no longer generated."""
    wanted = generated()
    for path, text in wanted.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for path in _present(root):
        if path not in wanted:
            (root / path).unlink()


def _present(root: Path) -> list[Path]:
    """The files in the folders that hold only generated files."""
    folders = (manifests.CRDS, manifests.ADMISSION, manifests.RIGHTS, manifests.AS_OWNER)
    return sorted(path.relative_to(root) for folder in folders for path in (root / folder).glob("*.yaml"))
