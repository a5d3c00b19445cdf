"""Which workload a name means, and what is reported if it means none or several."""

from collections.abc import Sequence

import pytest

from shared.errors import ForbiddenError
from shared.inquiry.errors import AmbiguousError, MissingError
from shared.inquiry.lookup import find_workload, workloads_named
from shared.names import resource_path
from shared.objects import JsonObject
from shared.parameters.kinds import DEPLOYMENT, INFERENCE, INTERACTIVE, KINDS, TRAINING, Kind
from tests.unit.plain_server import PlainServer

SPACE, GLOBAL = "runai-team-a", "runai"


def server(*workloads: tuple[Kind, str, str]) -> PlainServer:
    """A project, and workloads by kind, namespace and name."""
    made = PlainServer({resource_path("namespaces", None, SPACE, "v1"): {"metadata": {"name": SPACE}}})
    for kind, namespace, name in workloads:
        metadata = {"name": name, "namespace": namespace, "uid": f"{kind.name}-{namespace}"}
        made.objects[resource_path(kind.workload_plural, namespace, name)] = {"metadata": metadata, "spec": {}}
    return made


def places(found: Sequence[JsonObject]) -> list[tuple[str, str]]:
    return [(one["kind"], one["metadata"]["namespace"]) for one in found]


async def test_a_projects_own_workload_counts_before_a_global_one() -> None:
    """A name means a global template only if the project has no workload of that name."""
    both = server((TRAINING, SPACE, "w"), (TRAINING, GLOBAL, "w"))
    assert (await find_workload(both, KINDS, "w", "team-a"))[1]["metadata"]["namespace"] == SPACE
    assert places(await workloads_named(both, [TRAINING], "w", "team-a")) == [("TrainingWorkload", SPACE)]
    only_global = server((TRAINING, GLOBAL, "w"))
    assert places(await workloads_named(only_global, [TRAINING], "w", "team-a")) == [("TrainingWorkload", GLOBAL)]


async def test_a_name_of_several_kinds_is_ambiguous_where_one_is_meant() -> None:
    """A person who lists the candidates gets all of them."""
    two = server((DEPLOYMENT, SPACE, "w"), (INFERENCE, SPACE, "w"))
    with pytest.raises(AmbiguousError, match="several workloads are named w") as ambiguous:
        await find_workload(two, KINDS, "w", "team-a")
    assert ambiguous.value.kinds == [DEPLOYMENT, INFERENCE]
    assert len(await workloads_named(two, [DEPLOYMENT, INFERENCE], "w", "team-a")) == 2


async def test_a_workload_is_found_by_the_name_of_its_job() -> None:
    """The claim of that name belongs to the workload; a claim of an earlier workload of its name does not count."""
    api = server((TRAINING, SPACE, "w"))
    claim = {"ownerReferences": [{"kind": "TrainingWorkload", "name": "w", "uid": f"training-{SPACE}"}]}
    api.objects[resource_path("configmaps", SPACE, "job-1", "v1")] = {"metadata": claim}
    kind, workload = await find_workload(api, KINDS, "job-1", "team-a")
    assert (kind, workload["metadata"]["name"]) == (TRAINING, "w")
    claim["ownerReferences"][0]["uid"] = "of an earlier one"
    with pytest.raises(MissingError, match="workload job-1 not found in project team-a or among the global ones"):
        await find_workload(api, KINDS, "job-1", "team-a")


async def test_a_missing_workload_names_the_kind_that_has_the_name() -> None:
    """Training is the default, so the other kind may be all that was missing."""
    with pytest.raises(MissingError, match="InteractiveWorkload w exists") as missing:
        await workloads_named(server((INTERACTIVE, SPACE, "w")), [TRAINING], "w", "team-a")
    assert missing.value.elsewhere == [INTERACTIVE]


async def test_a_missing_project_is_said_before_a_missing_workload() -> None:
    """A misspelled project is the likelier mistake."""
    with pytest.raises(MissingError, match="project nowhere not found: namespace runai-nowhere does not exist"):
        await workloads_named(server(), [TRAINING], "w", "nowhere")


async def test_a_kind_that_a_person_may_not_read_hides_no_other() -> None:
    """The refusal counts only if nothing was found; global workloads are never needed."""
    api = server((INFERENCE, SPACE, "w"))
    api.forbidden = (resource_path(DEPLOYMENT.workload_plural, SPACE), resource_path(TRAINING.workload_plural, GLOBAL))
    assert len(await workloads_named(api, [DEPLOYMENT, INFERENCE], "w", "team-a")) == 1
    with pytest.raises(ForbiddenError):
        await workloads_named(api, [DEPLOYMENT], "w", "team-a")
    with pytest.raises(MissingError):
        await workloads_named(api, [TRAINING], "w", "team-a")
