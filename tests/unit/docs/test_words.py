"""The wording of everything that a person can read."""

import inspect
import re
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from pydantic_settings import BaseSettings

from cli.main import runai
from cli.shell.exits import Exit
from generate.files import ROOT
from services.console.settings import ConsoleSettings
from services.creator.settings import CreatorSettings
from services.resolver.settings import ResolverSettings
from services.runner.settings import RunnerSettings
from services.status.settings import StatusSettings
from services.watcher.settings import WatcherSettings
from shared.parameters import sentences
from shared.parameters.kinds import KINDS
from shared.reasons import Reason

FORBIDDEN = (
    "whom", "amiss", "is to be had", "tells of", "told of", "whoever", "perhaps", "in the place of",
    "it takes a person", "heeded", "heeds", "is no YAML", "is not known here", "where left out",
    "in any case of letters", "played",
)  # fmt: skip
ARCHAIC = re.compile(rf"\b({'|'.join(map(re.escape, FORBIDDEN))})\b", re.IGNORECASE)


def texts() -> Iterator[tuple[str, str]]:
    """Each text with its location; docs/reference/cli.md has the help of every verb."""
    yield "help", CliRunner().invoke(runai, ["--help"]).output
    yield "sentences", inspect.getsource(sentences)
    for kind in KINDS:
        for name, field in kind.values.model_fields.items():
            yield f"parameter {name}", field.description or ""
    for code in Exit:
        yield f"exit code {code.value}", code.meaning
    yield "reasons", " ".join(reason.meaning for reason in Reason)
    settings: tuple[type[BaseSettings], ...] = (
        ConsoleSettings, CreatorSettings, ResolverSettings, RunnerSettings, StatusSettings, WatcherSettings,
    )  # fmt: skip
    for one in settings:
        for name, field in one.model_fields.items():
            yield f"{one.__name__}.{name}", field.description or ""
    for page in (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")):
        yield str(page.relative_to(ROOT)), page.read_text()


@pytest.mark.parametrize(("where", "text"), list(texts()), ids=lambda value: value[:60])
def test_what_people_read_has_no_archaic_words(where: str, text: str) -> None:
    """Help, messages, reasons, settings and pages use current wording."""
    assert [found.group(0) for found in ARCHAIC.finditer(text)] == [], where
