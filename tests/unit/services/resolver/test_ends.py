"""What the resolver publishes after its last try: a failure, and who must act."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.resolver import handlers
from services.resolver.gather import Gather
from services.resolver.settings import ResolverSettings
from shared.errors import TransientError
from shared.messages import WorkloadFailed, WorkloadObserved, WorkloadRef, WorkloadResolved
from shared.reasons import Reason
from shared.resolution.decided import opened
from tests.unit.shared.resolution.sealing import KEY, KEYS


class FakeBus:
    """Records subscriptions and published messages."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.on_last: Any = None

    def tells(self, *_: Any) -> None:
        """Nothing to keep."""

    def consumes(self, _message: Any, *, on_last: Any, **_more: Any) -> Any:
        self.on_last = on_last
        return lambda handler: handler

    async def tell(self, message: Any) -> None:
        self.told.append(message)


@pytest.mark.parametrize("reason", [Reason.GAVE_UP, Reason.FORBIDDEN, Reason.INTERNAL_ERROR])
@pytest.mark.parametrize(("annotations", "tells"), [({}, True), ({"run.ai/job-name": "j-1"}, False)])
async def test_the_end_has_the_reason_that_the_delivery_says(
    reason: Reason, annotations: dict[str, str], tells: bool
) -> None:
    """The last delivery publishes workload.failed with its reason; if a job's name is recorded, the creator goes on."""
    bus: Any = FakeBus()
    handlers.subscribe(bus, cast(Gather, SimpleNamespace()), ResolverSettings(), lambda: KEY)
    ref = WorkloadRef(kind="TrainingWorkload", namespace="a", name="w", uid="u", generation=1, resource_version="1")
    event = WorkloadObserved(workload=ref, observed_at=datetime.now(UTC), spec={}, annotations=annotations)
    await bus.on_last(event, reason, "the words")
    (fact,) = bus.told
    if tells:
        assert isinstance(fact, WorkloadFailed)
        assert (fact.reason, fact.message, fact.resolved) == (reason, "the words", False)
    else:
        assert isinstance(fact, WorkloadResolved)
        assert (fact.recorded_name, fact.values_set, fact.rejection) == ("j-1", {}, None)
        assert opened(fact, KEYS) == fact


async def test_without_its_key_the_resolver_decides_nothing() -> None:
    """P8: no decision leaves unsealed: the message is tried again, and the reason is shown."""
    ref = WorkloadRef(kind="TrainingWorkload", namespace="a", name="w", uid="u", generation=1, resource_version="1")
    event = WorkloadObserved(workload=ref, observed_at=datetime.now(UTC), spec={})
    fact = WorkloadResolved(workload=ref, observed_at=event.observed_at, values_set={}, provenance={})
    with pytest.raises(TransientError, match="no key to seal"):
        handlers.to_send(event, fact, None)
