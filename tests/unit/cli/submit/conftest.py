"""The cluster that receives the submissions of these tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cli.cluster.connection import stop_for
from shared.inquiry.errors import InquiryError
from tests.unit.cli.submit.system import Cluster


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    made = Cluster()

    @asynccontextmanager
    async def connected(_: str | None) -> AsyncIterator[Cluster]:
        try:
            yield made
        except InquiryError as error:
            raise stop_for(error) from error

    monkeypatch.setattr("cli.submit.submit.cluster", connected)
    return made
