"""A cluster of plain data whose system decides about submissions as a test configures it."""

from collections.abc import Awaitable, Callable

from cli.submit.draft import Draft
from shared.names import resource_path
from shared.objects import JsonObject
from tests.unit.cli.submit.submits import drafted
from tests.unit.plain_server import PlainServer

SPACE = "runai-team-a"
NAMESPACE = resource_path("namespaces", None, SPACE, "v1")
RUNAI_JOBS = resource_path("runaijobs", SPACE, api_version="run.ai/v1")
PODS = resource_path("pods", SPACE, api_version="v1")
Submit = Callable[..., Awaitable[None]]


class Cluster(PlainServer):
    """An API server beside a system that decides as configured."""

    def __init__(self) -> None:
        super().__init__({NAMESPACE: {"metadata": {"name": SPACE}}})
        self.decide: Callable[[JsonObject], JsonObject | None] = submitted

    async def get(self, path: str, params: object = None) -> JsonObject:
        found = await super().get(path, params)
        if "workloads/" in path and "status" not in found and (status := self.decide(found)):
            found = self.objects[path] = {**found, "status": status}
        return found

    @property
    def workloads(self) -> list[JsonObject]:
        return [item for path, item in self.objects.items() if "workloads/" in path]

    def run(self, name: str, phase: str = "Running") -> None:
        """The job exists, with one pod."""
        spec = {"template": {"spec": {"restartPolicy": "Always"}}}
        container = {"name": name}
        self.objects[f"{RUNAI_JOBS}/{name}"] = {
            "metadata": {"name": name, "namespace": SPACE, "uid": "j"},
            "spec": spec,
        }
        self.objects[f"{PODS}/{name}-0-0"] = {
            "metadata": {"name": f"{name}-0-0", "namespace": SPACE, "labels": {}},
            "spec": {"nodeName": "n", "containers": [container]}, "status": {"phase": phase},
        }  # fmt: skip


def submitted(workload: JsonObject) -> JsonObject:
    job = (workload["spec"].get("name") or {"value": "job-7"})["value"]
    created = [{"kind": "RunaiJob", "version": "run.ai/v1", "namespace": SPACE, "name": job}]
    return {"phase": "Submitted", "jobName": job, "createdResources": created}


def draft(line: str = "-i ubuntu") -> Draft:
    return drafted(line)
