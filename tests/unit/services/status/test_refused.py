"""A status that the API server refuses for good: the smallest one, then a Kubernetes Event, then a visible end."""

import pytest

from services.status.conditions import SHORTEST
from shared.errors import ForbiddenError, InvalidError, PermanentError, RightsError, SlipwayError, TooLargeError
from shared.messages import CreatedResource, ViolationText
from tests.unit.services.status.test_record import NAMED, WORKLOAD, Case

MANY = [ViolationText(parameter=f"p{index}", message="must be set " * 20) for index in range(300)]


class Strict(Case):
    """A workload whose status the server refuses if it has a list, or whatever it is."""

    def __init__(self, error: SlipwayError, *, always: bool = False) -> None:
        super().__init__(NAMED, events=[{"type": "Warning", "reason": "Retrying", "message": "no room", "time": "x"}])
        self.ref = self.ref.model_copy(update={"has_status": True})
        self.refused = 0
        whole = self.server.patch

        async def patch(path: str, body: dict[str, dict[str, object]]) -> object:
            if always or body["status"].get("events"):
                self.refused += 1
                raise error
            return await whole(path, body)

        self.server.patch = patch


@pytest.mark.parametrize(
    "error", [TooLargeError("request is too large"), ForbiddenError("no lists"), InvalidError("x")]
)
async def test_a_status_that_is_refused_is_written_in_its_smallest_form(error: SlipwayError) -> None:
    """Phase, job and one short condition stay; all lists go, also those of an earlier status; the Event says all."""
    case = Strict(error)
    created = [CreatedResource(kind="ConfigMap", version="v1", namespace="runai-a", name="j-1")]
    await case.recorder.outcome(case.created().model_copy(update={"created": created}))
    assert {key: value for key, value in case.status.items() if key != "conditions"} == {
        "phase": "Submitted",
        "observedGeneration": 1,
        "jobName": "j-1",
    }
    (condition,) = case.status["conditions"]
    assert (condition["type"], condition["status"], condition["reason"]) == ("Submitted", "True", "AllCreated")
    assert [event["reason"] for event in case.events] == ["AllCreated"]


async def test_the_smallest_form_of_a_rejection_is_short() -> None:
    """Three hundred violations become one sentence of a few words, and the Event lists what it can hold."""
    case = Strict(TooLargeError("request is too large"))
    case.edit({}, events=[{"type": "Warning", "reason": "Retrying", "message": "no room", "time": "x"}])
    await case.recorder.outcome(case.rejected().model_copy(update={"violations": MANY}))
    (condition,) = case.status["conditions"]
    assert (case.status["phase"], len(condition["message"]) <= SHORTEST) == ("Failed", True)
    assert case.events[0]["note"].startswith("p0: must be set")


async def test_the_smallest_form_counts_as_the_outcome_of_a_later_delivery() -> None:
    """A redelivery after the smallest form was written writes the Event that is missing, and no status."""
    case = Strict(TooLargeError("request is too large"))
    case.edit({}, events=[{"type": "Warning", "reason": "Retrying", "message": "no room", "time": "x"}])
    fact = case.rejected().model_copy(update={"violations": MANY})
    await case.recorder.outcome(fact)
    before = dict(case.status)
    for path in [path for path in case.server.objects if path != WORKLOAD]:
        del case.server.objects[path]
    await case.recorder.outcome(fact)
    assert (case.status, len(case.events)) == (before, 1)


@pytest.mark.parametrize("error", [ForbiddenError("not on Sundays"), TooLargeError("request is too large")])
async def test_what_no_status_can_say_events_say_and_then_it_ends(error: PermanentError) -> None:
    """If every status is refused, Events show the outcome and why it is not on the workload; the message ends."""
    case = Strict(error, always=True)
    with pytest.raises(type(error)):
        await case.recorder.outcome(case.created())
    assert case.refused == 2
    notes = [event["note"] for event in case.events]
    assert notes == [
        "all the resources were created successfully",
        f"the outcome cannot be written on the workload: {error}",
    ]


async def test_a_missing_right_is_tried_again_before_anything_less_is_written() -> None:
    """A right that may be granted in a moment is waited for; at the last try it counts as refused."""
    case = Strict(RightsError('User "status" cannot patch resource'), always=True)
    with pytest.raises(RightsError):
        await case.recorder.outcome(case.created(), last=False)
    assert (case.refused, case.events) == (1, [])
    with pytest.raises(RightsError):
        await case.recorder.outcome(case.created(), last=True)
    assert (case.refused, len(case.events)) == (3, 2)


async def test_a_delay_that_is_refused_is_shown_as_an_event() -> None:
    """A delay that cannot be written on the workload is shown by `kubectl describe`."""
    case = Strict(ForbiddenError("not on Sundays"))
    await case.recorder.delay(case.delayed())
    (event,) = case.events
    assert (event["reason"], event["note"]) == ("Retrying", "no room (the creator tries again)")
