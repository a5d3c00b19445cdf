"""The rules of policies, each with its check and the families of values that it fits.

A rule is made once from what the administrator wrote, and then checks any number of values. What cannot be understood
becomes a rule that no value satisfies, so that no rule of a policy is silently ignored.
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
from shared.parameters.secrecy import HIDDEN, like, without_secrets
from shared.parameters.types import Family

AMOUNTS: Final = frozenset({Family.INTEGER, Family.NUMBER, Family.QUANTITY, Family.DURATION})
FORMS: Final[Mapping[Family, str]] = {
    Family.INTEGER: sentences.WHOLE_NUMBER,
    Family.NUMBER: sentences.DECIMAL,
    Family.QUANTITY: sentences.QUANTITY,
    Family.DURATION: sentences.DURATION,
}

Read = Callable[[JsonValue], Any]
"""Reads a value as written; raises ValueError if it is invalid."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a rule: values of one parameter, or of one member of its items."""

    family: Family
    read: Read
    secret: bool = False
    """Whether a value may be a secret, so that no sentence may show what the policy says of it."""


class Rule(ABC):
    """A rule of a policy for a value."""

    name: ClassVar[str]
    """The rule's key in a policy."""
    doc: ClassVar[str]
    """The rule's description for `kubectl explain`."""
    families: ClassVar[frozenset[Family]] = frozenset(Family)
    """The families of values that the rule fits."""

    @classmethod
    @abstractmethod
    def make(cls, raw: JsonValue, subject: Subject) -> "Rule | None":
        """Make the rule from `raw`, or None if it requires nothing. Raises ValueError if `raw` is invalid."""

    @abstractmethod
    def check(self, value: Any, default: Any) -> str | None:
        """What is wrong with the resolved `value`, or None. `default` is the policy's; either is None if absent."""


class Flag(Rule):
    """A rule that is on or off."""

    idle: ClassVar[bool]
    """The setting that requires nothing, which applies if the policy does not state the rule."""

    @classmethod
    def make(cls, raw: JsonValue, subject: Subject) -> "Rule | None":
        """Make the rule if `raw` turns it on."""
        if not isinstance(raw, bool):
            raise ValueError(sentences.TRUE_OR_FALSE)  # noqa: TRY004 - the administrator's text, not a bug
        return None if raw is cls.idle else cls()


class Required(Flag):
    """Some source must state a value; a built-in default does not count."""

    name = "required"
    doc = "Whether there must be a value, from any source. False by default."
    idle = False

    def check(self, value: Any, default: Any) -> str | None:
        """Refuse a missing value, or no items at all."""
        return sentences.cannot_be_blank() if value is None or value == {} else None


class CanEdit(Flag):
    """The value must be the policy's default, and absent if the policy has none."""

    name = "canEdit"
    doc = "Whether workloads may change it. True by default."
    idle = True

    def check(self, value: Any, default: Any) -> str | None:
        """Refuse any value other than the policy's."""
        return None if same(value, default) else sentences.cannot_be_changed(shown(default))


class CanAdd(Flag):
    """No item may have a label that the policy has no item for."""

    name = "canAdd"
    doc = "Whether workloads may add items. True by default."
    idle = True

    def check(self, value: Any, default: Any) -> str | None:
        """Refuse an item that the policy does not have."""
        return sentences.items_cannot_be_added() if default is None and value is not None else None


class CanRemove(Flag):
    """The policy's item must stay, with any value."""

    name = "canRemove"
    doc = "Whether workloads may delete it. True by default."
    idle = True

    def check(self, value: Any, default: Any) -> str | None:
        """Refuse a missing item that the policy has."""
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
        """Make the rule with the amount in `raw`."""
        found = bound(subject.family, raw)
        if found is None:
            raise ValueError(FORMS[subject.family])
        return cls(str(raw), found, subject.family)

    def check(self, value: Any, default: Any) -> str | None:
        """Refuse a value whose amount does not fit."""
        found = None if value is None else amount_of(self.family, value)
        return None if found is None else self.compare(found)

    @abstractmethod
    def compare(self, found: Decimal) -> str | None:
        """What is wrong with an amount, or None."""


class Min(Bound):
    """The value must not be smaller."""

    name = "min"
    doc = "Smallest value allowed."

    def compare(self, found: Decimal) -> str | None:
        """Refuse an amount below the bound."""
        return sentences.no_less_than(self.written) if found < self.amount else None


class Max(Bound):
    """The value must not be greater."""

    name = "max"
    doc = "Largest value allowed."

    def compare(self, found: Decimal) -> str | None:
        """Refuse an amount above the bound."""
        return sentences.no_greater_than(self.written) if found > self.amount else None


@dataclass(frozen=True, slots=True)
class Step(Bound):
    """The value must be `start` plus a whole number of steps; `start` is the policy's min, else zero."""

    name = "step"
    doc = "Distance of the values allowed: min, min + step, min + 2 * step and so on; from 0 if min is not set."
    families = frozenset({Family.INTEGER, Family.NUMBER})
    start: "Min | None" = None

    @classmethod
    def make(cls, raw: JsonValue, subject: Subject) -> "Rule | None":
        """Make the rule, counting from zero."""
        found = bound(subject.family, raw)
        if found is None or found <= 0:
            raise ValueError(sentences.greater_than_zero(FORMS[subject.family]))
        return cls(str(raw), found, subject.family)

    def compare(self, found: Decimal) -> str | None:
        """Refuse an amount between two steps."""
        start = self.start.amount if self.start else Decimal(0)
        if not EXACT.remainder(EXACT.subtract(found, start), self.amount):
            return None
        aligned = self.start is None or not EXACT.remainder(start, self.amount)
        return sentences.multiple_of(self.written, "" if aligned or self.start is None else self.start.written)


