"""What a service says about an API server that it cannot use."""

from email.utils import formatdate
from time import time
from typing import Any, cast

import pytest

from shared.errors import ForbiddenError, LoginError, NotFoundError, SlipwayError, TransientError, UnauthorizedError
from shared.kubernetes.api import Api
from shared.kubernetes.versions import version_of, words
from shared.process.cluster import Cluster

KINDS = {"run.ai/v1": ["runaijobs"]}


class Server:
    """Answers what a test wants."""

    identity = "the token in /token"

    def __init__(self) -> None:
        self.version: dict[str, str] = {"major": "1", "minor": "37"}
        self.ahead = 0.0
        self.fails: SlipwayError | None = None
        self.kinds: list[str] | SlipwayError = ["runaijobs", "runaijobs/status"]

    async def about(self) -> tuple[dict[str, str], str]:
        """Its version and its clock."""
        if self.fails:
            raise self.fails
        return self.version, formatdate(time() + self.ahead, usegmt=True)

    async def get(self, path: str) -> dict[str, Any]:
        """Its kinds."""
        assert path == "/apis/run.ai/v1"
        if isinstance(self.kinds, SlipwayError):
            raise self.kinds
        return {"resources": [{"name": name} for name in self.kinds]}


async def said_of(server: Server, looks: int = 1, **options: Any) -> tuple[str | None, str | None]:
    """What is wrong with the server and with the clock, after some looks."""
    cluster = Cluster(cast(Api, server), KINDS, **options)
    for _ in range(looks):
        await cluster.look()
    return cluster.problem(), cluster.clock()


async def test_before_the_first_look_nobody_is_ready() -> None:
    """No message is taken before the API server has answered once."""
    assert Cluster(cast(Api, Server()), KINDS).problem() == "cluster: the API server has not answered yet"


async def test_nothing_is_wrong_with_a_good_server() -> None:
    """An API server that is new enough and has the kinds can be used."""
    assert await said_of(Server(), least=(1, 36)) == (None, None)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (UnauthorizedError("Unauthorized"), "the API server does not accept the token in /token: it is wrong or has"),
        (LoginError("cannot read the token file /token"), "cannot read the token file /token"),
        (TransientError("the API server did not answer: refused"), "the API server did not answer: refused"),
        (ForbiddenError("no"), "no"),
    ],
)
async def test_each_failure_is_one_sentence(error: SlipwayError, sentence: str) -> None:
    """A person reads what to correct."""
    server = Server()
    server.fails = error
    said, _ = await said_of(server)
    assert said
    assert said.startswith(f"cluster: {sentence}")


async def test_a_server_that_is_busy_once_is_still_a_good_one() -> None:
    """One call that is not answered makes no service unready; two in a row do, and a good answer ends it."""
    server = Server()
    cluster = Cluster(cast(Api, server), KINDS)
    await cluster.look()
    server.fails = TransientError("busy")
    await cluster.look()
    assert cluster.problem() is None
    await cluster.look()
    assert cluster.problem() == "cluster: busy"
    server.fails = None
    await cluster.look()
    assert cluster.problem() is None


async def test_missing_kinds_are_named() -> None:
    """Also if the whole group is missing."""
    server = Server()
    for server.kinds in (["others"], NotFoundError("404")):
        said, _ = await said_of(server)
        assert said == "cluster: the definitions runaijobs.run.ai are missing: apply deploy/crds"


async def test_kinds_that_nobody_may_ask_for_are_not_missing() -> None:
    """A cluster may forbid to ask which kinds there are: that is no reason to do nothing."""
    server = Server()
    server.kinds = ForbiddenError("no")
    assert await said_of(server) == (None, None)


@pytest.mark.parametrize(
    ("ahead", "sentence"),
    [
        (300, "clock: this host's is 300 s behind the API server's: set both by NTP"),
        (-300, "clock: this host's is 300 s ahead of the API server's: set both by NTP"),
        (50, None),
    ],
)
async def test_a_wrong_clock_is_named(ahead: float, sentence: str | None) -> None:
    """The answer of the API server shows its time; a wrong clock is no reason to stop working."""
    server = Server()
    server.ahead = ahead
    problem, clock = await said_of(server)
    assert problem is None
    assert (clock or "")[:20] == (sentence or "")[:20]
    assert ("behind" in (clock or "")) == (ahead > 60)


async def test_the_same_wrong_clock_is_named_in_the_same_words() -> None:
    """The API server tells whole seconds: that the clocks seem to differ by one more is nothing new to log."""
    server = Server()
    cluster = Cluster(cast(Api, server), KINDS)
    said = set()
    for ahead in (300.0, 301.0, 299.5, 300.4, 301.5):
        server.ahead = ahead
        await cluster.look()
        said.add(cluster.clock())
    assert len(said) == 1
    server.ahead = 0.0
    await cluster.look()
    assert cluster.clock() is None


@pytest.mark.parametrize(
    ("about", "version"),
    [
        ({"major": "1", "minor": "37"}, (1, 37)),
        ({"major": "1", "minor": "33+"}, (1, 33)),
        ({"major": "1", "minor": "37", "emulationMajor": "1", "emulationMinor": "35"}, (1, 35)),
        ({}, (0, 0)),
        ({"major": 1, "minor": {"patch": 2}}, (1, 0)),
    ],
)
async def test_the_version_is_the_one_that_the_server_imitates(about: dict[str, Any], version: tuple[int, int]) -> None:
    """Providers add signs to it, and `--emulated-version` makes a server an older one."""
    assert version_of(about) == version
    server = Server()
    server.version = about
    said, _ = await said_of(server, least=(1, 36))
    old = f"cluster: the API server is Kubernetes {words(version)}, and this service needs 1.36 or later"
    assert said == (None if version >= (1, 36) else old)
