"""How a command ends: an exit code by kind of outcome, and one sentence on standard error."""

from enum import IntEnum

import click


class Exit(IntEnum):
    """The exit codes of every verb."""

    DONE = 0
    REFUSED = 1
    """The request breaks a rule, or the cluster does not accept it."""
    USAGE = 2
    """The command is not written as it should be."""
    NOT_FOUND = 3
    """The workload, project or kind of resource does not exist."""
    NOT_PERMITTED = 4
    """The cluster does not allow it to this person."""
    UNREACHABLE = 5
    """The cluster cannot be reached, or is too busy to answer."""
    TIMED_OUT = 6
    """What was waited for did not happen in time."""


class Stop(click.ClickException):
    """Ends the command with this code and sentence."""

    exit_code: int  # type: ignore[misc]  # click calls it a constant of the class, and reads it from the instance

    def __init__(self, code: Exit, sentence: str) -> None:
        super().__init__(sentence)
        self.exit_code = int(code)


def note(sentence: str) -> None:
    """Tell the person something beside the result, on standard error."""
    click.echo(sentence, err=True)
