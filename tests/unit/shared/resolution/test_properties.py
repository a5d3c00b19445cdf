"""Properties that hold for any input."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from generate.schemas import spec_of_policy, spec_of_workload
from shared.parameters.derive import parameters
from shared.parameters.kinds import INTERACTIVE, Kind
from shared.resolution.merge import Layer, merge, read_layer
from shared.resolution.model import Origin, Provenance, Refused, Resolved, provenance_json
from shared.resolution.policy import compile_policy
from shared.resolution.resolve import resolve
from tests.unit.shared.resolution.sources import base, workload
from tests.unit.shared.resolution.strategies import admitted, kinds, policies, sound, specs

Sources = tuple[Kind, Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]


def anything(kind: Kind) -> st.SearchStrategy[Sources]:
    return st.tuples(st.just(kind), policies(kind), specs(kind), specs(kind))


@cache
def by_schema(kind: Kind) -> st.SearchStrategy[Sources]:
    of_workload = admitted(spec_of_workload(kind))
    return st.tuples(st.just(kind), admitted(spec_of_policy(kind)), of_workload, of_workload)


@settings(max_examples=200)
@given(kinds.flatmap(anything))
def test_it_never_raises_whatever_is_written(sources: Sources) -> None:
    """For any JSON, resolving gives values or violations and never an exception."""
    _check(sources)


@settings(max_examples=60)
@given(kinds.flatmap(by_schema))
def test_it_never_raises_on_what_the_api_server_admits(sources: Sources) -> None:
    """For anything that the schema admits, resolving never raises."""
    _check(sources)


@settings(max_examples=150)
@given(kinds.flatmap(lambda kind: st.tuples(st.just(kind), st.just({}), sound(kind), sound(kind))))
def test_what_is_accepted_can_be_read_back(sources: Sources) -> None:
    """An accepted values set can be read as typed values."""
    kind, policy, of_base, mine = sources
    found = resolve(kind, workload(mine), base(of_base), compile_policy(kind, policy))
    assume(isinstance(found, Resolved))  # or it complains that too much is refused
    _check(sources)


def _check(sources: Sources) -> None:
    kind, policy, of_base, mine = sources
    found = resolve(kind, workload(mine), base(of_base), compile_policy(kind, policy))
    if isinstance(found, Refused):
        _check_refusal(kind, found)
    else:
        _check_values(kind, found)


def _check_values(kind: Kind, found: Resolved) -> None:
    read = kind.values.model_validate(found.values_set)
    assert kind.values.model_validate(read.model_dump(mode="json", by_alias=True)) == read
    assert found.values_set.keys() <= found.provenance.keys()
    told = provenance_json(found)
    assert json.loads(json.dumps(told)) == told


def _check_refusal(kind: Kind, found: Refused) -> None:
    order = [*parameters(kind)]
    places = [
        order.index(parameter) if parameter in order else len(order)
        for parameter in (violation.parameter.partition(".")[0] for violation in found.violations)
    ]
    assert found.violations
    assert places == sorted(places)
    assert len(set(found.violations)) == len(found.violations)
    for violation in found.violations:
        assert str(violation) == f"{violation.parameter}: {violation.message}"
        assert violation.message == violation.message.strip() and "\n" not in violation.message
        assert len(violation.message) < 2000


layers = specs(INTERACTIVE).map(lambda spec: read_layer(INTERACTIVE, workload(spec)))


@settings(max_examples=60)
@given(layers, layers, layers)
def test_merging_is_associative_and_nothing_is_its_unit(one: Layer, two: Layer, three: Layer) -> None:
    """Merging layers is associative, and an empty layer changes nothing."""
    assert merge(merge(one, two), three) == merge(one, merge(two, three)) == merge(one, two, three)
    assert merge(one, Layer()) == merge(Layer(), one) == one


# ---------------------------------------------------------------- against an independent naive merge
LABELS = ("a", "b", "c", "d")
items = st.dictionaries(st.sampled_from(LABELS), st.just("deleted") | st.integers(1, 9).map(str), max_size=4)
texts = st.dictionaries(
    st.sampled_from(["command", "arguments", "username", "gpu", "cpu", "memory"]), st.integers(1, 9)
)
Plain = tuple[Mapping[str, int], Mapping[str, str], Mapping[str, str]]
plain_sources: st.SearchStrategy[Plain] = st.tuples(texts, items, items)


def as_spec(source: Plain) -> Mapping[str, Any]:
    values, variables, labels = source
    spec: dict[str, Any] = {name: {"value": str(value)} for name, value in values.items()}
    for name, own in (("environment", variables), ("labels", labels)):
        written = {x: {"deleted": True} if value == "deleted" else {"value": value} for x, value in own.items()}
        spec[name] = {"items": written}
    return spec


def without_deletions(source: Plain) -> Plain:
    """Policies do not delete."""
    values, *own = source
    variables, labels = ({x: value for x, value in one.items() if value != "deleted"} for one in own)
    return values, variables, labels


def naive(sources: list[Plain]) -> dict[tuple[str, ...], list[tuple[Origin, str]]]:
    """By path, the value of each source that states one, the strongest first: written independently of our code."""
    said: dict[tuple[str, ...], list[tuple[Origin, str]]] = {}
    for origin, (values, variables, labels) in zip((Origin.POLICY, Origin.BASE, Origin.WORKLOAD), sources, strict=True):
        for name, number in values.items():
            said.setdefault((name,), []).insert(0, (origin, str(number)))
        for name, own in (("environment", variables), ("labels", labels)):
            for label, value in own.items():
                said.setdefault((name, label), []).insert(0, (origin, value))
    return said


@settings(max_examples=120)
@given(plain_sources.map(without_deletions), plain_sources, plain_sources)
def test_every_value_origin_and_beaten_value_is_as_a_naive_merge_says(
    policy: Plain, of_base: Plain, mine: Plain
) -> None:
    """Values, origins and overridden values equal those of a naive merge."""
    spec = {"image": {"value": "python"}, **as_spec(mine)}
    found = resolve(INTERACTIVE, workload(spec), base(as_spec(of_base)), compile_policy(INTERACTIVE, as_spec(policy)))
    assert isinstance(found, Resolved), found
    expected = naive([policy, of_base, mine])
    for path, ((origin, value), *beaten) in expected.items():
        provenance = _at(found.provenance, path)
        if value == "deleted" and all(earlier == "deleted" for _, earlier in beaten):
            assert provenance is None
            assert f"{'.'.join(path)}: " in " ".join(found.notes)
            continue
        assert isinstance(provenance, Provenance)
        assert provenance.origin is origin
        assert provenance.deleted is (value == "deleted")
        assert _at(found.values_set, path) == (None if value == "deleted" else value)
        as_told = [(one.origin, "deleted" if one.value is None else one.value) for one in provenance.beat]
        assert as_told == beaten
    assert _paths(found.values_set) == {path for path, said in expected.items() if said[0][1] != "deleted"}


@settings(max_examples=60)
@given(plain_sources.map(without_deletions), plain_sources, plain_sources)
def test_a_deleted_label_never_reappears_unless_restated(policy: Plain, of_base: Plain, mine: Plain) -> None:
    """A deleted label stays deleted unless a stronger source states it."""
    spec = {"image": {"value": "python"}, **as_spec(mine)}
    found = resolve(INTERACTIVE, workload(spec), base(as_spec(of_base)), compile_policy(INTERACTIVE, as_spec(policy)))
    assert isinstance(found, Resolved)
    kept: Any = found.values_set.get("environment", {})
    for label in LABELS:
        deleted_by_mine = mine[1].get(label) == "deleted"
        deleted_by_base = of_base[1].get(label) == "deleted" and label not in mine[1]
        if deleted_by_mine or deleted_by_base:
            assert label not in kept


def _at(found: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _paths(values_set: Mapping[str, Any]) -> set[tuple[str, ...]]:
    built_in = {"image", *(name for name, one in parameters(INTERACTIVE).items() if one.default is not None)}
    paths: set[tuple[str, ...]] = set()
    for name, value in values_set.items():
        if name not in built_in:
            paths |= {(name, label) for label in value} if isinstance(value, dict) else {(name,)}
    return paths
