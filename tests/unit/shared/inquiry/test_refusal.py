"""Why a workload was refused, from its status and the policy that the status names."""

from typing import Any

from shared.inquiry.refusal import BrokenRule, author_of, broken, errors
from shared.names import resource_path
from shared.parameters.kinds import TRAINING
from tests.unit.plain_server import PlainServer

REF = {"namespace": "runai", "name": "p", "uid": "u", "resourceVersion": "7"}


def test_a_status_says_which_rules_were_broken_and_what_else_went_wrong() -> None:
    """Events of the type Info are no reasons."""
    status: dict[str, Any] = {
        "violations": [{"parameter": "gpu", "message": "must be no greater than 4"}],
        "events": [{"type": "Info", "message": "x"}, {"type": "Error", "message": "the name a is taken"}],
    }
    assert broken(status) == [BrokenRule("gpu", "must be no greater than 4")]
    assert errors(status) == ["the name a is taken"]
    assert (broken({}), errors({})) == ([], [])


async def test_the_author_of_the_rules_is_the_policy_that_counted() -> None:
    """A policy that is gone, or that this person may not read, is known by its name alone."""
    api = PlainServer({resource_path(TRAINING.policy_plural, "runai", "p"): {"metadata": REF, "spec": {"gpu": {}}}})
    author = await author_of(api, TRAINING, REF)
    assert author is not None
    assert author.resource["spec"] == {"gpu": {}}
    api.objects.clear()
    author = await author_of(api, TRAINING, REF)
    assert str(author) == "TrainingPolicy p in namespace runai"
    assert await author_of(api, TRAINING, None) is None
