"""Waiting for a job's pod, while the API server may be busy."""

from typing import Any

import pytest

from cli.jobs.waiting import wait_for_start
from shared.errors import TransientError, UnauthorizedError
from shared.inquiry.errors import MissingError, TimedOutError
from shared.inquiry.jobs import JOB_KINDS, Job
from tests.unit.plain_server import PlainServer

KIND = next(kind for kind in JOB_KINDS if kind.kind == "RunaiJob")
JOB: dict[str, Any] = {"metadata": {"name": "a", "namespace": "runai-t", "uid": "u"}, "spec": {}}


def failing(*errors: Exception) -> PlainServer:
    """The job's server, which fails in these ways before it answers."""
    server, left = PlainServer({KIND.path("runai-t", "a"): {**JOB, "spec": {"suspend": True}}}), iter(errors)

    def fail(*_: str) -> None:
        for error in left:
            raise error

    server.before = fail
    return server


async def test_a_busy_server_is_asked_again() -> None:
    """A busy API server is asked again until it answers."""
    server = failing(TransientError("no room"), TransientError("no room"))
    with pytest.raises(MissingError, match="job a has no pod: its status is Suspended"):  # which the third attempt sees
        await wait_for_start(server, Job(KIND, JOB), within=60)


async def test_a_login_that_expires_ends_it() -> None:
    """An expired login ends the wait at once."""
    with pytest.raises(UnauthorizedError):
        await wait_for_start(failing(UnauthorizedError("expired")), Job(KIND, JOB), within=60)


async def test_a_server_that_stays_busy_ends_it_in_time() -> None:
    """A server that stays busy ends the wait with its time-out."""
    server = failing(*[TransientError("no room")] * 1000)
    with pytest.raises(TimedOutError, match="Timeout waiting for job to start running: a is Pending"):
        await wait_for_start(server, Job(KIND, JOB), within=0.1)