@dataclass(frozen=True, slots=True)
class Options(Rule):
    """The value must be one of a closed list, in any spelling."""

    name: ClassVar = "options"
    doc: ClassVar = "Closed list of the values allowed."
    families: ClassVar = frozenset({Family.STRING})
    written: tuple[str, ...]
    values: tuple[Any, ...]

    @classmethod
    def make(cls, raw: JsonValue, subject: Subject) -> "Rule | None":
        """Make the rule. An option is a value, or an object with the value and the text that the form displays."""
        if not isinstance(raw, list):
            raise ValueError(sentences.LIST_OF_VALUES)  # noqa: TRY004 - the administrator's text, not a bug
        texts = [_option(option) for option in raw]
        return cls(tuple(texts), tuple(_readable(texts, subject.read)))

    def check(self, value: Any, default: Any) -> str | None:
        """Refuse a value that is not an option."""
        fits = value is None or any(same(value, option) for option in self.values)
        return None if fits else sentences.not_an_option(like(value, self.written))


@dataclass(frozen=True, slots=True)
class Broken(Rule):
    """A rule that cannot be understood. No value satisfies it until the administrator fixes the policy."""

    name: ClassVar = ""
    doc: ClassVar = ""
    sentence: str
    key: str
    """The rule's key in the policy."""

    @classmethod
    def make(cls, raw: JsonValue, subject: Subject) -> "Rule | None":
        """Make none, since no policy states a broken rule as such."""
        return None

    def check(self, value: Any, default: Any) -> str | None:
        """Refuse every value."""
        return None if value is None else self.sentence


OF_VALUES: Final[tuple[type[Rule], ...]] = (Required, CanEdit, Min, Max, Step, Options)
"""Rules for a value, or for a member of items."""
OF_ITEMIZED: Final[tuple[type[Rule], ...]] = (Required, CanAdd)
"""Rules for the items of a parameter as a whole."""
OF_ITEMS: Final[tuple[type[Rule], ...]] = (CanEdit, CanRemove)
"""Rules for one item of the policy."""


@cache
def fitting(family: Family) -> tuple[type[Rule], ...]:
    """The rules that fit values of a family."""
    return tuple(rule for rule in OF_VALUES if family in rule.families)


def make_rules(written: Mapping[str, JsonValue], known: Iterable[type[Rule]], subject: Subject) -> tuple[Rule, ...]:
    """The rules that a policy states for `subject`, in the order of `known`, without those that require nothing."""
    classes = {rule.name: rule for rule in known}
    made = [_make(classes[name], written[name], subject) for name in classes if written.get(name) is not None]
    made += [Broken(sentences.unknown_rule(name, list(classes)), name) for name in written if name not in classes]
    return tuple(_from_min([rule for rule in made if rule is not None]))


def shown(value: Any) -> str | None:
    """A value as a sentence shows it, without secrets; None for no value."""
    return None if value is None else sentences.written(without_secrets(value))


def bound(family: Family, raw: JsonValue) -> Decimal | None:
    """The amount that a rule of this family states, which may be negative; None if it states none."""
    if isinstance(raw, bool) or family not in AMOUNTS:
        return None
    text = str(raw) if isinstance(raw, int | float) else raw
    if isinstance(text, str) and text.startswith("-"):
        found = amount(family, text[1:])
        return None if found is None else -found
    found = amount(family, raw)
    return found if isinstance(found, Decimal) else None


def amount_of(family: Family, value: Any) -> Decimal | None:
    """The amount of a value that was read; None if it has none."""
    if isinstance(value, int):
        return Decimal(value)
    found = getattr(value, "amount", None)
    return found if isinstance(found, Decimal) else bound(family, value)


def _make(rule: type[Rule], raw: JsonValue, subject: Subject) -> Rule | None:
    try:
        return rule.make(raw, subject)
    except ValueError as form:
        shown = HIDDEN if subject.secret else sentences.written(raw)
        return Broken(sentences.unreadable_rule(rule.name, shown, str(form)), rule.name)


def _from_min(made: list[Rule]) -> Iterable[Rule]:
    """The rules, with the step counting from the min if there is one."""
    smallest = next((rule for rule in made if isinstance(rule, Min)), None)
    for rule in made:
        yield Step(rule.written, rule.amount, rule.family, smallest) if isinstance(rule, Step) else rule


def _option(raw: JsonValue) -> str:
    """The text of an option; if it is not one, its plain text, which matches no value."""
    value = raw.get("value") if isinstance(raw, dict) else raw
    return value if isinstance(value, str) else sentences.written(value)


def _readable(texts: Iterable[str], read: Read) -> Iterable[Any]:
    for text in texts:
        try:
            yield read(text)
        except ValueError:
            continue
