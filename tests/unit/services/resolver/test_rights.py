"""Whether the submitter may read the Secrets that a workload uses, no matter who named them."""

import asyncio
from typing import Any, cast

import pytest

from services.resolver.gather import Gather
from services.resolver.handlers import judge
from shared.errors import RightsError, TransientError
from shared.kubernetes.api import Api
from shared.messages import WorkloadObserved, WorkloadRejected, WorkloadResolved
from shared.names import SUBMITTED_BY_ANNOTATION, SUBMITTER_ANNOTATION
from shared.objects import JsonObject
from tests.unit.services.resolver.test_judge import NAMESPACE, Cluster, item, observed, sentences

STAMP = {SUBMITTED_BY_ANNOTATION: "bob", SUBMITTER_ANNOTATION: "uid=7&group=team&group=system:authenticated"}
KEY = "SECRET:alices,key"
TEMPLATE = item("base", usage="Template", image={"value": "x"}, environment={"items": {"A": {"value": KEY}}})
DENIED = "bob cannot read Secret alices, so their workloads cannot use it"


class Reviewed(Cluster):
    """A cluster in which some may read some Secrets, by user or group."""

    def __init__(
        self, *, may: set[tuple[str, str]], policies: list[JsonObject] | None = None, **found: JsonObject
    ) -> None:
        super().__init__(policies=policies, **found)
        self.may, self.asked, self.errors = may, list[JsonObject](), list[Exception]()
        self.pause = asyncio.Event()
        self.pause.set()

    async def create(self, path: str, body: JsonObject) -> JsonObject:
        assert path == "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        self.asked.append(body["spec"])
        who = {body["spec"]["user"], *body["spec"].get("groups", [])}
        name = body["spec"]["resourceAttributes"]["name"]
        allowed = any((one, name) in self.may for one in who)
        await self.pause.wait()
        if self.errors:
            raise self.errors.pop()
        return {"status": {"allowed": allowed, "evaluationError": "" if allowed else "role x not found"}}


async def judged(cluster: Cluster, stamp: dict[str, str] = STAMP, **spec: Any) -> WorkloadResolved | WorkloadRejected:
    return await judge(observed(annotations=stamp, **spec), Gather(cast(Api, cluster)))


async def test_a_secret_of_the_base_is_asked_for_in_the_submitters_name() -> None:
    """P9: user, UID and groups are asked with; who may not read the Secret learns which template names it."""
    cluster = Reviewed(may={("alice", "alices")}, base=TEMPLATE)
    fact = await judged(cluster, baseWorkload="base", image={"value": "evil"})
    assert sentences(fact) == [f"environment.A: {DENIED} (base workload base has {KEY})"]
    (asked,) = cluster.asked
    assert (asked["user"], asked["uid"], asked["groups"]) == ("bob", "7", ["team", "system:authenticated"])
    assert asked["resourceAttributes"]["namespace"] == NAMESPACE
    cluster.may.add(("team", "alices"))
    assert isinstance(await judged(cluster, baseWorkload="base"), WorkloadResolved)


async def test_a_secret_of_the_policy_is_refused_with_all_other_reasons() -> None:
    """P7, P9: the policy's default counts as well, and the other violations are told at once, in the usual order."""
    default = item("p", environment={"items": {"A": {"value": KEY}}}, gpu={"rules": {"max": "1"}})
    cluster = Reviewed(may=set(), policies=[default])
    fact = await judged(cluster, image={"value": "x"}, gpu={"value": "2"})
    said = f"environment.A: {DENIED} (the policy's own default is {KEY})"
    assert sorted(sentences(fact)) == [said, "gpu: must be no greater than 1"]
    assert isinstance(fact, WorkloadRejected)
    assert {one.origin for one in fact.violations if one.parameter == "environment.A"} == {"policy default"}
    own = {"items": {"A": {"value": "plain"}}}
    assert isinstance(await judged(cluster, image={"value": "x"}, environment=own), WorkloadResolved)


