"""A submission on a server of plain data, and a creator for it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from services.creator.create import Creator
from services.creator.indices import Indices
from services.creator.seals import Seals
from services.creator.settings import CreatorSettings
from shared.errors import SlipwayError, TransientError
from shared.messages import (
    Event,
    Reference,
    ViolationText,
    WorkloadCreated,
    WorkloadFailed,
    WorkloadRef,
    WorkloadRejected,
    WorkloadResolved,
)
from shared.resolution.decided import opened, sealed, texts_of
from tests.unit.services.server import Server
from tests.unit.shared.resolution.sealing import KEY, KEYS

WORKLOAD = "/apis/run.ai/v1alpha1/namespaces/runai-a/interactiveworkloads/w"
CONFIGMAPS = "/api/v1/namespaces/runai-a/configmaps"
SERVICES = "/api/v1/namespaces/runai-a/services"
JOBS = "/apis/run.ai/v1/namespaces/runai-a/runaijobs"
VALUES = {"name": "mine", "image": "ubuntu", "jupyter": True, "ports": {"web": {"container": 8080, "external": 80}}}
ALL = ["ConfigMap mine", "Service mine", "Service mine-jupyter", "RunaiJob mine"]
WRITES = [
    "patch interactiveworkloads/w",
    "create configmaps/mine",
    "create services/mine",
    "create services/mine-jupyter",
    "create runaijobs/mine",
]
BASE = Reference(namespace="runai-a", name="b", uid="bu", resource_version="8")
NOTES = [
    Event(type="Warning", reason="AmbiguousPolicy", message="two policies"),
    Event(type="Info", reason="Note", message="a note"),
]
AGAIN: dict[str, Any] = {"values_set": {}, "policy": None, "recorded_name": "mine"}
"""What the resolver sends for a workload that is observed again after a name or a failure was recorded."""
POLICY = Reference(namespace="runai", name="p", uid="pu", resource_version="7")


class Case:
    """One workload on a server, and a creator for it."""

    def __init__(self, **values: Any) -> None:
        self.server = Server()
        self.server.put(WORKLOAD, {"spec": {}})
        self.values = {**VALUES, **values}
        self.now = 0.0
        """Monotonic time of every creator here, in seconds."""
        self.seals = Seals(lambda _: KEYS)
        metadata = self.server.objects[WORKLOAD]["metadata"]
        self.uid, self.version = metadata["uid"], metadata["resourceVersion"]

    def event(self, **more: Any) -> WorkloadResolved:
        """The message as the creator believes it."""
        believed = opened(self.message(**more), KEYS)
        assert believed.workload.uid == self.uid
        return believed

    def message(self, **more: Any) -> WorkloadResolved:
        """The message as the resolver sends it."""
        ref = WorkloadRef(
            kind="InteractiveWorkload",
            namespace="runai-a",
            name="w",
            uid=self.uid,
            generation=1,
            resource_version=self.version,
        )
        given = {"values_set": self.values, "provenance": {}, "policy": POLICY, "scheduler": "default", **more}
        spec = self.server.objects.get(WORKLOAD, {}).get("spec") or {}
        return sealed(WorkloadResolved(workload=ref, observed_at=datetime.now(UTC), **given), spec, {}, KEY)

    @property
    def now_at(self) -> str:
        """The workload's current version."""
        return str(self.server.objects[WORKLOAD]["metadata"]["resourceVersion"])

    @property
    def claimed(self) -> dict[str, str]:
        """What the claim of this decision holds."""
        message = self.message()
        return {**texts_of(message), "seal": message.seal or ""}

    def creator(self, ack_wait: float = 30.0) -> Creator:
        """A creator that has just started."""
        api: Any = self.server
        return Creator(api, Indices(api), self.seals, CreatorSettings(), ack_wait, clock=lambda: self.now)

    async def submit(self, deliveries: int = 1, **more: Any) -> Any:
        """The outcome that a new creator publishes for the message."""
        return await self.creator().submit(self.event(**more), deliveries)

    async def submit_later(self, deliveries: int = 2, **more: Any) -> Any:
        """The outcome of one creator that leaves the submission to others for as long as it has to."""
        creator = self.creator()
        with suppress(TransientError):
            return await creator.submit(self.event(**more), deliveries)
        self.now += 60.0
        return await creator.submit(self.event(**more), deliveries + 1)

    def claimed_ago(self, seconds: float) -> None:
        """Have the claim be as old as that."""
        at = datetime.now(UTC) - timedelta(seconds=seconds)
        claim = self.server.objects[f"{CONFIGMAPS}/mine"]["metadata"]
        claim["creationTimestamp"] = at.isoformat(timespec="seconds").replace("+00:00", "Z")

    @property
    def kept(self) -> list[str]:
        """Everything on the server except the workload."""
        return sorted("/".join(path.split("/")[-2:]) for path in self.server.objects if path != WORKLOAD)

    @property
    def annotations(self) -> dict[str, str]:
        """The workload's annotations, without the note about the moment when the name was recorded."""
        found: dict[str, str] = self.server.objects[WORKLOAD]["metadata"].get("annotations", {})
        return {name: value for name, value in found.items() if name != "run.ai/job-since"}

    def refuse(self, call: str, error: SlipwayError) -> None:
        """Refuse every call that ends with `call`."""
        self.server.answer = lambda made: error if made.endswith(call) else None


def made(outcome: WorkloadCreated) -> list[str]:
    return [f"{resource.kind} {resource.name}" for resource in outcome.created]


def told(outcome: WorkloadFailed) -> list[tuple[str, str]]:
    return [(event.type, event.message) for event in outcome.events]


def refused_by_now(case: Case) -> dict[str, Any]:
    """What the resolver publishes about a workload that is observed again and breaks a rule in the meantime."""
    event = case.event()
    violation = ViolationText(parameter="gpu", message="must be no greater than 1")
    rejection = WorkloadRejected(
        workload=event.workload, attempt=2, observed_at=event.observed_at, reason="PolicyViolation",
        violations=[violation],
    )  # fmt: skip
    return {"values_set": {}, "policy": None, "attempt": 2, "rejection": rejection}


def services_of(job: str) -> list[str]:
    return [f"services/{job}", f"services/{job}-jupyter"]


def die_after(server: Server, writes: int) -> Callable[[str], SlipwayError | None]:
    """Make the creator die after that many writes; returns the hook that counts them."""
    left = [writes]

    def dying(call: str) -> SlipwayError | None:
        if call.startswith(("create", "patch", "delete")):
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
        return None

    server.answer = dying
    return dying
