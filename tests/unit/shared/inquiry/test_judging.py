"""How a policy that names a Secret would affect those who submit workloads."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from shared.errors import ForbiddenError
from shared.inquiry.judging import judge
from shared.names import SUBMITTED_BY_ANNOTATION, SUBMITTER_ANNOTATION
from shared.objects import JsonObject
from shared.parameters.kinds import TRAINING
from shared.submitter import REVIEWS
from tests.unit.shared.inquiry.test_impact import policy, workload

DEFAULT = 'environment: {items: {A: {value: "SECRET:s,k"}}}'


class Reviewing:
    """A project with workloads of ann and bob, of whom ann may read the Secret."""

    def __init__(self, *, forbidden: bool = False) -> None:
        self.forbidden, self.asked = forbidden, list[str]()
        submitted = [("ann", "w1"), ("bob", "w2"), ("bob", "w3"), (None, "w5")]
        self.workloads = [self._by(*one, "Submit") for one in submitted] + [self._by("bob", "w4", "Template")]

    def _by(self, who: str | None, name: str, usage: str) -> JsonObject:
        made = workload("image: {value: x}", usage=usage, name=name)
        made["metadata"]["creationTimestamp"] = "2026-01-05T00:00:00Z"
        if who:
            made["metadata"]["annotations"] = {SUBMITTED_BY_ANNOTATION: who, SUBMITTER_ANNOTATION: "uid=1"}
        return made

    async def get(self, path: str) -> JsonObject:
        return {"metadata": {"name": path.rpartition("/")[2]}}

    async def list(self, path: str) -> JsonObject:
        return {"items": []}

    async def pages(self, path: str, _params: object) -> AsyncIterator[JsonObject]:
        items = self.workloads if "/runai-team-a/" in path else []
        yield {"kind": "List", "apiVersion": "v1", "items": items, "metadata": {"resourceVersion": "1"}}

    async def create(self, path: str, body: JsonObject) -> JsonObject:
        assert path == REVIEWS
        self.asked.append(body["spec"]["user"])
        if self.forbidden:
            raise ForbiddenError("you cannot ask")
        return {"status": {"allowed": body["spec"]["user"] == "ann"}}


async def impact(api: Any) -> tuple[dict[str, list[str]], list[str]]:
    notes: list[str] = []
    since, changed = datetime(2026, 1, 1, tzinfo=UTC), {TRAINING: [policy(DEFAULT)]}
    found, _ = await judge(api, changed, since, lambda _: None, notes.append)
    return {one.workload["metadata"]["name"]: [str(said) for said in one.violations] for one in found}, notes


async def test_those_who_cannot_read_the_secret_of_a_new_policy_are_told_of() -> None:
    """Workloads of submitters who cannot read a Secret would be refused; each question is asked once."""
    api = Reviewing()
    said = (
        "environment.A: bob cannot read Secret s, so their workloads cannot use it "
        "(the policy's own default is SECRET:s,k)"
    )
    assert await impact(api) == ({"w2": [said], "w3": [said]}, [])
    assert sorted(api.asked) == ["ann", "bob"]


async def test_without_the_right_to_ask_a_note_says_what_is_not_known() -> None:
    """An administrator who may not ask for the rights of others learns that, once, and the rest is judged."""
    api = Reviewing(forbidden=True)
    found, notes = await impact(api)
    assert (found, len(api.asked)) == ({}, 1)
    assert notes == [
        "whether the submitters can read the Secrets that their workloads use is not known: you cannot ask"
    ]
