"""Every rule on its own: its notation, what it refuses, and which values it fits."""

from decimal import Decimal
from typing import Any

import pytest

from shared.parameters.derive import parameters
from shared.parameters.kinds import INTERACTIVE, TRAINING
from shared.parameters.rules import (
    OF_ITEMIZED,
    OF_ITEMS,
    OF_VALUES,
    Broken,
    CanEdit,
    Flag,
    Rule,
    Subject,
    bound,
    fitting,
    make_rules,
    shown,
)
from shared.parameters.types import Family

FITTING = {
    Family.BOOLEAN: ["required", "canEdit"],
    Family.STRING: ["required", "canEdit", "options"],
    Family.INTEGER: ["required", "canEdit", "min", "max", "step"],
    Family.NUMBER: ["required", "canEdit", "min", "max", "step"],
    Family.QUANTITY: ["required", "canEdit", "min", "max"],
    Family.DURATION: ["required", "canEdit", "min", "max"],
    Family.OBJECT: ["required", "canEdit"],
}


def of(name: str, written: dict[str, Any]) -> tuple[Rule, ...]:
    parameter = {**parameters(INTERACTIVE), **parameters(TRAINING)}[name]
    return make_rules(written, fitting(parameter.family), Subject(parameter.family, parameter.read))


def said(name: str, written: dict[str, Any], raw: Any, default: Any = None) -> list[str]:
    parameter = {**parameters(INTERACTIVE), **parameters(TRAINING)}[name]
    value, own = (None if one is None else parameter.read(one) for one in (raw, default))
    return [message for rule in of(name, written) if (message := rule.check(value, own))]


@pytest.mark.parametrize("family", Family)
def test_which_rules_fit_which_values(family: Family) -> None:
    """Each family of values has its list of rules."""
    assert [rule.name for rule in fitting(family)] == FITTING[family]


def test_which_rules_fit_items() -> None:
    """Items as a whole and single items have rules of their own."""
    assert [rule.name for rule in OF_ITEMIZED] == ["required", "canAdd"]
    assert [rule.name for rule in OF_ITEMS] == ["canEdit", "canRemove"]


EVERY_RULE = tuple(dict.fromkeys([*OF_VALUES, *OF_ITEMIZED, *OF_ITEMS]))  # in one order, in every process


@pytest.mark.parametrize("rule", EVERY_RULE)
def test_every_rule_has_a_help_text(rule: type[Rule]) -> None:
    """Every rule says what it does."""
    assert rule.name
    assert rule.doc.endswith(".")
    assert rule.__doc__


@pytest.mark.parametrize("flag", [rule for rule in EVERY_RULE if issubclass(rule, Flag)])
def test_a_flag_that_demands_nothing_is_no_rule(flag: type[Flag]) -> None:
    """A rule that is set to its idle value or null demands nothing; a malformed one is reported."""
    subject = Subject(Family.STRING, str)
    assert make_rules({flag.name: flag.idle}, [flag], subject) == ()
    assert make_rules({flag.name: None}, [flag], subject) == ()
    assert [type(rule) for rule in make_rules({flag.name: not flag.idle}, [flag], subject)] == [flag]
    assert [type(rule) for rule in make_rules({flag.name: "yes"}, [flag], subject)] == [Broken]


@pytest.mark.parametrize(
    ("name", "written", "raw", "sentences"),
    [
        ("gpu", {"min": "1", "max": "4"}, "0.5", ["must be no less than 1"]),
        ("gpu", {"min": 1, "max": 4}, 5, ["must be no greater than 4"]),
        ("gpu", {"min": "1", "max": "4"}, None, []),
        ("completions", {"min": 2, "max": 8, "step": 3}, 5, []),
        ("completions", {"min": 2, "max": 8, "step": 3}, 6, ["must be 2 plus a multiple of 3"]),
        ("cpu", {"min": "1", "max": "2", "step": "0.2"}, "1.2", []),
        ("cpu", {"min": "1", "max": "2", "step": "0.2"}, "1.3", ["must be multiple of 0.2"]),
        ("memory", {"max": "1G"}, "1Gi", ["must be no greater than 1G"]),
        ("memory", {"min": "1Gi"}, "1G", ["must be no less than 1Gi"]),
        ("ttlAfterFinish", {"max": "90s"}, "1m30s", []),
        ("imagePullPolicy", {"options": ["always", {"value": "never"}]}, "Never", []),
        ("imagePullPolicy", {"options": ["always"]}, "Never", ["must be a valid value: always"]),
        ("image", {"options": []}, "a", ["must be a valid value: the policy lists none"]),
        ("image", {"options": [None, {}, 1, "b"]}, "a", ["must be a valid value: null, null, 1, b"]),
        ("tty", {"required": True}, None, ["cannot be blank"]),
        ("tty", {"required": True}, False, []),
    ],
)
def test_what_rules_say(name: str, written: dict[str, Any], raw: Any, sentences: list[str]) -> None:
    """The sentence of every rule for values inside and outside, row by row."""
    assert said(name, written, raw) == sentences


