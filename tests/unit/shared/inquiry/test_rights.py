"""Whether the user may read the Secrets of a workload, as the command line says it beforehand."""

from typing import Any

import pytest

from shared.errors import ForbiddenError
from shared.inquiry.now import as_of_now, preview
from shared.names import SUBMITTED_BY_ANNOTATION
from shared.objects import JsonObject
from shared.parameters.kinds import TRAINING
from tests.unit.shared.inquiry.test_now import SPACE, Server

KEY = "SECRET:alices,key"
SPEC: JsonObject = {
    "image": {"value": "x"},
    "environment": {"items": {"A": {"value": KEY}, "B": {"value": "SECRET:b,k"}}},
}


class Asked(Server):
    """A server that knows what bob may read."""

    def __init__(self, *readable: str) -> None:
        super().__init__()
        self.readable, self.asked, self.refuses = readable, list[str](), list[str]()

    async def create(self, path: str, body: JsonObject, params: object = None) -> JsonObject:
        if not path.endswith("reviews"):
            return await super().create(path, body, params)
        self.asked.append(body["kind"])
        if body["kind"] in self.refuses:
            raise ForbiddenError(f"{body['kind']} is forbidden")
        if body["kind"] == "SelfSubjectReview":
            return {"status": {"userInfo": {"username": "bob"}}}
        attributes = body["spec"]["resourceAttributes"]
        assert (attributes["verb"], attributes["resource"], attributes["namespace"]) == ("get", "secrets", SPACE)
        return {"status": {"allowed": attributes["name"] in self.readable}}


def workload(spec: JsonObject = SPEC, **annotations: str) -> JsonObject:
    metadata = {"name": "w", "namespace": SPACE, "uid": "u", "resourceVersion": "1", "annotations": annotations}
    return {"metadata": metadata, "spec": spec}


async def test_the_command_says_beforehand_what_the_resolver_says() -> None:
    """P7, P9: explain and dry run give the sentence of the resolver, with the user's own name."""
    server = Asked("b")
    explained = await as_of_now(server, TRAINING, workload(), SPACE)
    said = "environment.A: bob cannot read Secret alices, so their workloads cannot use it"
    assert [str(one) for one in explained.violations] == [said]
    assert sorted(server.asked) == ["SelfSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectReview"]
    assert not (await as_of_now(Asked("alices", "b"), TRAINING, workload(), SPACE)).refused
    assert (await preview(server, TRAINING, workload())).explained.refused
    assert server.tried == []


async def test_without_secrets_nothing_is_asked() -> None:
    """A workload that names no Secret costs no review."""
    server = Asked()
    await as_of_now(server, TRAINING, workload({"image": {"value": "x"}}), SPACE)
    assert server.asked == []


@pytest.mark.parametrize(
    ("refuses", "said"), [("SelfSubjectReview", "you cannot read Secret alices"), ("SelfSubjectAccessReview", None)]
)
async def test_who_may_not_ask_is_told_so(refuses: str, said: str | None) -> None:
    """Without the right to ask, the verdict says that it does not know; without a name, it says you."""
    server = Asked("b")
    server.refuses = [refuses]
    explained = await as_of_now(server, TRAINING, workload(), SPACE)
    assert explained.refused is (said is not None)
    if said:
        assert said in str(explained.violations[0])
    else:
        (note,) = [one for one in explained.notes if "Secrets" in one]
        assert note == (
            "whether you can read Secrets alices, b, which this workload uses, is not known: "
            "SelfSubjectAccessReview is forbidden"
        )


async def test_whose_right_counted_is_said_about_the_workload_of_somebody_else() -> None:
    """The verdict is about the user; a workload that another one has submitted says so, and a template does not."""
    server = Asked("alices", "b")
    for annotations, usage, notes in (
        ({SUBMITTED_BY_ANNOTATION: "alice"}, "Submit", 1),
        ({SUBMITTED_BY_ANNOTATION: "bob"}, "Submit", 0),
        ({SUBMITTED_BY_ANNOTATION: "alice"}, "Template", 0),
    ):
        spec: Any = {**SPEC, "usage": usage}
        explained = await as_of_now(server, TRAINING, workload(spec, **annotations), SPACE)
        assert len([one for one in explained.notes if "that of alice counted" in one]) == notes
