"""What a workload rests on, read with one person's rights, and decided as the system decides."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.resolver.gather import Applied
from services.resolver.handlers import judge
from services.watcher.facts import observed
from shared.errors import ForbiddenError, NotFoundError
from shared.inquiry.sources import ASSUMED, Sources, as_source, decide, effective_policy, gather
from shared.messages import WorkloadObserved, WorkloadRef, WorkloadRejected, WorkloadResolved
from shared.names import SECURITY_LABEL, resource_path
from shared.objects import JsonObject
from shared.parameters import sentences
from shared.parameters.kinds import TRAINING, Kind
from shared.resolution.choice import ref_of
from shared.resolution.model import Origin, Refused, Resolved, Source, provenance_json
from shared.resolution.project import Project
from shared.schedulers import Scheduler
from tests.unit.plain_server import PlainServer

SPACE = "runai-team-a"
NAMESPACE = resource_path("namespaces", None, SPACE, "v1")
CLAIMS = resource_path("configmaps", SPACE, api_version="v1")


def resource(name: str, namespace: str = SPACE, created: str = "2026-01-01T00:00:00Z", **spec: Any) -> JsonObject:
    metadata = {"name": name, "namespace": namespace, "creationTimestamp": created, "uid": f"uid-{name}",
                "resourceVersion": "7"}  # fmt: skip
    return {"metadata": metadata, "spec": spec}


def server(*policies: JsonObject, workloads: tuple[JsonObject, ...] = (), labels: Any = None) -> PlainServer:
    labelled = {SECURITY_LABEL: "baseline", **(labels or {})}
    objects: dict[str, JsonObject] = {NAMESPACE: {"metadata": {"name": SPACE, "labels": labelled}}}
    for plural, items in ((TRAINING.policy_plural, policies), (TRAINING.workload_plural, workloads)):
        for item in items:
            objects[resource_path(plural, item["metadata"]["namespace"], item["metadata"]["name"])] = item
    return PlainServer(objects)


MAX: JsonObject = {"gpu": {"rules": {"max": "4"}, "value": "1"}}
BASE = resource("base", image={"value": "x"})
OWN, GLOBAL = resource("own", **MAX), resource("general", "runai", **MAX)


@pytest.mark.parametrize(
    ("policies", "name", "shadowed"),
    [
        ((), None, ()),
        ((GLOBAL,), "general", ()),
        ((GLOBAL, OWN), "own", ()),
        ((OWN, resource("newer", created="2026-02-01T00:00:00Z")), "own", ("newer",)),
        ((resource("b"), resource("a")), "a", ("b",)),
        ((resource("elsewhere", "runai-team-b"),), None, ()),
    ],
)
async def test_the_projects_oldest_policy_counts_and_else_the_global_one(
    policies: tuple[JsonObject, ...], name: str | None, shadowed: tuple[str, ...]
) -> None:
    """The project's oldest policy applies, else the global one."""
    found = await effective_policy(server(*policies), TRAINING, SPACE)
    assert (found and found.ref.name, found.shadowed if found else ()) == (name, shadowed)


async def test_whether_global_policies_may_be_read_matters_only_where_there_is_no_own() -> None:
    """Rights on global policies matter only if the project has none."""
    for policies, works in (((OWN, GLOBAL), True), ((GLOBAL,), False)):
        api = server(*policies)
        api.forbidden = (resource_path(TRAINING.policy_plural, "runai"),)
        if works:
            assert await effective_policy(api, TRAINING, SPACE)
        else:
            with pytest.raises(ForbiddenError):
                await effective_policy(api, TRAINING, SPACE)


async def test_who_may_not_read_the_projects_policies_cannot_be_told_which_applies() -> None:
    """Without the right to read policies there is an error and no guess."""
    api = server(OWN)
    api.forbidden = (resource_path(TRAINING.policy_plural, SPACE),)
    with pytest.raises(ForbiddenError):
        await gather(api, TRAINING, SPACE, {})


