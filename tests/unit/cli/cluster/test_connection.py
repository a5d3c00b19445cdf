"""Every error ends a command with the exit code of its kind, and with its own sentence on one line."""

import pytest

from cli.cluster.connection import stop_for
from cli.shell.exits import Exit
from shared.errors import ForbiddenError, InvalidError, NotFoundError, TransientError, UnauthorizedError
from shared.inquiry.errors import (
    AmbiguousError,
    MissingError,
    MissingJobError,
    NotRunningError,
    TimedOutError,
    UnknownOutcomeError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFoundError("gone", "pods"), Exit.NOT_FOUND),
        (MissingError("gone"), Exit.NOT_FOUND),
        (AmbiguousError("several", []), Exit.USAGE),
        (NotRunningError("it is Pending"), Exit.REFUSED),
        (InvalidError("no"), Exit.REFUSED),
        (TimedOutError("too late"), Exit.TIMED_OUT),
        (ForbiddenError("no"), Exit.NOT_PERMITTED),
        (TransientError("busy"), Exit.UNREACHABLE),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: Exception, code: Exit) -> None:
    """Scripts rely on the exit code, people on the message."""
    stop = stop_for(error)
    assert (stop.exit_code, stop.message) == (code, str(error))


def test_a_job_that_is_missing_may_be_in_another_project() -> None:
    """The flag belongs to the command line, and so does the hint."""
    sentence = "job a not found in project t; if it is in another project, use -p PROJECT"
    assert stop_for(MissingJobError("job a not found in project t")).message == sentence


def test_what_the_cluster_said_cannot_command_the_terminal() -> None:
    """A pod's message may hold anything."""
    assert stop_for(TimedOutError("it is Pending: \x1b[31mred\nline")).message == r"it is Pending: \x1b[31mred line"


def test_a_missing_kind_and_a_missing_login_have_sentences_of_their_own() -> None:
    """The API server's own message about that error helps nobody."""
    assert "Slipway is not installed there" in stop_for(NotFoundError("404 page not found")).message
    assert "you are not logged in" in stop_for(UnauthorizedError("Unauthorized")).message


def test_a_creation_that_stays_unknown_ends_as_its_cause_does() -> None:
    """The exit code is that of what went wrong; the message adds what is not known."""
    for cause, code in ((TransientError("gone"), Exit.UNREACHABLE), (UnauthorizedError("401"), Exit.NOT_PERMITTED)):
        stop = stop_for(UnknownOutcomeError(cause, "it is not known whether it was created"))
        assert stop.exit_code == code
        assert stop.message == f"{stop_for(cause).message}; it is not known whether it was created"
