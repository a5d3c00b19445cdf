"""What one delivery knows and has done about a submission, while it works on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, Literal

from services.creator.claim import Decision, There
from services.creator.record import Record, Since
from services.creator.removing import Made
from services.creator.seals import CLAIM
from services.creator.sources import Sources, sources_of
from services.creator.telling import resource_of
from shared.errors import SlipwayError
from shared.messages import Step, WorkloadResolved
from shared.objects import JsonObject
from shared.parameters.secrecy import secrets_in, unquoted

CREATOR: Final = "creator"


@dataclass
class Attempt:
    """One delivery's work on a submission."""

    event: WorkloadResolved
    record: Record
    """The record as this attempt last read or wrote it."""
    began: float
    """Monotonic time, in seconds, before the job's name was recorded."""
    first: bool = False
    """Whether this attempt recorded the name itself. Others then leave the submission alone for a while, so this one
    need not look whether they have ended it."""
    fresh: bool = False
    """Whether this attempt created the claim, so that nothing was made after it by an earlier one."""
    decision: Decision | None = None
    sources: Sources = field(init=False)
    claimed_at: str | None = None
    """A version of the API server's data from before anything was made after the claim."""
    claimed_on: str | None = None
    """When the claim was created, as the API server wrote it."""
    blocked: JsonObject | None = None
    """The output whose name something else has."""
    made: list[Made] = field(default_factory=list)
    """What exists of this submission under its name, as far as this attempt knows, the claim first."""
    added: list[Made] = field(default_factory=list)
    """What this attempt itself created after the claim."""
    stale: list[Made] = field(default_factory=list)
    """What was made under names that were given up."""
    gone: bool = False
    """Whether the workload has been deleted."""
    left: tuple[str, ...] = ()
    """Names that were given up before this attempt."""
    steps: list[Step] = field(default_factory=list)
    """When the name was recorded, and each output was made, as far as this attempt knows."""

    def __post_init__(self) -> None:
        self.sources = sources_of(self.event)
        self.left = self.record.since.left if self.record.since else ()

    @property
    def uid(self) -> str:
        """Return the workload's uid."""
        return self.event.workload.uid

    @property
    def namespace(self) -> str:
        """Return the workload's namespace."""
        return self.event.workload.namespace

    @property
    def name(self) -> str:
        """Return the recorded name of the job."""
        return self.record.job_name or ""

    @property
    def knows_all(self) -> bool:
        """Return whether nothing was made under the name but by this attempt."""
        return self.first and (self.fresh or not self.made)

    @property
    def everything(self) -> list[Made]:
        """Return all that was made and not removed yet."""
        return [*self.stale, *self.made]

    @contextmanager
    def quoting_no_secret(self) -> Iterator[None]:
        """Hide the secrets of the values in every error: the API server, or a webhook, may quote what it refuses."""
        try:
            yield
        except SlipwayError as error:
            values = self.decision.values if self.decision else self.event.values_set
            error.args = (unquoted(str(error), secrets_in(values)),)
            raise

    def named(self, name: str, since: Since, written: Record) -> None:
        """Go on under this name, which this attempt has just recorded."""
        self.record = replace(
            self.record,
            resource_version=written.resource_version,
            job_name=name,
            since=since,
            spec=written.spec,
            annotations=written.annotations,
        )
        self.first, self.blocked = True, None
        self.steps = [Step(step="Named", service=CREATOR, time=datetime.now(UTC), what=name or None)]
        self.stale, self.made, self.added = self.everything, [], []

    def keep(self, there: There, kind: str, version: str) -> None:
        """Note what exists of this submission."""
        metadata = there.item["metadata"]
        self.made.append(Made(resource_of(there.item, kind, version), metadata["uid"]))
        time = datetime.now(UTC) if there.new else created_at(metadata)
        if time:
            step: Literal["Claimed", "Created"] = "Claimed" if kind == CLAIM else "Created"
            self.steps.append(Step(step=step, service=CREATOR, time=time, what=f"{kind} {metadata['name']}"))


def created_at(metadata: JsonObject) -> datetime | None:
    """Return when an object was created, to the second; None if the API server does not say."""
    found = metadata.get("creationTimestamp")
    return datetime.fromisoformat(found) if found else None
