"""The ways a command can end: an exit code for each kind of outcome, and one message on standard error."""

from enum import IntEnum
from typing import Self

import click

from shared.inquiry.texts import printable


class Exit(IntEnum):
    """The exit codes of every verb, each with its meaning."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """A code and its meaning."""
        made = int.__new__(cls, code)
        made._value_ = code
        made.meaning = meaning
        return made

    DONE = 0, "done"
    REFUSED = 1, "refused: a rule is broken, or the cluster does not accept it"
    USAGE = 2, "wrong usage: invalid flags or arguments"
    NOT_FOUND = 3, "not found: the workload, job, project or kind of resource does not exist"
    NOT_PERMITTED = 4, "not permitted: you lack the right, or you are not logged in"
    UNREACHABLE = 5, "unreachable: no cluster is configured, or it does not answer or is too busy"
    TIMED_OUT = 6, "timed out: what you waited for did not happen in time"
    AT_FAULT = 70, "internal error: rerun with `--loglevel debug`"
    INTERRUPTED = 130, "interrupted by Ctrl-C"
    CLOSED = 141, "cut off: the output could not be written, for example because its reader ended (`| head`)"

    @property
    def short(self) -> str:
        """The meaning in a word or two."""
        return self.meaning.partition(":")[0].partition(";")[0]


class Stop(click.ClickException):
    """Ends the command with this exit code and message."""

    exit_code: int  # type: ignore[misc]  # click declares a class constant, but reads the instance's

    def __init__(self, code: Exit, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.exit_code = code, int(code)


def note(sentence: str) -> None:
    """Print a note for the user on standard error, with control characters escaped."""
    click.echo(printable(sentence), err=True)