@pytest.mark.parametrize(
    ("name", "raw", "default", "sentence"),
    [
        ("gpu", "1.0", 1, None),
        ("gpu", "2", "1", "cannot be changed (policy value is 1)"),
        ("gpu", "2", None, "cannot be changed (the policy leaves it unset)"),
        ("gpu", None, "1", "cannot be changed (policy value is 1)"),
        ("gpu", None, None, None),
        ("memory", "1024Mi", "1Gi", None),
        ("image", "Python", "python", "cannot be changed (policy value is python)"),
        ("serviceType", "NodePort", "nodeport", None),
        ("ports", {"container": 80, "external": None}, {"container": 80}, None),
        (
            "ports",
            {"container": 80, "external": 80},
            {"container": 80},
            "cannot be changed (policy value is {container: 80})",
        ),
    ],
)
def test_what_is_the_same_may_be_restated(name: str, raw: Any, default: Any, sentence: str | None) -> None:
    """canEdit false accepts a value that means the same as the default."""
    assert said(name, {"canEdit": False}, raw, default) == ([sentence] if sentence else [])


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ({"max": "many"}, "cannot be checked: invalid rule max in the policy: many, expected a whole number"),
        ({"max": True}, "cannot be checked: invalid rule max in the policy: true, expected a whole number"),
        (
            {"step": -1},
            "cannot be checked: invalid rule step in the policy: -1, expected a whole number, greater than 0",
        ),
        (
            {"options": ["1"]},
            "cannot be checked: unknown rule options in the policy; expected one of required, canEdit, min, max, step",
        ),
    ],
)
def test_a_rule_that_makes_no_sense_refuses_every_value_and_no_absence(written: dict[str, Any], sentence: str) -> None:
    """A malformed rule refuses every value with a sentence about the rule, and does not refuse absence."""
    assert said("completions", written, 1) == [sentence]
    assert said("completions", written, None) == []


@pytest.mark.parametrize(
    ("family", "raw", "amount"),
    [
        (Family.INTEGER, 5, Decimal(5)),
        (Family.INTEGER, -5, Decimal(-5)),
        (Family.NUMBER, "-0.5", Decimal("-0.5")),
        (Family.NUMBER, 0.1, Decimal("0.1")),
        (Family.QUANTITY, "1Ki", Decimal(1024)),
        (Family.QUANTITY, 7, Decimal(7)),
        (Family.DURATION, "1m", Decimal(60)),
        (Family.NUMBER, "--1", None),
        (Family.NUMBER, "", None),
        (Family.NUMBER, False, None),
        (Family.NUMBER, ["1"], None),
        (Family.STRING, "1", None),
    ],
)
def test_amounts_of_bounds(family: Family, raw: Any, amount: Decimal | None) -> None:
    """Bounds are compared as exact amounts."""
    assert bound(family, raw) == amount


def test_a_value_is_shown_on_one_line_at_a_glance() -> None:
    """Values in sentences are one line, shortened."""
    assert shown(None) is None
    assert shown("") == '""'
    assert shown("two\nlines") == "two lines"
    assert shown("x" * 100) == "x" * 57 + "..."
    assert shown([True, None, {"a": 1}]) == "[true, null, {a: 1}]"


def test_rules_come_in_one_order_however_they_are_written() -> None:
    """Rules are checked in one order, whatever order the policy writes them in."""
    made = of("cpu", {"step": 1, "max": 2, "min": 1, "canEdit": False, "required": True})
    assert [rule.name for rule in made] == ["required", "canEdit", "min", "max", "step"]
    assert isinstance(made[1], CanEdit)
