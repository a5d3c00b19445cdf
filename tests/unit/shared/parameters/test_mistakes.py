"""Every constraint of every parameter has its sentence, both on a value's type and between parameters."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import pytest
import yaml

from generate.parameters_page import MISTAKES
from shared.parameters import confidential, placement, scaling, sentences, storage, types
from shared.parameters.catalogue import EXCLUSIVE
from shared.parameters.derive import Family, Member, Parameter, parameters
from shared.parameters.kinds import KINDS, Kind
from shared.resolution import cross
from shared.resolution.model import Origin, Refused, Source, SourceRef
from shared.resolution.policy import compile_policy
from shared.resolution.resolve import resolve
from shared.schedulers import Scheduler
from tests.unit.shared.resolution.sources import LEAST

Spec = Mapping[str, Any]

WRONG: Mapping[type[types.Text], list[str | int | float]] = {
    types.Cores: ["two", -1, "1 core"],
    types.Gpus: [1.5, -1, "two"],
    types.Quantity: ["1GB", "-1"],
    storage.Size: [0, "1GB"],
    placement.WholeQuantity: ["0.5", "two"],
    types.Duration: ["1 hour", "-5m"],
    types.Line: ["two\nlines", "x" * 254],
    types.JobName: ["My_Job", "1st", "a" * 64],
    types.Image: ["my image"],
    types.Words: ["'unclosed"],
    types.LabelKey: ["a b", "/a"],
    types.LabelValue: ["a b", "a" * 64],
    placement.LabelText: ["a b", "a" * 64],
    types.AbsolutePath: ["workspace"],
    types.MountPath: ["data", "/a:b"],
    types.TargetPath: ["data", "/a:b", "/a/../b"],
    types.SourcePath: ["mnt", "/mnt/.."],
    types.Host: ["my server"],
    storage.ResourceText: ["My_Claim"],
    confidential.SecretName: ["My_Secret", "SECRET:mine,key"],
    confidential.Credential: ["hunter2", "SECRET:mine", "SECRET:mine,..", "SECRET:a..b,c"],
    storage.Address: ["store.example.com", "https://jane:secret@store.example.com"],
    storage.RepositoryAddress: ["git@example.com:team/project.git", "https://jane:secret@example.com/project"],
    storage.Revision: ["a b", "-f"],
    storage.Bucket: ["s3://images"],
    placement.Capability: ["ROOT"],
    placement.GroupList: ["staff", "2147483648"],
    placement.NodePools: ["a100 a100", ","],
    placement.PublicAddress: ["lab.example.com", "https://10.0.0.1", "https://lab.example.com/a/../b"],
    scaling.MetricName: ["queue length"],
    scaling.AutoscalerClass: ["kpa", "other.autoscaling.knative.dev"],
}
"""Values that do not have the type's form."""
OF_REFERENCES: list[tuple[Any, str]] = [
    ("SECRET:mine", sentences.must_be(sentences.SECRET_REFERENCE)),
    ("SECRET:mine,..", sentences.must_be(sentences.SECRET_REFERENCE)),
    ("SECRET:a..b,c", sentences.must_be(sentences.SECRET_REFERENCE)),
    (7, sentences.must_be(sentences.ENVIRONMENT_VALUE)),
]
SENTENCE_OF_OTHERS: Mapping[type[types.Text], list[tuple[Any, str]]] = {
    confidential.EnvironmentValue: OF_REFERENCES,
    confidential.Token: OF_REFERENCES,
    types.AnnotationValue: [
        (7, sentences.must_be(sentences.TEXT)),
        ("x" * 32769, sentences.no_longer_than(32768)),
    ],
    types.Words: [("x " * 16385, sentences.no_longer_than(32768))],
    types.Cores: [("9223372036854775808", sentences.no_greater_than(types.LARGEST))],
    types.Gpus: [("9223372036854776", sentences.no_greater_than(types.LARGEST // 1000))],
    types.Quantity: [("8Ei", sentences.no_greater_than(types.LARGEST))],
    placement.WholeQuantity: [("9223372036854776", sentences.no_greater_than(types.LARGEST // 1000))],
    types.Duration: [("2147483648s", sentences.no_greater_than("2147483647s"))],
}
"""Values that have the type's form but exceed it, or that have their own sentence."""
WRONG_LABELS: Mapping[type[types.Text], list[str]] = {
    types.EnvironmentName: ["1ST", "a b"],
    types.LabelKey: ["a b"],
    types.ItemLabel: ["a b", "x" * 64],
    placement.ExtendedResource: ["fpga", "nvidia.com/gpu", "kubernetes.io/fpga"],
}


def of_type(kind: Kind) -> Iterator[tuple[str, Any, str]]:
    """For every parameter and each of its members: an invalid value, and the sentence that reports it."""
    for name, parameter in parameters(kind).items():
        yield from _values(name, parameter)
        for label in WRONG_LABELS[parameter.label_type] if parameter.itemized else ():
            items = {label: {"value": _example(parameter)}}
            yield name, {"items": items}, f"{name}.{label}: {sentences.must_be(parameter.label_type.form)}"


def _values(name: str, parameter: Parameter) -> Iterator[tuple[str, Any, str]]:
    path, inside = name, _value_alone if parameter.shown.wrapped else _unwrapped
    if parameter.itemized:
        label = next(iter(yaml.safe_load(parameter.shown.example)))
        path = f"{name}.{label}"

        def inside(value: Any) -> Any:
            return {"items": {label: {"value": value}}}

    if not parameter.members:
        yield from ((name, inside(value), f"{path}: {said}") for value, said in _wrong(parameter))
        return
    example = _example(parameter)
    for member in parameter.members.values():
        for value, said in _wrong(member):
            yield name, inside({**example, member.name: value}), f"{path}.{member.name}: {said}"
        if member.required:
            without = {other: value for other, value in example.items() if other != member.name}
            yield name, inside(without), f"{path}.{member.name}: {sentences.cannot_be_blank()}"
    unknown = sentences.unknown_member(list(parameter.members))
    yield name, inside({**example, "other": 1}), f"{path}.other: {unknown}"


def _wrong(of: Parameter | Member) -> Iterator[tuple[Any, str]]:
    if issubclass(of.type, StrEnum):
        yield "other", sentences.one_of(tuple(of.type))
    elif of.family is Family.BOOLEAN:
        yield from ((raw, sentences.must_be(sentences.TRUE_OR_FALSE)) for raw in ("yes", 1))
    elif of.family is Family.INTEGER:
        yield from ((raw, sentences.must_be(sentences.WHOLE_NUMBER)) for raw in ("1", 1.5, True))
        schema = of.adapter.json_schema()
        yield schema["minimum"] - 1, sentences.no_less_than(schema["minimum"])
        yield schema["maximum"] + 1, sentences.no_greater_than(schema["maximum"])
    else:
        wrong = [(raw, sentences.must_be(of.type.form)) for raw in WRONG.get(of.type, ())]
        wrong += SENTENCE_OF_OTHERS.get(of.type, [])
        assert wrong, f"say what is no {of.type.__name__}"
        yield from wrong
        if not of.type.blank and _needs_value(of):
            yield "", sentences.cannot_be_blank()


def _needs_value(of: Parameter | Member) -> bool:
    """Whether empty text is a mistake, and not the same as no value."""
    return of.required if isinstance(of, Member) else of.itemized or of.shown.required


def _example(parameter: Parameter) -> Any:
    example = yaml.safe_load(parameter.shown.example)
    return next(iter(example.values()))["value"] if parameter.itemized else example


def _value_alone(value: Any) -> Any:
    return {"value": value}


def _unwrapped(value: Any) -> Any:
    return value


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_value_that_is_not_of_its_type(kind: Kind) -> None:
    """Every parameter of every kind refuses a value of another type in the words of its type."""
    seen = set()
    for name, value, said in of_type(kind):
        assert said in refused(kind, {name: value}), f"{name}: {value!r}"
        seen.add(name)
    assert seen == set(parameters(kind))


MISTAKEN = yaml.safe_load(MISTAKES.read_text())
CASES = [(name, mistake) for name, mistakes in MISTAKEN.items() for mistake in mistakes]


@pytest.mark.parametrize(("name", "mistake"), CASES, ids=[f"{name}-{at}" for at, (name, _) in enumerate(CASES)])
def test_what_does_not_go_together(name: str, mistake: Mapping[str, Any]) -> None:
    """Every documented mistake gives exactly its documented sentences."""
    said = mistake["says"] if isinstance(mistake["says"], list) else [mistake["says"]]
    assert made(name, mistake) == said
    assert all(sentence.startswith((f"{name}:", f"{name}.")) for sentence in said)


def test_every_rule_between_parameters_has_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every check between parameters is broken by some documented mistake."""
    broken = set()

    def noting(rule: Callable[[Any], Iterator[Any]]) -> Callable[[Any], Iterator[Any]]:
        def noted(chosen: Any) -> Iterator[Any]:
            for found in rule(chosen):
                broken.add(rule)
                yield found

        return noted

    rules = cross.RULES
    monkeypatch.setattr(cross, "RULES", tuple(map(noting, rules)))
    for name, mistake in CASES:
        made(name, mistake)
    # too long for an example: more annotations than an object holds; and a framework cannot be left out beside itself
    assert {rule.__name__ for rule in set(rules) - broken} <= {"annotations"}
    assert {other for _, *others in EXCLUSIVE for other in others} <= set(MISTAKEN)


def made(name: str, mistake: Mapping[str, Any]) -> list[str]:
    """All sentences about a mistake."""
    first = next(kind for kind in KINDS if name in parameters(kind))
    kind = next((kind for kind in KINDS if kind.name == mistake.get("kind")), first)
    spec, policy = (yaml.safe_load(f"{{{mistake.get(field, '')}}}") for field in ("spec", "policy"))
    return refused(kind, spec, policy, whole=bool(mistake.get("whole")))


def refused(kind: Kind, spec: Spec, policy: Spec | None = None, whole: bool = False) -> list[str]:
    """All sentences about a workload of the kind that states `spec`."""
    stated = {"image": {"value": "python"}, **LEAST.get(kind, {}), **spec}
    workload = Source(Origin.WORKLOAD, SourceRef("runai-team-a", "mine", "uid", "1"), stated)
    compiled = compile_policy(kind, policy) if policy else None
    found = resolve(kind, workload, None, compiled, scheduler=Scheduler.DEFAULT if whole else None)
    return [str(violation) for violation in found.violations] if isinstance(found, Refused) else []
