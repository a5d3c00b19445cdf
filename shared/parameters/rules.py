"""What a policy may demand of a value: every rule once, with its check and the families of values that it fits.

A rule is made from what the administrator wrote and then asked about values, as often as there are any. What cannot be
understood becomes a rule that no value keeps: a policy's demand is never passed over in silence.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Final

from pydantic import JsonValue

from shared.parameters import sentences
from shared.parameters.amounts import EXACT
from shared.parameters.derive import amount, same
from shared.parameters.secrecy import without_secrets
from shared.parameters.types import Family

AMOUNTS: Final = frozenset({Family.INTEGER, Family.NUMBER, Family.QUANTITY, Family.DURATION})
FORMS: Final[Mapping[Family, str]] = {
    Family.INTEGER: sentences.WHOLE_NUMBER,
    Family.NUMBER: sentences.DECIMAL,
    Family.QUANTITY: sentences.QUANTITY,
    Family.DURATION: sentences.DURATION,
}

Read = Callable[[JsonValue], Any]
"""Reads what a value may be written as; raises ValueError where it is none."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule speaks of: values of one parameter, or of one member of its items."""

    family: Family
    read: Read


class Rule(ABC):
    """Something demanded of a value."""

    name: ClassVar[str]
    """The rule's key in a policy."""
    doc: ClassVar[str]
    """What it means, for `kubectl explain`."""
    families: ClassVar[frozenset[Family]] = frozenset(Family)
    """The families of values that it fits."""

    @classmethod
    @abstractmethod
    def make(cls, raw: JsonValue, subject: Subject) -> "Rule | None":
        """The rule that `raw` writes, or None where it demands nothing; ValueError where it cannot be understood."""

    @abstractmethod
    def check(self, value: Any, default: Any) -> str | None:
        """What is wrong with the resolved `value`, or None; `default` is the policy's own, either is None for none."""


class Flag(Rule):
    """A rule that is on or off."""

    idle: ClassVar[bool]
    """What the rule says where the policy does not state it: that it demands nothing."""

    @classmethod
    def make(cls, raw: JsonValue, subject: Subject) -> "Rule | None":
        """The rule where `raw` turns it on."""
        if not isinstance(raw, bool):
            raise ValueError(sentences.TRUE_OR_FALSE)  # noqa: TRY004 - it is the administrator's text, not a bug
        return None if raw is cls.idle else cls()


class Required(Flag):
    """There must be a value, whatever source it comes from; a built-in default does not count."""

    name = "required"
    doc = "Whether there must be a value, from any source. False by default."
    idle = False

    def check(self, value: Any, default: Any) -> str | None:
        """No value, or no items at all."""
        return sentences.cannot_be_blank() if value is None or value == {} else None


class CanEdit(Flag):
    """The value must be what the policy's default says, and none where it says none."""

    name = "canEdit"
    doc = "Whether workloads may change it. True by default."
    idle = True

    def check(self, value: Any, default: Any) -> str | None:
        """Another value than the policy's."""
        return None if same(value, default) else sentences.cannot_be_changed(shown(default))


class CanAdd(Flag):
    """Nothing may stand under a label that the policy has no item for."""

    name = "canAdd"
    doc = "Whether workloads may add items. True by default."
    idle = True

    def check(self, value: Any, default: Any) -> str | None:
        """An item that the policy does not have."""
        return sentences.items_cannot_be_added() if default is None and value is not None else None


class CanRemove(Flag):
    """The policy's item must stay, with whatever value."""

    name = "canRemove"
    doc = "Whether workloads may delete it. True by default."
    idle = True

    def check(self, value: Any, default: Any) -> str | None:
        """No item where the policy has one."""
        return sentences.cannot_be_removed() if default is not None and value is None else None


@dataclass(frozen=True, slots=True)
class Bound(Rule):
    """A rule with an amount; `written` is as its author wrote it."""

    families: ClassVar = AMOUNTS
    written: str
    amount: Decimal
    family: Family

    @classmethod
    def make(cls, raw: JsonValue, subject: Subject) -> "Rule | None":
        """The rule with the amount that `raw` writes."""
        found = bound(subject.family, raw)
        if found is None:
            raise ValueError(FORMS[subject.family])
        return cls(str(raw), found, subject.family)

    def check(self, value: Any, default: Any) -> str | None:
        """Whether the amount of the value fits."""
        found = None if value is None else amount_of(self.family, value)
        return None if found is None else self.compare(found)

    @abstractmethod
    def compare(self, found: Decimal) -> str | None:
        """What is wrong with an amount."""


class Min(Bound):
    """The value must not be smaller."""

    name = "min"
    doc = "Smallest value allowed."

    def compare(self, found: Decimal) -> str | None:
        """Below the bound."""
        return sentences.no_less_than(self.written) if found < self.amount else None


class Max(Bound):
    """The value must not be greater."""

    name = "max"
    doc = "Largest value allowed."

    def compare(self, found: Decimal) -> str | None:
        """Above the bound."""
        return sentences.no_greater_than(self.written) if found > self.amount else None


