"""A claim or a message that the resolver did not seal for this workload is nobody's decision."""

import json
from typing import Any

import pytest

from services.creator.seals import Seals
from shared.errors import ForbiddenError, TransientError
from shared.messages import WorkloadFailed
from tests.unit.services.creator.submission import (
    AGAIN,
    ALL,
    CONFIGMAPS,
    JOBS,
    WORKLOAD,
    Case,
    die_after,
    made,
    refused_by_now,
)
from tests.unit.shared.resolution.sealing import KEY, KEYS, OTHER

EVIL = {"name": "mine", "image": "evil", "hostNetwork": True}


def forged(case: Case, **changed: str | None) -> dict[str, Any]:
    """A claim that names the workload as its owner, with the values of somebody else."""
    owner = {"kind": "InteractiveWorkload", "name": "w", "uid": case.uid, "controller": True}
    data = {**case.claimed, "values.json": json.dumps(EVIL), "seal": None, **changed}
    labels = {"run.ai/workload-uid": case.uid}
    return {
        "metadata": {"ownerReferences": [owner], "labels": labels},
        "data": {name: text for name, text in data.items() if text is not None},
    }


def claims(case: Case) -> dict[str, dict[str, Any]]:
    """Every way to forge a claim, by name."""
    another, undecided = Case(), case.message(values_set={}, provenance={})
    another.uid = "another"
    elsewhere = Case()
    elsewhere.uid = case.uid
    elsewhere.server.objects[WORKLOAD]["spec"] = {"image": {"value": "evil"}}
    return {
        "no seal": forged(case),
        "own values": forged(case, seal=case.claimed["seal"]),
        "of another workload": forged(case, **another.claimed),
        "of a forged observation": forged(case, **elsewhere.claimed),
        "of a message that decides nothing": forged(
            case, **{"values.json": "{}", "sources.json": json.dumps(undecided.sources), "seal": undecided.seal}
        ),
        "own key": forged(case, seal=OTHER.seal({**case.claimed, "values.json": json.dumps(EVIL)})),
    }


FORGERIES = list(claims(Case()))


@pytest.mark.parametrize("how", FORGERIES)
async def test_a_forged_claim_that_has_the_name_is_name_taken(how: str) -> None:
    """P9: nothing is built from it, and it is left as it is, even if it names the workload as its owner."""
    case = Case()
    case.server.put(f"{CONFIGMAPS}/mine", claims(case)[how])
    outcome = await case.submit()
    assert isinstance(outcome, WorkloadFailed)
    assert outcome.reason == "NameTaken"
    assert "the name mine is taken by ConfigMap mine, which " in outcome.message
    assert case.kept == ["configmaps/mine"]


@pytest.mark.parametrize("how", FORGERIES)
async def test_a_forged_claim_that_appears_after_the_name_was_recorded_is_not_continued(how: str) -> None:
    """P9: the creator that recorded the name died, and somebody puts a claim of theirs in its place."""
    case = Case()
    die_after(case.server, 1)
    with pytest.raises(KeyboardInterrupt):
        await case.submit()
    case.server.answer = lambda _: None
    case.server.put(f"{CONFIGMAPS}/mine", claims(case)[how])
    if how == "own key":  # it may have been removed too early
        with pytest.raises(TransientError, match=f"is sealed with an unknown key, {OTHER.id}"):
            await case.submit_later()
        return
    outcome = await case.submit_later()
    assert isinstance(outcome, WorkloadFailed)
    assert outcome.reason == "NameTaken"
    by_the_resolver = how == "of a forged observation"  # sealed for this workload, so it is removed with the rest
    assert case.kept == ([] if by_the_resolver else ["configmaps/mine"])


@pytest.mark.parametrize("how", FORGERIES)
async def test_a_forged_claim_under_a_prefix_costs_a_number_and_no_more(how: str) -> None:
    """P9: with a prefix the next name is free, and what is built is what was decided."""
    case = Case(name=None, namePrefix="run")
    creator = case.creator()
    await creator.indices.learn("runai-a")
    case.server.put(f"{CONFIGMAPS}/run-1", claims(case)[how])
    outcome: Any = await creator.submit(case.event(), 1)
    assert outcome.job_name == "run-2"
    assert "evil" not in json.dumps(case.server.objects[f"{JOBS}/run-2"])


