"""Every relation that the catalogue declares is checked, in the words of its data."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from shared.parameters import sentences
from shared.parameters.catalogue import EXCLUSIVE
from shared.parameters.derive import Parameter, parameters
from shared.parameters.kinds import KINDS, Kind
from shared.parameters.shown import Condition, Either
from shared.resolution.cross_relations import FOLLOWS, NOT_WITH, ONLY_WITH, REQUIRED, REQUIRED_WITH
from tests.unit.shared.resolution.sources import LEAST, refused, resolved

OTHER = {"jobType": "MPI", "mpiJob": "PyTorch", "pyTorchJob": "MPI"}
Broken = tuple[Kind, dict[str, Any], str]


def example(parameter: Parameter) -> Any:
    """The parameter as a workload states it by its own example."""
    value = yaml.safe_load(parameter.shown.example)
    return {"items" if parameter.itemized else "value": value} if parameter.shown.wrapped else value


def stated(name: str, value: Any) -> dict[str, Any]:
    """One value of a spec; the framework of a distributed workload is written without `value`."""
    return {name: str(value) if name == "jobType" else {"value": value}}


def only_with(kind: Kind, name: str, parameter: Parameter) -> Iterator[Broken]:
    """The parameter without the condition that gives it a meaning."""
    condition = parameter.shown.only_with
    if condition:
        framework = {"jobType": OTHER[name]} if name in OTHER else {}
        yield kind, {**framework, name: example(parameter)}, f"{name}: {message(condition)}"


def message(condition: Condition) -> str:
    """The sentence if a condition does not hold."""
    if isinstance(condition, Either):
        return f"needs {condition.words}"
    if condition.value is True:
        return f"needs {condition.parameter} to be true"
    return f"can be given only when {condition.parameter} is {condition.value}"


def required_with(kind: Kind, name: str, parameter: Parameter) -> Iterator[Broken]:
    """What requires the parameter, without the parameter itself."""
    condition = parameter.shown.required_with
    if condition:
        value = sentences.written(condition.value)
        said = f"{name}: cannot be blank when {condition.parameter} is {value}"
        yield kind, stated(condition.parameter, condition.value), said


def not_with(kind: Kind, name: str, parameter: Parameter) -> Iterator[Broken]:
    """The parameter beside a switch that rules it out."""
    for switch in parameter.shown.not_with:
        if switch in parameters(kind):
            said = f"{name}: cannot be combined with {switch}"
            yield kind, {**stated(switch, True), name: example(parameter)}, said


def exclusive(kind: Kind, name: str, parameter: Parameter) -> Iterator[Broken]:
    """The parameter beside one of its group that comes first."""
    for first in next((group[: group.index(name)] for group in EXCLUSIVE if name in group), ()):
        spec = {first: example(parameters(kind)[first]), name: example(parameter)}
        yield kind, spec, f"{name}: cannot be given together with {first}; give one of them"


def broken() -> Iterator[Broken]:
    """Every way to break a relation, for every kind that has it."""
    for kind in KINDS:
        for name, parameter in parameters(kind).items():
            for break_it in (only_with, required_with, not_with, exclusive):
                yield from break_it(kind, name, parameter)


BROKEN = list(broken())


@pytest.mark.parametrize(("kind", "spec", "said"), BROKEN, ids=[f"{kind.name}-{said}" for kind, _, said in BROKEN])
def test_a_broken_relation_is_refused_in_its_words(kind: Kind, spec: dict[str, Any], said: str) -> None:
    """The check follows from the data of the catalogue, in every kind."""
    assert said in refused({**LEAST.get(kind, {}), **spec}, kind=kind)


def test_the_tables_hold_every_relation_that_is_declared_and_no_other() -> None:
    """14 parameters make sense only with others, 3 are required with others, 8 are ruled out by mpi, 2 are required."""
    assert len(ONLY_WITH) == 14
    assert {name for _, name in REQUIRED_WITH} == {"runAsUid", "metricName", "podAffinityTopology"}
    assert {switch: len(every) for switch, every in NOT_WITH.items()} == {"mpi": 8}
    assert set().union(*REQUIRED.values()) == {"image", "jobType"}
    assert {name for _, _, name in FOLLOWS} == {"image", "createHomeDir", "tensorboardLogdir"}
    assert len({said for _, _, said in BROKEN}) == 14 + 3 + 8 + 5


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in KINDS for name in REQUIRED[kind.name]])
def test_what_is_required_cannot_be_left_out(kind: Kind, name: str) -> None:
    """No source states it, and nothing that it depends on is on."""
    spec = {key: value for key, value in {**LEAST.get(kind, {}), "image": {"value": "a"}}.items() if key != name}
    spec.setdefault("image", {})
    assert f"{name}: cannot be blank" in refused(spec, kind=kind)


@pytest.mark.parametrize(("switch", "value", "name"), FOLLOWS)
def test_what_follows_a_switch_counts_only_if_nobody_states_it(switch: str, value: Any, name: str) -> None:
    """It is a default: weaker than every source, and absent while the switch is off."""
    kind = next(kind for kind in KINDS if {switch, name} <= set(parameters(kind)))
    uid = {"runAsUid": {"value": 1}} if switch == "runAsUser" else {}
    on = {**stated(switch, True), **uid}
    image: dict[str, Any] = {"image": {}} if name == "image" else {}
    assert resolved({**on, **image}, kind=kind).values_set[name] == value
    assert resolved({**on, name: example(parameters(kind)[name])}, kind=kind).provenance[name].origin == "workload"  # type: ignore[union-attr]
    assert resolved({}, kind=kind).values_set.get(name, False) in (False, "python")