@dataclass(frozen=True, slots=True)
class Step(Bound):
    """The value must be `start` and a whole number of steps; `start` is the policy's min, else nothing."""

    name = "step"
    doc = "Distance of the values allowed: min, min + step, min + 2 * step and so on; from 0 if min is not set."
    families = frozenset({Family.INTEGER, Family.NUMBER})
    start: "Min | None" = None

    @classmethod
    def make(cls, raw: JsonValue, subject: Subject) -> "Rule | None":
        """The rule, counting from nothing."""
        found = bound(subject.family, raw)
        if found is None or found <= 0:
            raise ValueError(sentences.greater_than_zero(FORMS[subject.family]))
        return cls(str(raw), found, subject.family)

    def compare(self, found: Decimal) -> str | None:
        """Between two steps."""
        start = self.start.amount if self.start else Decimal(0)
        if not EXACT.remainder(EXACT.subtract(found, start), self.amount):
            return None
        aligned = self.start is None or not EXACT.remainder(start, self.amount)
        return sentences.multiple_of(self.written, "" if aligned or self.start is None else self.start.written)


@dataclass(frozen=True, slots=True)
class Options(Rule):
    """The value must be one of a closed list, in any of the ways that it can be written."""

    name: ClassVar = "options"
    doc: ClassVar = "Closed list of the values allowed."
    families: ClassVar = frozenset({Family.STRING})
    written: tuple[str, ...]
    values: tuple[Any, ...]

    @classmethod
    def make(cls, raw: JsonValue, subject: Subject) -> "Rule | None":
        """The rule; an option is a value, or an object with the value and the text that the form displays for it."""
        if not isinstance(raw, list):
            raise ValueError(sentences.LIST_OF_VALUES)  # noqa: TRY004 - it is the administrator's text, not a bug
        texts = [_option(option) for option in raw]
        return cls(tuple(texts), tuple(_readable(texts, subject.read)))

    def check(self, value: Any, default: Any) -> str | None:
        """Not among the options."""
        fits = value is None or any(same(value, option) for option in self.values)
        return None if fits else sentences.not_an_option(self.written)


@dataclass(frozen=True, slots=True)
class Broken(Rule):
    """What the administrator wrote and cannot be understood: no value keeps it, until the policy is mended."""

    name: ClassVar = ""
    doc: ClassVar = ""
    sentence: str
    key: str
    """What it is called in the policy."""

    @classmethod
    def make(cls, raw: JsonValue, subject: Subject) -> "Rule | None":
        """Never called: what is not understood has no form."""
        raise NotImplementedError

    def check(self, value: Any, default: Any) -> str | None:
        """Whatever the value."""
        return None if value is None else self.sentence


OF_VALUES: Final[tuple[type[Rule], ...]] = (Required, CanEdit, Min, Max, Step, Options)
"""What can be demanded of a value, or of a member of items."""
OF_ITEMIZED: Final[tuple[type[Rule], ...]] = (Required, CanAdd)
"""What can be demanded of the items of a parameter as a whole."""
OF_ITEMS: Final[tuple[type[Rule], ...]] = (CanEdit, CanRemove)
"""What can be demanded of one item of the policy."""


@cache
def fitting(family: Family) -> tuple[type[Rule], ...]:
    """The rules that fit values of a family."""
    return tuple(rule for rule in OF_VALUES if family in rule.families)


def make_rules(written: Mapping[str, JsonValue], known: Iterable[type[Rule]], subject: Subject) -> tuple[Rule, ...]:
    """The rules that a policy writes for `subject`, in the order of `known`; those that demand nothing are left out."""
    classes = {rule.name: rule for rule in known}
    made = [_make(classes[name], written[name], subject) for name in classes if written.get(name) is not None]
    made += [Broken(sentences.unknown_rule(name, list(classes)), name) for name in written if name not in classes]
    return tuple(_from_min([rule for rule in made if rule is not None]))


def shown(value: Any) -> str | None:
    """A value that was read as a sentence shows it, without secrets; None for none."""
    return None if value is None else sentences.written(without_secrets(value))


def bound(family: Family, raw: JsonValue) -> Decimal | None:
    """The amount that a rule of this family writes, which may be below zero; None where it writes none."""
    if isinstance(raw, bool) or family not in AMOUNTS:
        return None
    text = str(raw) if isinstance(raw, int | float) else raw
    if isinstance(text, str) and text.startswith("-"):
        found = amount(family, text[1:])
        return None if found is None else -found
    found = amount(family, raw)
    return found if isinstance(found, Decimal) else None


def amount_of(family: Family, value: Any) -> Decimal | None:
    """The amount of a value that was read; None where it has none."""
    if isinstance(value, int):
        return Decimal(value)
    found = getattr(value, "amount", None)
    return found if isinstance(found, Decimal) else bound(family, value)


def _make(rule: type[Rule], raw: JsonValue, subject: Subject) -> Rule | None:
    try:
        return rule.make(raw, subject)
    except ValueError as form:
        return Broken(sentences.unreadable_rule(rule.name, sentences.written(raw), str(form)), rule.name)


def _from_min(made: list[Rule]) -> Iterable[Rule]:
    """The rules, the step counting from the min where there is one."""
    smallest = next((rule for rule in made if isinstance(rule, Min)), None)
    for rule in made:
        yield Step(rule.written, rule.amount, rule.family, smallest) if isinstance(rule, Step) else rule


def _option(raw: JsonValue) -> str:
    """The text of an option; text without a meaning where it is none, which then is no value either."""
    value = raw.get("value") if isinstance(raw, dict) else raw
    return value if isinstance(value, str) else sentences.written(value)


def _readable(texts: Iterable[str], read: Read) -> Iterable[Any]:
    for text in texts:
        try:
            yield read(text)
        except ValueError:
            continue
