"""All jobs of a project with their pods and addresses, as far as a person may see them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.errors import ForbiddenError
from shared.inquiry.addresses import urls
from shared.inquiry.job_lists import JobLists
from shared.inquiry.job_lookup import with_pods
from shared.inquiry.jobs import RUNAI_JOB, Job
from shared.names import JOB_UID_LABEL, WORKLOAD_UID_LABEL, resource_path
from shared.objects import JsonObject
from tests.unit.plain_server import PlainServer

SPACE = "runai-team-a"
JOBS = resource_path("runaijobs", SPACE, api_version="run.ai/v1")
DEPLOYMENTS = resource_path("deployments", SPACE, api_version="apps/v1")
PODS = resource_path("pods", SPACE, api_version="v1")
SERVICES = resource_path("services", SPACE, api_version="v1")


def item(name: str, uid: str, created: str = "2026-01-01T00:00:00Z", **fields: Any) -> JsonObject:
    labels = {WORKLOAD_UID_LABEL: uid}
    owner = {"apiVersion": "run.ai/v1alpha1", "kind": "TrainingWorkload", "name": name, "uid": uid, "controller": True}
    metadata = {"name": name, "namespace": SPACE, "uid": f"{name}-{uid}", "labels": labels,
                "ownerReferences": [owner], "creationTimestamp": created, "resourceVersion": "1"}  # fmt: skip
    return {"metadata": metadata, **fields}


class Server:
    """Lists by path; some of them forbidden."""

    def __init__(self, lists: dict[str, list[JsonObject]], forbidden: tuple[str, ...] = ()) -> None:
        self._lists, self._forbidden = lists, forbidden

    async def get(self, path: str) -> JsonObject:
        assert path == "/apis"
        return {"groups": [{"versions": [{"groupVersion": "apps/v1"}]}]}

    async def pages(self, path: str, params: dict[str, str]) -> AsyncIterator[JsonObject]:
        if path in self._forbidden:
            raise ForbiddenError(f"you cannot list {path}")
        kinds = {
            "runaijobs": ("RunaiJob", "run.ai/v1"),
            "deployments": ("Deployment", "apps/v1"),
            "pods": ("Pod", "v1"),
        }
        kind, version = kinds.get(path.rpartition("/")[2], ("Service", "v1"))
        by_hand = params.get("labelSelector", "").endswith(f"!{WORKLOAD_UID_LABEL}")
        items = [] if by_hand else self._lists.get(path, [])
        yield {"apiVersion": version, "kind": f"{kind}List", "metadata": {"resourceVersion": "1"}, "items": items}


async def test_jobs_come_with_their_pods_the_youngest_first() -> None:
    """Kinds that the cluster does not have are not requested."""
    jobs = [item("old", "a"), item("new", "b", "2026-01-02T00:00:00Z")]
    api = Server({JOBS: jobs, PODS: [item("new-0", "b"), item("stray", "c")]})
    notes: list[str] = []
    found = await JobLists(api, "team-a", notes.append).read()
    assert [(job.name, [pod["metadata"]["name"] for pod in job.pods]) for job in found] == [
        ("new", ["new-0"]),
        ("old", []),
    ]
    assert notes == []


async def test_a_job_keeps_its_pods_when_its_workload_is_deleted_without_it() -> None:
    """The list and a single look find the same pods, by the labels that stay; a copy of the job has its own."""
    left, copy = item("left", "a"), item("copy", "a")
    pods = [item("left-0", "a"), item("copy-0", "a")]
    for job, pod in ((left, pods[0]), (copy, pods[1])):
        del job["metadata"]["ownerReferences"]
        pod["metadata"]["labels"][JOB_UID_LABEL] = job["metadata"]["uid"]
    api = Server({JOBS: [left, copy], PODS: pods})
    notes: list[str] = []
    lists = JobLists(api, "team-a", notes.append)
    found = {job.name: [pod["metadata"]["name"] for pod in job.pods] for job in await lists.read()}
    assert found == {"left": ["left-0"], "copy": ["copy-0"]}
    whole = PlainServer({f"{PODS}/{pod['metadata']['name']}": pod for pod in pods})
    looked = await with_pods(whole, Job(RUNAI_JOB, left))
    assert [pod["metadata"]["name"] for pod in looked.pods] == found["left"]
    changed = lists._changed({"apiVersion": "v1", "kind": "Pod", **pods[1]}, deleted=True)
    assert [(job.name, job.pods) for job in changed] == [("copy", [])]


async def test_a_label_that_was_copied_into_another_namespace_adds_nothing_to_a_job() -> None:
    """P9: in a list of all projects, a job has neither the pods nor the addresses that others label as its own."""
    stray = item("stray", "a", spec={"type": "LoadBalancer", "ports": [{"port": 80}]})
    stray["metadata"]["namespace"] = "runai-evil"
    stray["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
    found = {resource_path(plural, api_version="v1"): [stray] for plural in ("pods", "services")}
    found[resource_path("runaijobs", api_version="run.ai/v1")] = [item("mine", "a")]
    notes: list[str] = []
    lists = JobLists(Server(found), None, notes.append)
    (job,) = await lists.read()
    await lists.read_exposure()
    assert (job.pods, urls(job, lists.exposure(job))) == ([], [])


async def test_a_kind_that_a_person_may_not_see_is_left_out_with_a_note() -> None:
    """The note is returned unchanged: the caller decides how to show it."""
    notes: list[str] = []
    found = await JobLists(Server({JOBS: [item("a", "a")]}, (DEPLOYMENTS,)), "team-a", notes.append).read()
    assert [job.name for job in found] == ["a"]
    assert notes == [f"Deployment jobs are not shown: you cannot list {DEPLOYMENTS}"]


async def test_who_may_see_no_jobs_gets_no_notes() -> None:
    """The error is all there is to say, whichever answer comes first."""
    notes: list[str] = []
    with pytest.raises(ForbiddenError):
        await JobLists(Server({}, (JOBS, DEPLOYMENTS)), "team-a", notes.append).read()
    assert notes == []


async def test_a_job_is_reached_by_what_its_workload_exposes() -> None:
    """Without the right to see Services, addresses are left out with a note."""
    port = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    service = item("svc", "a", spec=port, status={"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}})
    notes: list[str] = []
    for forbidden, reached in (((), ["http://192.0.2.1:80"]), ((SERVICES,), [])):
        lists = JobLists(Server({JOBS: [item("a", "a")], SERVICES: [service]}, forbidden), "team-a", notes.append)
        (job,) = await lists.read()
        await lists.read_exposure()
        assert urls(job, lists.exposure(job)) == reached
    assert notes == [f"job addresses are not shown: you cannot list {SERVICES}"]
