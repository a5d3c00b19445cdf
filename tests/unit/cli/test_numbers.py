"""No number, however long, is an internal error."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from cli.main import runai
from cli.shell.exits import Exit
from tests.unit.cli import lines

DIGITS = "9" * 5000
"""More than Python converts into a number."""
LONG = (DIGITS, f"{DIGITS}s", f"80:{DIGITS}", f"a={DIGITS}")


pytestmark = pytest.mark.usefixtures("beside_a_policy")


@pytest.mark.parametrize("name", lines.EVERY)
def test_every_flag_and_argument_refuses_or_takes_it(name: str) -> None:
    """Each value of each command, one after the other, is such a number."""
    tried = 0
    for words in _typed(name):
        result = CliRunner().invoke(runai, words)
        assert isinstance(result.exception, SystemExit | None), (words, result.exception)
        assert result.exit_code != Exit.AT_FAULT
        tried += 1
    assert tried > 3


def _typed(name: str) -> Iterator[list[str]]:
    """The command with each of its flags, and with each of its words, set to the number."""
    words = (lines.in_project(name, "a") if name in lines.PROJECT else lines.EVERY[name]).split()
    command = dict(lines.verbs())[name]
    flags = [one.opts[0] for one in command.params if isinstance(one, click.Option) and not one.is_flag]
    for number in LONG:
        yield [*words, number]
        for flag in flags:
            yield [*name.split(), flag, number, *words[len(name.split()) :]]
