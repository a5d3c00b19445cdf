"""Whether the admission policies are there, from what the API server lists."""

from copy import deepcopy
from typing import Any, cast

import pytest

from services.resolver.admission import MISSED, NOT_LOOKED, Admission, expected
from shared.errors import RightsError, TransientError
from shared.kubernetes.api import Api
from shared.names import DIGEST_ANNOTATION
from shared.objects import JsonObject

RECORD = "record.workloads.run.ai"


class Server:
    """The admission policies of an API server, by plural and name."""

    def __init__(self) -> None:
        self.digests: dict[str, dict[str, Any]] = deepcopy(
            {plural: dict(names) for plural, names in expected().items()}
        )
        self.error: Exception | None = None
        self.calls = 0

    async def list(self, path: str, params: object) -> JsonObject:
        self.calls += 1
        assert params == {"labelSelector": "app.kubernetes.io/part-of=slipway"}
        if self.error:
            raise self.error
        found = self.digests[path.rpartition("/")[2]]
        return {"items": [{"metadata": {"name": n, "annotations": {DIGEST_ANNOTATION: d}}} for n, d in found.items()]}


def of(server: Server) -> Admission:
    return Admission(cast(Api, server))


async def test_nothing_is_wrong_while_every_policy_and_binding_is_there() -> None:
    """P9: at first nobody knows; one look at each kind of policy and of binding tells."""
    server = Server()
    admission = of(server)
    assert admission.problem() == f"admission: {NOT_LOOKED}"
    await admission.must_stand()
    assert (admission.problem(), server.calls) == (None, 4)
    await admission.must_stand()
    assert server.calls == 4


@pytest.mark.parametrize("plural", expected())
async def test_each_missing_policy_and_binding_stops_the_resolver_until_it_is_back(plural: str) -> None:
    """P9: readiness names what is missing, nothing is resolved, and the next look finds it again."""
    server = Server()
    admission = of(server)
    for name in expected()[plural]:
        digest = server.digests[plural].pop(name)
        await admission.look()
        assert admission.problem() == f"admission: {plural}/{name} {MISSED}"
        with pytest.raises(TransientError, match=name):
            await admission.must_stand()
        server.digests[plural][name] = digest
        await admission.look()
        assert admission.problem() is None


@pytest.mark.parametrize("digest", ["other", None])
async def test_a_policy_of_another_version_is_reported_and_holds_nothing_up(digest: str | None) -> None:
    """P8: services and policies are not updated in one moment."""
    server = Server()
    server.digests["mutatingadmissionpolicies"][RECORD] = digest
    admission = of(server)
    await admission.must_stand()
    assert admission.problem() == (
        f"admission: mutatingadmissionpolicies/{RECORD} of another version than this service"
    )


async def test_a_resolver_that_may_not_look_does_not_resolve() -> None:
    """P9: without the right to look, nobody can tell; a server that is only busy changes nothing."""
    server = Server()
    admission = of(server)
    server.error = RightsError("no")
    with pytest.raises(TransientError, match="the admission policies cannot be read: no"):
        await admission.must_stand()
    server.error = None
    await admission.look()
    server.error = TransientError("busy")
    await admission.look()
    assert admission.problem() is None


async def test_a_server_that_is_busy_from_the_start_is_waited_for() -> None:
    """P8: what is resolved meanwhile is tried again."""
    server = Server()
    server.error = TransientError("busy")
    admission = of(server)
    with pytest.raises(TransientError, match=NOT_LOOKED):
        await admission.must_stand()
