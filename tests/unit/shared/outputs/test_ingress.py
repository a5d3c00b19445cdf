"""Paths of Ingresses, which no two jobs share, and what is exposed without being asked for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.outputs.build import build_all
from shared.outputs.ingress import routes
from shared.parameters.kinds import INTERACTIVE
from tests.unit.shared.outputs.cases import IMAGE, names

words = st.from_regex(r"\A[a-c](-[a-c0-9]){0,3}\Z")
WEB: dict[str, Any] = {"serviceType": "ingress", "ports": {"a": {"container": 80}}}
BOTH: dict[str, Any] = {"serviceType": "ingress", "ports": {"a": {"container": 80}, "b": {"container": 81}}}


def paths(project: str, job: str, values: dict[str, Any]) -> list[str]:
    """The paths of a job with these values."""
    of = INTERACTIVE.values.model_validate({**IMAGE, **values})
    return [one.path for one in routes(of, names(INTERACTIVE, job, {"project": project}))]


@given(words, words, words, words, st.sampled_from([WEB, BOTH]), st.sampled_from([WEB, BOTH]))
def test_no_two_jobs_have_one_path(
    one: str, job: str, other: str, other_job: str, mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    """P9: whatever a job and its ports are called, it takes no path of another project's job, nor one below it."""
    if (one, job) == (other, other_job):
        return
    for path in paths(one, job, mine):
        assert not any(f"{path}/".startswith(f"{taken}/") for taken in paths(other, other_job, theirs))


def test_a_projects_name_does_not_run_into_a_jobs() -> None:
    """P9: job `x` of project `team-a` and job `a-x` of project `team` have different paths."""
    assert paths("team-a", "x", WEB) == ["/team-a/x"]
    assert paths("team", "a-x", WEB) == ["/team/a-x"]
    assert paths("team", "a", BOTH) == ["/team/a/80", "/team/a/81"]


@pytest.mark.parametrize("service", ["ingress", "nodeport", "loadbalancer"])
def test_a_tool_without_a_login_stays_inside_the_cluster(service: str) -> None:
    """P9: TensorBoard is exposed only by naming its port."""
    values = {**IMAGE, "jupyter": True, "tensorboard": True, "tensorboardLogdir": "/logs", "serviceType": service}
    made = build_all(INTERACTIVE, INTERACTIVE.values.model_validate(values), names(INTERACTIVE, "nb"))
    types = {one["metadata"]["name"]: one["spec"]["type"] for one in made if one["kind"] == "Service"}
    assert types["nb-tensorboard"] == "ClusterIP"
    assert 6006 not in [
        one.container for one in routes(INTERACTIVE.values.model_validate(values), names(INTERACTIVE, "nb"))
    ]
    named = {**values, "exposedUrls": {"board": {"container": 6006}}}
    assert "/team-a/nb/6006" in paths("team-a", "nb", {**named, "serviceType": "ingress"})
