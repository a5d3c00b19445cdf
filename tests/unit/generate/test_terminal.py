"""The README's terminal matches the tutorial, and fetches nothing."""

import re

import pytest

from generate import terminal

PAGE = """
```console
$ runai submit -p vision -i ubuntu
A request was created.

$ runai submit -p vision --name big
Error: it is refused:
  gpu: must be no greater than 4
$ echo $?
1
```
"""


def test_the_terminal_shows_commands_of_the_tutorial_with_what_they_print() -> None:
    """The refused submission comes first, and each command ends before the next one begins."""
    picture = terminal.drawn(PAGE)
    shown = [re.sub(r"\s", " ", text.replace("&#160;", " ")) for text in re.findall(r">([^<>\n]+)</text>", picture)]
    assert shown == [
        "runai", "$ ", "runai submit -p vision --name big", "Error: it is refused:",
        "  gpu: must be no greater than 4", "$ ", "runai submit -p vision -i ubuntu", "A request was created.",
    ]  # fmt: skip


def test_the_terminal_fetches_no_fonts() -> None:
    """The picture needs no network, so it looks the same in a checkout and on a page."""
    assert "url(http" not in terminal.drawn(PAGE)
    assert "font-face" not in terminal.drawn(PAGE)


def test_a_command_that_the_tutorial_lacks_is_named() -> None:
    """A change of the tutorial that the picture does not follow fails with a message that names the picture."""
    with pytest.raises(LookupError, match="runai submit -p vision --name big"):
        terminal.drawn("```console\n$ runai version\n```\n")