async def test_a_base_is_looked_for_in_the_project_and_then_among_the_global_ones() -> None:
    """A base workload is the project's, else the global one, else missing."""
    mine, general = resource("base", image={"value": "mine"}), resource("base", "runai", image={"value": "general"})
    for workloads, image in (((mine, general), "mine"), ((general,), "general")):
        sources = await gather(server(workloads=workloads), TRAINING, SPACE, {"baseWorkload": "base"})
        assert sources.base is not None
        assert sources.base["spec"]["image"]["value"] == image
    assert (await gather(server(), TRAINING, SPACE, {"baseWorkload": "base"})).base is None


async def test_a_cluster_without_our_kinds_says_so() -> None:
    """A cluster without the definitions is an error and not an empty answer."""

    def unknown(verb: str, path: str) -> None:
        if TRAINING.workload_plural in path:
            raise NotFoundError("the server could not find the requested resource")

    api = server()
    api.before = unknown
    with pytest.raises(NotFoundError):
        await gather(api, TRAINING, SPACE, {"baseWorkload": "base"})


@pytest.mark.parametrize(
    ("labels", "claimed", "scheduler"),
    [
        (None, None, Scheduler.DEFAULT),
        ({}, None, Scheduler.DEFAULT),
        ({"run.ai/scheduler": "KAI"}, "kueue", Scheduler.KAI),
        ({"run.ai/scheduler": "other"}, None, None),
        ({}, '{"scheduler": "kueue"}', Scheduler.KUEUE),
        ({}, "broken", Scheduler.DEFAULT),
    ],
)
async def test_the_scheduler_is_the_projects_or_that_of_its_recent_jobs(
    labels: Any, claimed: str | None, scheduler: Scheduler | None
) -> None:
    """The scheduler comes from the project's label, else from its latest job."""
    api = server(labels=labels)
    if claimed:
        data = {"values.json": "{}", "provenance.json": "{}", "sources.json": claimed}
        api.objects[f"{CLAIMS}/job-1"] = {"metadata": {"name": "job-1", "uid": "c"}, "data": data}
    assert (await gather(api, TRAINING, SPACE, {})).scheduler is scheduler


async def test_who_may_not_see_the_namespace_or_the_claims_is_shown_the_default() -> None:
    """Without rights the default scheduler is assumed."""
    api = server(labels={"run.ai/scheduler": "kai"})
    api.forbidden = (NAMESPACE, CLAIMS)
    assert (await gather(api, TRAINING, SPACE, {})).scheduler is Scheduler.DEFAULT


# ---------------------------------------------------------------- deciding
class Gathered:
    """The same sources in the resolver's form."""

    by_prefix = True

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    async def policy(self, kind: Kind, namespace: str) -> Applied | None:
        policy = self._sources.policy
        return Applied(policy.compiled(kind), tuple(policy.shadowed)) if policy else None

    async def base(self, kind: Kind, namespace: str, name: str) -> Source | None:
        base = self._sources.base
        return Source(Origin.BASE, ref_of(base), base["spec"]) if base else None

    async def project(self, namespace: str) -> Project:
        return self._sources.project or Project()

    async def projects(self) -> list[str]:
        return [SPACE]


@pytest.mark.parametrize(
    "labels", [None, {"run.ai/scheduler": "kai"}, {"run.ai/scheduler": "mine"}, {SECURITY_LABEL: ""}]
)
@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"image": {"value": "x"}},
        {"image": {"value": "x"}, "gpu": {"value": "5"}},
        {"image": {"value": "x"}, "gpu": {"value": "0.5"}},
        {"baseWorkload": "base"},
        {"baseWorkload": "base", "parallelism": {"value": 3}, "ports": {"items": {"a": {"value": {"container": 0}}}}},
        {"baseWorkload": "w"},
        {"baseWorkload": "x"},
        {"baseWorkload": "../../runai-rivals/trainingworkloads/theirs"},
        {"baseWorkload": 7},
        {"unknown": {"value": 1}, "gpu": 3},
    ],
)
async def test_the_verdict_is_the_systems_own(spec: JsonObject, labels: Any) -> None:
    """Whatever the resolver decides about a workload, with the same values or the same sentences."""
    await must_agree(spec, SPACE, server(OWN, workloads=(BASE,), labels=labels))


