"""No sentence, note or record that leaves a resolution holds a secret that somebody wrote in plain."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cli.policies import effective
from cli.workloads.explanation_page import page
from shared.inquiry.allowed import allowed_at
from shared.inquiry.explanation import of_verdict
from shared.inquiry.lint import by_itself
from shared.inquiry.sources import Effective, Sources, Verdict
from shared.inquiry.written import Written
from shared.parameters.derive import parameters
from shared.parameters.kinds import KINDS, Kind
from shared.parameters.secrecy import Place, hidden_rules, places
from shared.resolution.model import Origin, Refused, Resolved, Source, SourceRef, provenance_json
from shared.resolution.policy import compile_policy
from shared.resolution.resolve import resolve
from tests.unit.shared.resolution.strategies import example

MARK: Final = "Hunter2Secret"
"""A secret that looks like nothing else."""
LABEL: Final = "DB_PASSWORD"
SECRET_PLACES: Final = [place for place in places() if not all(one.public for one in place.members.values())]
PLAIN: Final = (MARK, f"{MARK}2", f"SECRET:{MARK} ", f"SECRET:{MARK}", MARK * 3000)
"""A secret in plain, with a space that makes a reference of none, without the key of one, and too long."""


def kind_with(place: Place) -> Kind:
    return next(kind for kind in KINDS if place.parameter in parameters(kind))


def shapes(place: Place) -> st.SearchStrategy[Any]:
    """A value that holds the secret, as it should be written and in forms that nobody foresaw."""
    parameter = parameters(kind_with(place))[place.parameter]
    text = st.sampled_from(PLAIN)
    if "" in place.members:
        right: st.SearchStrategy[Any] = text
    else:
        usual = example(parameter)
        right = st.builds(lambda member, said: {**usual, member: said}, st.sampled_from(sorted(place.members)), text)
    odd = right.flatmap(lambda said: st.sampled_from([[said], {"value": said}, {"x": [said]}, json.dumps(said)]))
    return right | right | right | odd


def flags(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    every: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(names, st.booleans())
    every["options"] = st.just([MARK, {"value": f"{MARK}3", "displayed": MARK}]) | st.just([]) | st.just(MARK)
    return st.fixed_dictionaries({}, optional=every)


def policies(place: Place) -> st.SearchStrategy[dict[str, Any]]:
    """A policy for the place with any rules, with options and defaults that are secrets."""
    value, rules = shapes(place), flags("required", "canEdit", "canAdd", "canRemove")
    member = st.sampled_from([name or "value" for name in place.members])
    of_members = st.dictionaries(member, flags("required", "canEdit"), max_size=2)
    optional: dict[str, st.SearchStrategy[Any]] = {"rules": rules}
    if place.itemized:
        item = st.fixed_dictionaries({}, optional={"rules": rules, "value": value})
        optional |= {"itemRules": of_members, "items": st.dictionaries(st.sampled_from([LABEL, "OTHER_TOKEN"]), item)}
    else:
        optional |= {"memberRules": of_members, "value": value | st.builds(lambda said: {"value": said}, value)}
    return st.fixed_dictionaries({}, optional=optional).map(lambda entry: {place.parameter: entry})


def workloads(place: Place) -> st.SearchStrategy[dict[str, Any]]:
    """A workload's spec that states the secret, deletes it, or says nothing."""
    stated = st.builds(lambda said: {"value": said}, shapes(place))
    entry: st.SearchStrategy[Any] = stated
    if place.itemized:
        item: st.SearchStrategy[Any] = stated | st.just({"deleted": True})
        entry = st.dictionaries(st.sampled_from([LABEL, "API_TOKEN"]), item, min_size=1).map(
            lambda items: {"items": items}
        )
    whole = entry.map(lambda said: {place.parameter: said, "image": {"value": "x"}, "jupyter": {"value": True}})
    return whole | st.just({"image": {"value": "x"}})


def source(origin: Origin, spec: Mapping[str, Any]) -> Source:
    return Source(origin, SourceRef("runai-a", origin.name.lower(), "u", "1"), spec)


def record(found: Resolved | Refused) -> str:
    """The provenance without the values that the values set holds as well."""

    def without(told: Any) -> Any:
        return {key: one for key, one in told.items() if key != "value"}

    told: Any = provenance_json(found)
    for one in told.values():
        one["items"] = {label: without(item) for label, item in one.get("items", {}).items()}
    return json.dumps({name: without(one) for name, one in told.items()})


def everything_said(
    kind: Kind, policy: Mapping[str, Any], base: Mapping[str, Any], mine: Mapping[str, Any]
) -> list[str]:
    """Everything that people are shown about this resolution."""
    compiled = compile_policy(kind, policy, SourceRef("runai-a", "p", "u", "1"))
    found = resolve(kind, source(Origin.WORKLOAD, mine), source(Origin.BASE, base), compiled)
    metadata = {"name": "w", "namespace": "runai-a", "uid": "u", "resourceVersion": "1"}
    resource = {"metadata": metadata, "spec": policy}
    sources = Sources(kind, "runai-a", Effective(resource), {"metadata": metadata, "spec": base})
    explained = of_verdict({"metadata": metadata, "spec": mine}, Verdict(found, sources))
    violations = found.violations if isinstance(found, Refused) else ()
    return [
        *found.notes,
        *(str(violation) for violation in violations),
        *(allowed_at(policy, violation.path) for violation in violations),
        *(allowed_at(policy, violation.parameter) for violation in violations),
        *(problem.message for problem in by_itself(Written(kind, resource))),
        *effective.page(kind, "a", Effective(resource), None),
        *page(explained),
        json.dumps(explained.to_json()),
        record(found),
    ]


@pytest.mark.parametrize("place", SECRET_PLACES, ids=lambda place: place.parameter)
def test_nothing_that_is_said_holds_a_secret(place: Place) -> None:
    """P9: whatever rule is broken, and however values and rules are written, no secret is quoted anywhere."""
    kind = kind_with(place)

    @settings(max_examples=40, deadline=None, phases=[Phase.reuse, Phase.generate])  # shrinking takes minutes
    @given(policies(place), workloads(place), workloads(place))
    def holds(policy: Mapping[str, Any], base: Mapping[str, Any], mine: Mapping[str, Any]) -> None:
        for said in everything_said(kind, policy, base, mine):
            assert MARK not in said

    holds()


def test_options_of_what_is_no_secret_are_still_told() -> None:
    """The options of ordinary values, of names of Secrets and of variables that are named like none are shown."""
    options: Sequence[str] = ["a", "SECRET:s,k"]
    assert hidden_rules("image", {"options": options}) == {"options": options}
    assert hidden_rules("imagePullSecrets", {"itemRules": {"value": {"options": ["a"]}}}) == {
        "itemRules": {"value": {"options": ["a"]}}
    }
    assert hidden_rules("environment", {"itemRules": {"value": {"options": options}}}, "MODE") == {
        "itemRules": {"value": {"options": options}}
    }
    assert hidden_rules("notebookToken", {"options": options, "required": True}) == {
        "options": ["(hidden)", "SECRET:s,k"],
        "required": True,
    }