async def test_only_workloads_that_name_a_secret_pay_the_question() -> None:
    """A workload without Secrets asks nothing, one with several asks once for each, and never for too many."""
    cluster = Reviewed(may={("bob", "a"), ("bob", "b")})
    await judged(cluster, image={"value": "x"}, environment={"items": {"A": {"value": "plain"}}})
    assert cluster.asked == []
    named = {"A": "SECRET:a,k", "B": "SECRET:b,k", "C": "SECRET:a,other"}
    environment = {"items": {label: {"value": value} for label, value in named.items()}}
    assert isinstance(await judged(cluster, image={"value": "x"}, environment=environment), WorkloadResolved)
    assert sorted(one["resourceAttributes"]["name"] for one in cluster.asked) == ["a", "b"]
    many = {"items": {f"A{number}": {"value": f"SECRET:s{number},k"} for number in range(17)}}
    assert (
        "no more than 16 different Secrets"
        in sentences(await judged(cluster, image={"value": "x"}, environment=many))[0]
    )
    assert len(cluster.asked) == 2


@pytest.mark.parametrize(
    "stamp", [{}, {SUBMITTED_BY_ANNOTATION: "bob"}, {**STAMP, SUBMITTER_ANNOTATION: "uid=1&scope=x"}]
)
async def test_without_a_stamp_nobody_uses_a_secret(stamp: dict[str, str]) -> None:
    """P9: if nobody knows who submitted the workload, no right counts, and the sentence says what to do."""
    cluster = Reviewed(may={("bob", "alices")}, base=TEMPLATE)
    (sentence,) = sentences(await judged(cluster, stamp, baseWorkload="base"))
    assert "cannot use Secret alices: the API server has not recorded who submitted the workload" in sentence
    assert cluster.asked == []


async def test_what_counts_is_the_template_as_it_is_when_it_is_used() -> None:
    """P9: a template that is edited after a submission lends no Secret either; an item is overridden as a whole."""
    cluster = Reviewed(may={("bob", "bobs")}, base=item("base", image={"value": "x"}))
    assert isinstance(await judged(cluster, baseWorkload="base"), WorkloadResolved)
    repository = {"source": "https://g/a", "target": "/a", "username": "u", "password": KEY}
    cluster.workloads["base"] = item("base", image={"value": "x"}, gitSync={"items": {"a": {"value": repository}}})
    (sentence,) = sentences(await judged(cluster, baseWorkload="base"))
    assert sentence.startswith(f"gitSync.a.password: {DENIED} (base workload base has {KEY})")
    other = {"source": "https://evil/a", "target": "/a"}
    fact = await judged(cluster, baseWorkload="base", gitSync={"items": {"a": {"value": other}}})
    assert isinstance(fact, WorkloadResolved)
    assert fact.values_set["gitSync"] == {"a": other}


async def test_a_question_that_fails_is_neither_a_yes_nor_a_no() -> None:
    """P8: a busy API server delays the workload; a right that the resolver lacks is named."""
    cluster = Reviewed(may={("bob", "alices")}, base=TEMPLATE)
    cluster.errors = [TransientError("busy")]
    with pytest.raises(TransientError, match="busy"):
        await judged(cluster, baseWorkload="base")
    cluster.errors = [RightsError('User "resolver" cannot create resource "subjectaccessreviews"')]
    with pytest.raises(RightsError, match=r"may read a Secret cannot be asked: .*subjectaccessreviews"):
        await judged(cluster, baseWorkload="base")
    assert isinstance(await judged(cluster, baseWorkload="base"), WorkloadResolved)


async def test_equal_questions_are_shared_but_never_older_than_who_asks() -> None:
    """P3: a right that was revoked before a workload was observed does not count for it; nothing is remembered."""
    cluster = Reviewed(may={("bob", "alices")})
    gather = Gather(cast(Api, cluster))
    submitter_of = observed(annotations=STAMP)
    cluster.pause.clear()
    first = [asyncio.create_task(_may(gather, submitter_of)) for _ in range(5)]
    while not cluster.asked:
        await asyncio.sleep(0)
    cluster.may.clear()
    later = [asyncio.create_task(_may(gather, submitter_of)) for _ in range(5)]
    await asyncio.sleep(0)
    cluster.pause.set()
    assert await asyncio.gather(*first) == [True] * 5
    assert await asyncio.gather(*later) == [False] * 5
    assert len(cluster.asked) == 2
    assert not gather._reviews


async def _may(gather: Gather, event: WorkloadObserved) -> bool:
    from shared.submitter import Submitter

    rights = await gather.rights(Submitter.stamped(event.annotations), NAMESPACE, ["alices"])
    return "alices" in rights.readable