@pytest.mark.parametrize("namespace", ["default", "runai", "runai-", "runai-team-a"])
@pytest.mark.parametrize("usage", ["Submit", "Template"])
async def test_the_verdict_is_the_systems_own_wherever_the_workload_stands(namespace: str, usage: str) -> None:
    """A namespace that is no project is refused by both, with the same list of those that are."""
    api = server(OWN)
    api.objects[resource_path("namespaces", None, "runai", "v1")] = {"metadata": {"name": "runai"}}
    await must_agree({"usage": usage, "image": {"value": "x"}}, namespace, api)


async def must_agree(spec: JsonObject, namespace: str, api: PlainServer) -> None:
    metadata = {"name": "w", "namespace": namespace, "uid": "u", "resourceVersion": "1"}
    sources = await gather(api, TRAINING, namespace, spec)
    mine = decide(sources, as_source({"metadata": metadata, "spec": spec})).result
    reference = WorkloadRef(
        kind=TRAINING.workload, namespace=namespace, name="w", uid="u", generation=1, resource_version="1"
    )
    event = WorkloadObserved(workload=reference, observed_at=datetime.now(UTC), spec=spec)
    gathered: Any = Gathered(sources)
    theirs = await judge(event, gathered)
    if isinstance(mine, Refused):
        assert isinstance(theirs, WorkloadRejected)
        assert mine.reason == theirs.reason
        assert [(one.parameter, one.message) for one in mine.violations] == [
            (one.parameter, one.message) for one in theirs.violations
        ]
    else:
        assert isinstance(theirs, WorkloadResolved)
        assert (mine.values_set, provenance_json(mine)) == (theirs.values_set, theirs.provenance)


async def verdict(api: PlainServer, **spec: Any) -> Resolved | Refused:
    workload = {"metadata": {"name": "w", "namespace": SPACE}, "spec": spec}
    return decide(await gather(api, TRAINING, SPACE, spec), as_source(workload)).result


def told(result: Resolved | Refused) -> list[str]:
    assert isinstance(result, Refused)
    return [str(violation) for violation in result.violations]


async def test_a_workload_is_decided_on_its_base_and_policy() -> None:
    """The verdict uses base workload and policy, as the resolver does."""
    api = server(GLOBAL, workloads=(BASE,))
    result = await verdict(api, baseWorkload="base", gpu={"value": "3"})
    assert isinstance(result, Resolved)
    assert (result.values_set["image"], result.values_set["gpu"]) == ("x", "3")
    assert told(await verdict(api, baseWorkload="base", gpu={"value": "5"})) == ["gpu: must be no greater than 4"]


async def test_the_base_of_another_project_is_none_even_if_it_stands_in_the_same_file() -> None:
    """Objects in a file count as stored: in their own namespace, before what is stored there."""
    spec, name = {"baseWorkload": "base", "image": {"value": "x"}}, TRAINING.workload
    api = server(workloads=(resource("base", gpu={"value": "1"}),))
    beside = {(name, space, "base"): resource("base", space, gpu={"value": gpu}) for space, gpu in PLACES}
    for places, gpu in (((0, 1, 2), "2"), ((1, 2), "1"), ((2,), "1")):
        chosen = {place: one for number, (place, one) in enumerate(beside.items()) if number in places}
        sources = await gather(api, TRAINING, SPACE, spec, chosen)
        assert sources.base and sources.base["spec"]["gpu"]["value"] == gpu
    elsewhere = {(name, "runai-team-b", "base"): resource("base", "runai-team-b")}
    assert (await gather(server(), TRAINING, SPACE, spec, elsewhere)).base is None


