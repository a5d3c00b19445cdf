"""The resolver's decision on plain data: what applies, what it rests on, and every reason for a refusal."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY

from services.resolver.admission import Admission
from services.resolver.gather import Gather
from services.resolver.handlers import judge, to_be_told
from shared.errors import NotFoundError, TransientError
from shared.kubernetes.api import Api
from shared.messages import WorkloadObserved, WorkloadRef, WorkloadRejected, WorkloadResolved
from shared.names import SECURITY_LABEL
from shared.objects import JsonObject
from shared.parameters.kinds import TRAINING
from shared.parameters.sentences import NOT_STAMPED, RESOURCE
from shared.reasons import Reason
from shared.schedulers import SCHEDULER_LABEL

NAMESPACE = "runai-team-a"
COUNT = "slipway_not_stamped_total"
POLICIES = "/apis/run.ai/v1alpha1/trainingpolicies"


class Cluster:
    """The existing objects, by path; records what was read."""

    def __init__(self, *, policies: list[JsonObject] | None = None, **workloads: JsonObject) -> None:
        self.policies, self.workloads = policies or [], workloads
        self.labels = {SECURITY_LABEL: "baseline"}
        self.labelled: dict[str, dict[str, str]] = {}
        self.read: list[str] = []
        self.away = False

    async def list(self, path: str, params: Mapping[str, str] | None = None) -> JsonObject:
        self._reach(path)
        if path.endswith("/namespaces"):
            return {"items": [{"metadata": {"name": name}} for name in ("default", "runai", "runai-b", NAMESPACE)]}
        assert path == POLICIES
        assert not params, "a list as of some version may be stale"
        return {"items": self.policies}

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> JsonObject:
        self._reach(path)
        if path.startswith("/api/v1/namespaces/"):
            name = path.rpartition("/")[2]
            return {"metadata": {"name": name, "labels": {**self.labels, **self.labelled.get(name, {})}}}
        namespace, name = path.split("/")[-3], path.split("/")[-1]
        found = self.workloads.get(name)
        if found is None or found["metadata"]["namespace"] != namespace:
            raise NotFoundError(f"{name} not found")
        return found

    def _reach(self, path: str) -> None:
        if self.away:
            raise TransientError("the API server is away")
        self.read.append(path)


def item(name: str, namespace: str = NAMESPACE, created: str = "2026-01-01T00:00:00Z", **spec: Any) -> JsonObject:
    identity = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": "5"}
    return {"metadata": {**identity, "creationTimestamp": created}, "spec": spec}


def at_most(gpus: int, name: str = "policy", namespace: str = NAMESPACE, created: str = "2026-01-01") -> JsonObject:
    return item(name, namespace, created, gpu={"rules": {"max": str(gpus)}})


async def judged(
    cluster: Cluster,
    namespace: str = NAMESPACE,
    annotations: dict[str, str] | None = None,
    admission: Admission | None = None,
    **spec: Any,
) -> WorkloadResolved | WorkloadRejected:
    return await judge(observed(namespace, annotations, **spec), Gather(cast(Api, cluster)), admission=admission)


def observed(namespace: str = NAMESPACE, annotations: dict[str, str] | None = None, **spec: Any) -> WorkloadObserved:
    ref = WorkloadRef(
        kind="TrainingWorkload", namespace=namespace, name="w", uid="u", generation=1, resource_version="9"
    )
    return WorkloadObserved(
        workload=ref, attempt=2, observed_at=datetime.now(UTC), spec=spec, annotations=annotations or {}
    )


IMAGE = {"value": "alpine"}


def sentences(fact: WorkloadResolved | WorkloadRejected) -> list[str]:
    assert isinstance(fact, WorkloadRejected)
    return [f"{violation.parameter}: {violation.message}" for violation in fact.violations]


async def test_what_is_resolved_says_on_what_it_rests() -> None:
    """A resolved workload names policy, base workload, submitter and attempt."""
    cluster = Cluster(policies=[at_most(4)], base=item("base", usage="Template", image=IMAGE))
    fact = await judged(cluster, annotations={"run.ai/submitted-by": "jane"}, baseWorkload="base", gpu={"value": "2"})
    assert isinstance(fact, WorkloadResolved)
    assert (fact.values_set["image"], fact.values_set["gpu"]) == ("alpine", "2")
    assert fact.policy and fact.policy.model_dump(exclude={"namespace"}) == {
        "name": "policy",
        "uid": "uid-policy",
        "resource_version": "5",
    }
    assert fact.base_workload and fact.base_workload.uid == "uid-base"
    assert (fact.submitted_by, fact.attempt, fact.recorded_name) == ("jane", 2, None)


@pytest.mark.parametrize(
    ("policies", "refused"),
    [
        ([], False),
        ([at_most(1)], True),
        ([at_most(1, namespace="runai")], True),
        ([at_most(1, namespace="runai-b")], False),
        ([at_most(8), at_most(1, namespace="runai")], False),
        ([at_most(1), at_most(8, namespace="runai")], True),
    ],
    ids=["none", "the project's", "the global one", "another project's", "the project's wins", "either way"],
)
async def test_the_projects_policy_takes_the_place_of_the_global_one(policies: list[JsonObject], refused: bool) -> None:
    """The project's own policy applies if there is one, else the global one, and no other project's."""
    fact = await judged(Cluster(policies=policies), image=IMAGE, gpu={"value": "2"})
    assert isinstance(fact, WorkloadRejected) is refused


async def test_of_two_policies_in_a_namespace_the_oldest_counts_and_both_are_named() -> None:
    """The oldest of several policies applies, and a warning names all of them."""
    policies = [at_most(8, "younger", created="2026-02-01"), at_most(1, "older", created="2026-01-01")]
    fact = await judged(Cluster(policies=policies), image=IMAGE, gpu={"value": "2"})
    assert sentences(fact) == ["gpu: must be no greater than 1"]
    (event,) = fact.events
    assert (event.type, event.reason) == ("Warning", Reason.AMBIGUOUS_POLICY)
    assert "older" in event.message
    assert "younger" in event.message


async def test_a_base_is_the_projects_else_a_global_one() -> None:
    """A base workload is looked up in the project first, then in namespace runai."""
    cluster = Cluster(base=item("base", "runai", usage="Template", image={"value": "global"}))
    fact = await judged(cluster, baseWorkload="base")
    assert isinstance(fact, WorkloadResolved)
    assert fact.values_set["image"] == "global"
    assert [path.split("/")[-3] for path in cluster.read if path.endswith("base")] == [NAMESPACE, "runai"]


@pytest.mark.parametrize("name", ["missing", "w"])
async def test_a_base_that_is_not_there_is_said_to_be_missing(name: str) -> None:
    """A base workload that does not exist, or is the workload itself, is refused as not found."""
    fact = await judged(Cluster(w=item("w", image=IMAGE)), baseWorkload=name)
    assert isinstance(fact, WorkloadRejected)
    assert fact.reason == Reason.BASE_NOT_FOUND
    assert sentences(fact)[0].startswith("baseWorkload: ")


@pytest.mark.parametrize(
    "name",
    [
        "../../runai-rivals/trainingworkloads/theirs",
        "../interactiveworkloads/x",
        "..",
        "base/status",
        "base?x",
        "%2e%2e",
        "Base",
        "a" * 254,
        {"name": "base"},
        7,
    ],
)
async def test_a_base_that_can_have_no_such_name_is_not_looked_for(name: Any) -> None:
    """A name that no resource can have, such as a path, never reaches the API server."""
    cluster = Cluster(theirs=item("theirs", "runai-rivals", image=IMAGE), base=item("base", image=IMAGE))
    fact = await judged(cluster, baseWorkload=name)
    assert isinstance(fact, WorkloadRejected)
    assert (fact.reason, sentences(fact)) == (Reason.BASE_NOT_FOUND, [f"baseWorkload: must be {RESOURCE}"])
    assert not any("workloads" in path for path in cluster.read)


@pytest.mark.parametrize("identity", [{"namespace": "runai-rivals"}, {"name": "other"}])
async def test_nothing_else_than_what_was_asked_for_is_taken_for_the_base(identity: JsonObject) -> None:
    """An answer with another name or namespace is not accepted as the base workload."""

    class Astray(Cluster):
        async def get(self, path: str, params: Mapping[str, str] | None = None) -> JsonObject:
            if path.startswith("/api/v1/"):
                return await super().get(path, params)
            found = item("base", path.split("/")[-3], image=IMAGE)
            return {**found, "metadata": {**found["metadata"], **identity}}

    fact = await judged(Astray(), baseWorkload="base")
    assert sentences(fact) == ["baseWorkload: base not found in project team-a or among the global ones"]


async def test_a_base_that_cannot_be_read_is_read_again_by_whoever_asks_next() -> None:
    """A failed reading of a base workload is not remembered."""
    cluster = Cluster(base=item("base", image=IMAGE))
    gather = Gather(cast(Api, cluster))
    cluster.away = True
    with pytest.raises(TransientError):
        await gather.base(TRAINING, NAMESPACE, "base")
    assert not gather._objects, "nothing is kept of a reading that failed"
    cluster.away = False
    assert await gather.base(TRAINING, NAMESPACE, "base")


@pytest.mark.parametrize("namespace", ["default", "runai", "runai-"])
async def test_a_namespace_that_is_no_project_is_told_which_are(namespace: str) -> None:
    """A workload outside a project is refused with the names of the projects."""
    fact = await judged(Cluster(), namespace=namespace, image=IMAGE)
    assert isinstance(fact, WorkloadRejected)
    assert fact.reason == Reason.NO_PROJECT
    (sentence,) = sentences(fact)
    assert NAMESPACE in sentence
    assert "runai-b" in sentence


async def test_what_has_failed_is_not_judged_again() -> None:
    """A workload with a recorded failure is passed on without reading any policy."""
    cluster = Cluster(policies=[at_most(0)])
    fact = await judged(cluster, annotations={"run.ai/failure": "{}"}, image=IMAGE, gpu={"value": "2"})
    assert isinstance(fact, WorkloadResolved)
    assert (fact.recorded_name is not None, fact.values_set, cluster.read) == (True, {}, [])


@pytest.mark.parametrize(("name", "recorded"), [("w-1", "w-1"), ("", None)])
async def test_a_recorded_name_is_passed_on_with_the_values(name: str, recorded: str | None) -> None:
    """A name says that its claim may exist, and the creator knows; an empty one was given up."""
    fact = await judged(Cluster(), annotations={"run.ai/job-name": name}, image=IMAGE)
    assert isinstance(fact, WorkloadResolved)
    assert (fact.recorded_name, fact.values_set["image"]) == (recorded, IMAGE["value"])


@pytest.mark.parametrize(
    ("more", "deliveries"),
    [({"attempt": 2}, 1), ({}, 2), ({"annotations": {"run.ai/job-name": "w-1"}}, 1)],
    ids=["observed again", "delivered again", "named"],
)
async def test_what_may_have_been_decided_is_refused_by_way_of_the_creator(
    more: dict[str, Any], deliveries: int
) -> None:
    """An earlier try may have claimed a name for it, a decision that no later policy changes."""
    refused = await judged(Cluster(policies=[at_most(1)]), image=IMAGE, gpu={"value": "2"})
    event = WorkloadObserved(workload=refused.workload, observed_at=refused.observed_at, spec={})
    assert to_be_told(event, refused, 1) is refused
    told = to_be_told(event.model_copy(update=more), refused, deliveries)
    assert isinstance(told, WorkloadResolved)
    assert (told.rejection, told.values_set, told.attempt) == (refused, {}, more.get("attempt", 1))
    assert told.recorded_name == more.get("annotations", {}).get("run.ai/job-name")


async def test_a_policy_that_cannot_be_read_is_not_taken_for_none() -> None:
    """A policy that cannot be read delays the workload and never lets it pass."""
    cluster = Cluster(policies=[at_most(1)])
    cluster.away = True
    with pytest.raises(TransientError):
        await judged(cluster, image=IMAGE, gpu={"value": "2"})


@pytest.mark.parametrize("asked", [{"gpu": {"value": "0.5"}}, {"gpuMemory": {"value": "1Gi"}}])
async def test_a_part_of_a_gpu_is_refused_where_none_can_be_shared(asked: JsonObject) -> None:
    """A fraction of a GPU is refused on a scheduler that cannot share one."""
    (sentence,) = sentences(await judged(Cluster(), image=IMAGE, **asked))
    assert sentence.startswith(next(iter(asked)))


async def test_a_label_counts_as_soon_as_it_is_there_and_all_that_wait_share_its_reading() -> None:
    """A new scheduler label applies at once, and a hundred questions share one reading of each namespace."""
    cluster = Cluster()
    gather = Gather(cast(Api, cluster))
    assert (await gather.project(NAMESPACE)).scheduler is None
    cluster.labelled[NAMESPACE] = {SCHEDULER_LABEL: "kai"}
    cluster.read.clear()
    found = await asyncio.gather(*(gather.project(name) for name in (NAMESPACE, "runai-b") for _ in range(50)))
    assert [one.scheduler for one in found] == ["kai"] * 50 + [None] * 50
    assert sorted(cluster.read) == ["/api/v1/namespaces/runai-b", f"/api/v1/namespaces/{NAMESPACE}"]
    assert not gather._objects, "nothing is kept of a reading that ended"


async def test_a_project_without_a_pod_security_level_is_refused() -> None:
    """P9: without the label, the API server would let pods do anything; the sentence says how to set it."""
    cluster = Cluster()
    cluster.labels = {}
    assert sentences(await judged(cluster, image=IMAGE)) == [
        f"namespace: {NAMESPACE} has no Pod Security level, so no workload is accepted there; an administrator sets "
        f"one: kubectl label namespace {NAMESPACE} {SECURITY_LABEL}=baseline"
    ]


async def test_an_edited_policy_is_read_anew_and_an_unchanged_one_is_compiled_once() -> None:
    """A policy is compiled once per resource version."""
    cluster = Cluster(policies=[at_most(1)])
    gather = Gather(cast(Api, cluster))
    first, second = await gather.policy(TRAINING, NAMESPACE), await gather.policy(TRAINING, NAMESPACE)
    assert first and second and first.policy is second.policy
    changed = at_most(2)
    changed["metadata"]["resourceVersion"] = "6"
    cluster.policies = [changed]
    third = await gather.policy(TRAINING, NAMESPACE)
    assert third and third.policy is not first.policy


async def test_a_violation_on_the_bus_says_more_and_old_services_read_it_all_the_same() -> None:
    """The rule and the origin are there beside the sentence; the path only if a label holds a dot."""
    policy = item("policy", gpu={"rules": {"max": "1"}}, labels={"rules": {"canAdd": False}})
    label = {"items": {"a.b/c": {"value": "x"}}}
    fact = await judged(Cluster(policies=[policy]), gpu={"value": "2"}, image=IMAGE, labels=label, cpu={"value": "x"})
    assert isinstance(fact, WorkloadRejected)
    told = {one["parameter"]: one for one in fact.model_dump(mode="json", by_alias=True)["violations"]}
    assert {name: set(one) - {"parameter", "message"} for name, one in told.items()} == {
        "gpu": {"rule", "origin"},
        "labels.a.b/c": {"path", "rule", "origin"},
        "cpu": {"origin"},
    }
    assert told["labels.a.b/c"]["path"] == ["labels", "a.b/c"]


async def test_what_is_resolved_says_who_wrote_its_base() -> None:
    """P9: the author and the last editor of a template are part of the decision, as they were then."""
    base = item("base", usage="Template", image=IMAGE)
    base["metadata"]["annotations"] = {"run.ai/submitted-by": "alice", "run.ai/changed-by": "bob", "other": "x"}
    fact = await judged(Cluster(base=base), baseWorkload="base")
    assert fact.base_workload
    told = fact.base_workload.model_dump(by_alias=True)
    assert (told["submittedBy"], told["changedBy"]) == ("alice", "bob")
    fact = await judged(Cluster(base=item("base", usage="Template", image=IMAGE)), baseWorkload="base")
    assert fact.base_workload
    assert not {"submittedBy", "changedBy"} & set(fact.base_workload.model_dump(by_alias=True))


@pytest.mark.parametrize(
    ("annotations", "refused"),
    [({}, True), ({"run.ai/submitted-by": ""}, True), ({"run.ai/submitted-by": "jane"}, False)],
)
async def test_a_workload_without_a_stamp_is_refused_if_stamps_are_required(
    annotations: dict[str, str], refused: bool
) -> None:
    """P9: nobody can tell who submitted it, so nothing that depends on that person's rights can be checked."""
    standing = Admission(cast(Api, Cluster()), blocked=None)
    before = REGISTRY.get_sample_value(COUNT) or 0
    fact = await judged(Cluster(), annotations=annotations, admission=standing, image=IMAGE)
    assert (REGISTRY.get_sample_value(COUNT) or 0) == before + refused
    if not refused:
        assert isinstance(fact, WorkloadResolved)
        return
    assert isinstance(fact, WorkloadRejected)
    assert (fact.reason, sentences(fact)) == (Reason.NOT_STAMPED, [f"workload: {NOT_STAMPED}"])


async def test_nothing_is_resolved_while_an_admission_policy_is_missing() -> None:
    """P9: until it is back, a stamp may be anybody's own."""
    cluster = Cluster()
    with pytest.raises(TransientError, match="missing"):
        stamp = {"run.ai/submitted-by": "jane"}
        await judged(cluster, annotations=stamp, admission=Admission(cast(Api, cluster), "it is missing"), image=IMAGE)
    assert cluster.read == []
