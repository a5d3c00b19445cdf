"""Reading a claim back, including one that a person has changed."""

from typing import Any

import pytest

from shared.errors import PermanentError
from shared.outputs.configmap import Claim, owned_by, read_claim

METADATA = {"name": "mine", "uid": "u"}
WHOLE = {"values.json": '{"gpu": "1"}', "provenance.json": "{}", "sources.json": "{}"}


def test_a_claim_holds_the_values_their_origins_and_what_they_rested_on() -> None:
    """Every reader gets what the creator froze."""
    assert read_claim({"metadata": METADATA, "data": WHOLE}) == Claim("mine", "u", {"gpu": "1"}, {}, {})


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_origins_that_cannot_be_read_are_none_and_the_values_still_count(text: str | None) -> None:
    """Values are enough to resume a submission; only an explanation needs their origins."""
    data = {key: value for key, value in {**WHOLE, "provenance.json": text}.items() if value is not None}
    assert read_claim({"metadata": METADATA, "data": data}).provenance is None


@pytest.mark.parametrize(
    "data", [None, {}, {"values.json": "{}"}, {**WHOLE, "values.json": "{"}, {**WHOLE, "sources.json": "[]"}]
)
def test_a_claim_that_somebody_spoiled_is_final(data: dict[str, str] | None) -> None:
    """No retry can restore a damaged decision."""
    with pytest.raises(PermanentError, match="ConfigMap mine no longer holds what was decided"):
        read_claim({"metadata": METADATA, "data": data})


def owner(uid: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"ownerReferences": [{"uid": uid, **more}]}}


def test_only_the_controller_owns() -> None:
    """An object that merely refers to a workload is not its own."""
    assert owned_by(owner("me", controller=True), "me")
    assert not owned_by(owner("other", controller=True), "me")
    assert not owned_by(owner("me"), "me")
    assert not owned_by({"metadata": {}}, "me")
