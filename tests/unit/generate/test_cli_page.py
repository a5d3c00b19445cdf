"""The reference generated from the commands, and what every command must document."""

import re

import click
import pytest

from cli.main import runai
from cli.shell.exits import Exit
from generate import cli_page as pages
from tests.unit.cli.lines import verbs

VERBS = dict(verbs())


@pytest.mark.parametrize("words", VERBS)
def test_every_verb_has_an_example_and_a_meaning_for_every_flag(words: str) -> None:
    """Every verb has an example, and every flag a help text."""
    verb = VERBS[words]
    assert re.search(r"Examples?:\s+.*runai", verb.help or ""), "an example"
    flags = [one for one in verb.params if isinstance(one, click.Option) and not one.hidden]
    assert [one.opts for one in flags if not one.help] == []
    assert "--kubeconfig" in {name for one in flags for name in one.opts} or words in WITHOUT_CLUSTER


WITHOUT_CLUSTER = ("config project", "project set", "completion", "version")


@pytest.mark.parametrize("words", VERBS)
def test_every_verb_has_its_place_on_the_page(words: str) -> None:
    """Every verb has a section on the reference page."""
    assert f"\n### runai {words}\n\n```\nrunai {words} " in pages.page()


def test_every_exit_code_has_its_place_on_the_page_and_in_the_help() -> None:
    """Every exit code is on the reference page and in the help."""
    page, epilog = pages.page(), runai.epilog or ""
    for code in Exit:
        assert f"| {code.value} | {code.meaning} |" in page
        assert f"{code.value} {code.short}" in epilog


def test_exit_codes_stay_as_scripts_know_them() -> None:
    """Exit codes never change: scripts rely on them."""
    assert {code.name: code.value for code in Exit} == {
        "DONE": 0,
        "REFUSED": 1,
        "USAGE": 2,
        "NOT_FOUND": 3,
        "NOT_PERMITTED": 4,
        "UNREACHABLE": 5,
        "TIMED_OUT": 6,
        "AT_FAULT": 70,
        "INTERRUPTED": 130,
        "CLOSED": 141,
    }
