"""One submission creates one workload, despite lost answers, taken names and unavailable servers."""

from collections.abc import Callable

import pytest

from shared.errors import AlreadyExistsError, ForbiddenError, TransientError, UnauthorizedError
from shared.inquiry import creation
from shared.inquiry.creation import SUBMISSION_ANNOTATION, create_once, create_or_find, under_a_free_name
from shared.inquiry.errors import InquiryError, UnknownOutcomeError
from shared.objects import JsonObject
from tests.unit.plain_server import PlainServer

PATH = "/apis/run.ai/v1alpha1/namespaces/runai-a/trainingworkloads"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creation, "PAUSES", (0.0,) * len(creation.PAUSES))


def body(suffix: str) -> JsonObject:
    return {"kind": "TrainingWorkload", "metadata": {"name": f"job{suffix}"}, "spec": {}}


SILENT = TransientError("the API server did not answer")


def broken(verb: str, times: int = 1, error: TransientError = SILENT) -> Callable[[str, str], None]:
    """The verb fails that many times."""
    left = [times]

    def fault(asked: str, _: str) -> None:
        if asked == verb and left[0] > 0:
            left[0] -= 1
            raise error

    return fault


async def test_a_workload_is_created_at_once() -> None:
    """A free name costs one call."""
    server = PlainServer()
    made = await create_once(server, PATH, body)
    assert made["metadata"]["name"] == "job"
    assert server.calls == [("create", PATH)]


async def test_names_that_others_took_in_the_same_second_are_passed_over() -> None:
    """A name taken in the same second gets a number."""
    server = PlainServer()
    names = [(await create_once(server, PATH, body))["metadata"]["name"] for _ in range(3)]
    assert names == ["job", "job-2", "job-3"]
    numbers = {item["metadata"]["annotations"][SUBMISSION_ANNOTATION] for item in server.objects.values()}
    assert len(numbers) == 3


async def test_a_lost_answer_is_read_back_and_nothing_is_created_twice() -> None:
    """A lost answer is looked up: the workload is created once."""
    server = PlainServer()
    server.after = broken("create")
    assert (await create_once(server, PATH, body))["metadata"]["name"] == "job"
    assert len(server.objects) == 1


async def test_a_lost_request_is_sent_again_under_the_same_name() -> None:
    """A lost request is sent again under the same name."""
    server = PlainServer()
    server.before = broken("create", times=2)
    assert (await create_once(server, PATH, body))["metadata"]["name"] == "job"
    assert len(server.objects) == 1


async def test_reading_back_may_fail_too() -> None:
    """The answer is lost and reading back fails; the next try finds the name taken by our own workload."""
    server = PlainServer()
    server.after = broken("create")
    server.before = broken("get")
    assert (await create_once(server, PATH, body))["metadata"]["name"] == "job"
    assert [verb for verb, _ in server.calls] == ["create", "get", "create", "get"]
    assert len(server.objects) == 1


async def test_somebody_elses_name_is_not_taken_for_ours_after_a_lost_request() -> None:
    """After a lost request a foreign workload of the same name is not mistaken for ours."""
    server = PlainServer({f"{PATH}/job": {**body(""), "metadata": {"name": "job", "annotations": {}}}})
    server.before = broken("create")
    assert (await create_once(server, PATH, body))["metadata"]["name"] == "job-2"


@pytest.mark.parametrize("where", ["before", "after"])
async def test_what_stays_unknown_is_said(where: str) -> None:
    """If it stays unknown whether the workload was created, the message says so."""
    server = PlainServer()

    def away(verb: str, _: str) -> None:
        raise TransientError("the API server did not answer: gone")

    setattr(server, where, away)
    with pytest.raises(UnknownOutcomeError) as unknown:
        await create_once(server, PATH, body)
    assert str(unknown.value) == (
        "the API server did not answer: gone; it is not known whether "
        "TrainingWorkload job was created: check before you submit again"
    )
    assert len(server.objects) == (1 if where == "after" else 0)


async def test_a_login_that_expired_is_not_tried_again() -> None:
    """An expired login ends the creation at once."""
    server = PlainServer()
    server.before = broken("create", error=UnauthorizedError("you are nobody"))
    with pytest.raises(UnauthorizedError):
        await create_once(server, PATH, body)
    assert len(server.calls) == 1


async def test_a_login_that_expires_after_a_lost_answer_leaves_open_what_it_left_open() -> None:
    """A lost answer followed by an expired login says that the outcome is unknown."""
    server = PlainServer()
    errors = iter([TransientError("lost"), UnauthorizedError("expired")])

    def fail(verb: str, _: str) -> None:
        if verb == "create":
            raise next(errors)

    server.before = fail
    with pytest.raises(UnknownOutcomeError) as unknown:
        await create_once(server, PATH, body)
    assert isinstance(unknown.value.cause, UnauthorizedError)
    assert str(unknown.value) == (
        "expired; it is not known whether TrainingWorkload job was created: check before you submit again"
    )


async def test_a_refusal_is_passed_on() -> None:
    """A refusal of the API server is passed on."""
    server = PlainServer()
    server.forbidden = (PATH,)
    with pytest.raises(ForbiddenError):
        await create_once(server, PATH, body)


async def test_who_may_not_read_is_told_what_stays_unknown() -> None:
    """Without the right to read, a lost answer stays unknown and is reported."""
    server = PlainServer()
    server.after = broken("create")

    def forbid(verb: str, _: str) -> None:
        if verb == "get":
            raise ForbiddenError("you cannot get")

    server.before = forbid
    with pytest.raises(UnknownOutcomeError, match="it is not known whether TrainingWorkload job was created"):
        await create_once(server, PATH, body)
    assert len(server.objects) == 1


async def test_names_run_out() -> None:
    """After a hundred taken names the command gives up and says why."""
    taken = {f"{PATH}/job{suffix}": body(suffix) for suffix in ("", *(f"-{n}" for n in range(2, creation.MOST_NAMES)))}
    with pytest.raises(InquiryError, match="100 names such as job are already taken; try again"):
        await create_once(PlainServer(taken), PATH, body)


async def test_a_dry_run_takes_the_name_that_the_submission_would_take() -> None:
    """One step names both: a name that was taken in the same second gets a number in a dry run too."""
    server, tried = PlainServer(), list[str]()
    for _ in range(2):
        await create_once(server, PATH, body)

    async def admit(asked: JsonObject) -> JsonObject:
        tried.append(asked["metadata"]["name"])
        return await server.create(PATH, asked, {"dryRun": "All"})

    admitted = await under_a_free_name(body, admit)
    assert (admitted["metadata"]["name"], tried) == ("job-3", ["job", "job-2", "job-3"])


async def test_a_submission_that_is_sent_twice_creates_one_workload() -> None:
    """The second request with the same number returns what the first one created."""
    server = PlainServer()
    first, second = [await create_or_find(server, PATH, body(""), "7") for _ in range(2)]
    assert first == second
    assert len(server.objects) == 1


async def test_the_name_of_another_submission_is_not_taken_over() -> None:
    """A workload of another submission is not mistaken for one's own, and nothing is created under another name."""
    server = PlainServer()
    await create_or_find(server, PATH, body(""), "7")
    with pytest.raises(AlreadyExistsError):
        await create_or_find(server, PATH, body(""), "8")
    assert len(server.objects) == 1