@pytest.mark.parametrize("since", [True, False], ids=["recorded", "name forged"])
async def test_a_forged_claim_does_not_outweigh_a_rejection(since: bool) -> None:
    """P9: a workload that is refused has no job, whatever name it carries and whatever a claim says."""
    case = Case()
    note = {"run.ai/job-since": json.dumps({"version": "1", "at": 1})} if since else {}
    annotations = {"run.ai/job-name": "mine", **note}
    case.server.put(WORKLOAD, {"spec": {}, "metadata": {"uid": case.uid, "annotations": annotations}})
    case.server.put(f"{CONFIGMAPS}/mine", forged(case))
    outcome = await case.submit_later(**{**refused_by_now(case), "recorded_name": "mine"})
    assert not made_any(case)
    assert outcome.subject in ("workload.rejected", "workload.failed")


def made_any(case: Case) -> bool:
    return case.kept != ["configmaps/mine"]


async def test_a_rollback_leaves_a_forged_claim_alone() -> None:
    """P5: what only looks like this workload's own is not removed with it."""
    case = Case()
    die_after(case.server, 4)
    with pytest.raises(KeyboardInterrupt):
        await case.submit()
    case.refuse(f"create {JOBS}/mine", ForbiddenError("exceeded quota"))
    case.server.put(f"{CONFIGMAPS}/mine", forged(case))
    await case.submit_later()
    assert case.kept == ["configmaps/mine"]


async def test_a_claim_with_an_older_key_is_continued_as_long_as_that_counts() -> None:
    """A key is replaced while a submission is unfinished: the next delivery finds the claim as it was sealed."""
    case = Case()
    die_after(case.server, 3)
    with pytest.raises(KeyboardInterrupt):
        await case.submit()
    case.server.answer = lambda _: None
    both = {**KEYS, OTHER.id: OTHER.private.public_key()}
    case.seals = Seals(lambda _: {OTHER.id: both[OTHER.id]})
    with pytest.raises(TransientError, match=f"is sealed with an unknown key, {KEY.id}"):
        await case.submit_later(**AGAIN)
    case.seals = Seals(lambda _: both)
    assert made(await case.submit(deliveries=2, **AGAIN)) == ALL


@pytest.mark.parametrize("on", [True, False])
async def test_claims_without_a_seal_count_only_while_a_setting_says_so(on: bool) -> None:
    """A submission that a version without seals began goes on if the operator says so; an altered one never does."""
    case = Case()
    die_after(case.server, 2)
    with pytest.raises(KeyboardInterrupt):
        await case.submit()
    case.server.answer = lambda _: None
    claim = case.server.objects[f"{CONFIGMAPS}/mine"]["data"]
    seal = claim.pop("seal")
    case.seals = Seals(lambda _: KEYS, unsealed_claims=on)
    outcome = await case.submit_later(**AGAIN)
    assert isinstance(outcome, WorkloadFailed) is not on
    if on:
        claim |= {"seal": seal, "values.json": json.dumps(EVIL)}
        assert isinstance(await case.submit_later(deliveries=3, **AGAIN), WorkloadFailed)


def test_a_message_without_a_valid_seal_is_nothing() -> None:
    """P9: it is not acted on; without any key, nobody can tell yet."""
    case = Case()
    genuine = case.message()
    assert case.seals.opened(genuine) == genuine
    forgeries: list[dict[str, Any]] = [{"seal": None}, {"values_set": EVIL}, {"sources": {}}, {"seal": "v1 x y"}]
    for forgery in forgeries:
        assert case.seals.opened(genuine.model_copy(update=forgery)) is None
    with pytest.raises(TransientError, match="no public key"):
        Seals(lambda _: {}).opened(genuine)


@pytest.mark.parametrize("spec", [{"image": {"value": "mine"}}, {"usage": "Template"}])
@pytest.mark.parametrize("deliveries", [1, 2])
async def test_a_decision_on_another_spec_is_nothing(spec: dict[str, Any], deliveries: int) -> None:
    """P9, P10: who forges `workload.observed` makes the resolver seal it, but the workload asks for something else."""
    case = Case()
    event = case.event()
    case.server.put(WORKLOAD, {**case.server.objects[WORKLOAD], "spec": spec})
    event = event.model_copy(update={"workload": event.workload.model_copy(update={"resource_version": case.now_at})})
    assert await case.creator().submit(event, deliveries) is None
    assert await case.creator().fail(event, "GaveUp", "x") is None
    assert case.kept == []
    assert "run.ai/failure" not in case.annotations
    assert not case.annotations.get("run.ai/job-name")


async def test_a_message_that_decides_nothing_fails_nobody() -> None:
    """P8, P9: who reports a failure that is not recorded makes the resolver send this; the watcher reports again."""
    case = Case()
    assert await case.submit(values_set={}, recorded_name="") is None
    assert case.annotations == {}
    assert made(await case.submit(attempt=2)) == ALL