PLACES = ((SPACE, "2"), ("runai", "3"), ("runai-team-b", "4"))


async def test_several_policies_of_a_kind_are_noted() -> None:
    """The command line gives the same warnings as the events of a submitted workload."""
    sources = await gather(server(OWN, resource("newer", created="2027")), TRAINING, SPACE, {"image": {"value": "x"}})
    workload = {"metadata": {"name": "w"}, "spec": {"image": {"value": "x"}}}
    assert decide(sources, as_source(workload)).notes == [sentences.several_policies(SPACE, "own", ["newer"])]


async def test_a_workload_too_large_for_a_message_is_refused_as_the_watcher_refuses_it() -> None:
    """The whole spec has to fit into a message, even if its values are few."""
    items = {f"V{n}": {"value": "x" * 4096} for n in range(130)}
    spec: Any = {"image": {"value": "x"}, "environment": {"items": items}}
    refusal = observed({"kind": TRAINING.workload, **resource("w", **spec)}, 1, datetime.now(UTC))
    assert isinstance(refusal, WorkloadRejected)
    mine = await verdict(server(), **spec)
    assert isinstance(mine, Refused)
    assert (mine.reason, told(mine)) == (refusal.reason, [f"spec: {refusal.violations[0].message}"])


@pytest.mark.parametrize(
    ("spec", "labels", "sentence"),
    [
        ({"baseWorkload": "w"}, None, "baseWorkload: cannot be the workload itself"),
        ({"baseWorkload": "x"}, None, "baseWorkload: x not found in project team-a or among the global ones"),
        ({"baseWorkload": "../interactiveworkloads/x"}, None, f"baseWorkload: must be {sentences.RESOURCE}"),
        ({}, {"run.ai/scheduler": "mine"},
         "namespace: label run.ai/scheduler is mine and must be one of default, kai, kueue or runai"),
        ({"image": {"value": "x"}, "gpu": {"value": "0.5"}}, None,
         "gpu: is not supported: the cluster's scheduler cannot share a GPU; request whole GPUs"),
    ],
)  # fmt: skip
async def test_what_the_system_refuses_is_refused_here(spec: Any, labels: Any, sentence: str) -> None:
    """Everything that the resolver refuses is refused here, in the same sentence."""
    assert told(await verdict(server(labels=labels), **spec)) == [sentence]


async def test_a_part_of_a_gpu_where_the_scheduler_has_one() -> None:
    """A fraction of a GPU is accepted if the project's scheduler can share one."""
    spec = {"image": {"value": "x"}, "gpu": {"value": "0.5"}}
    assert isinstance(await verdict(server(labels={"run.ai/scheduler": "kai"}), **spec), Resolved)


def test_nothing_known_is_the_default_scheduler() -> None:
    """Without any evidence the default scheduler is assumed, and marked as an assumption."""
    nothing = Sources(TRAINING, SPACE)
    assert (nothing.scheduler, nothing.assumed) == (Scheduler.DEFAULT, True)
    assert not Sources(TRAINING, SPACE, guessed="kai").assumed
    assert not Sources(TRAINING, SPACE, label="kai").assumed


@pytest.mark.parametrize(
    ("gpu", "guessed", "uncertain"),
    [("0.5", None, True), ("0.5", "default", False), ("0.5", "kai", False), ("1", None, False), ("1.5", None, False)],
)
def test_a_verdict_that_rests_on_the_scheduler_says_so(gpu: str, guessed: str | None, uncertain: bool) -> None:
    """A verdict that another scheduler would change carries a note."""
    workload = {"metadata": {"name": "w"}, "spec": {"image": {"value": "x"}, "gpu": {"value": gpu}}}
    verdict = decide(Sources(TRAINING, SPACE, guessed=guessed), as_source(workload))
    assert list(verdict.notes) == ([ASSUMED] if uncertain else [])
