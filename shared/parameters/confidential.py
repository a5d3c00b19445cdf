"""Types of values that may be secret. Each knows when its text is a secret, and where a Secret holds it instead.

Only this module declares what is secret. Admission, checks, pages, sentences in status and events, and forms use
these types.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel

from shared.parameters import sentences
from shared.parameters.forms import Text
from shared.parameters.secrecy import PREFIX
from shared.parameters.types import SUBDOMAIN


class SecretReference(NamedTuple):
    """A key of a Secret in the workload's namespace."""

    name: str
    key: str


class Confidential(Text):
    """Text that is a secret, or that says where a Secret holds it: `SECRET:<name>,<key>`."""

    reference: ClassVar[re.Pattern[str]] = re.compile(
        rf"{PREFIX}(?=[^,]{{1,253}},)(?P<name>{SUBDOMAIN}),(?P<key>(?!\.\.?$|\.\.)[-._A-Za-z0-9]{{1,253}})"
    )
    telltale: ClassVar[re.Pattern[str] | None] = None
    """Labels of items whose text is a secret; None if the text of every value is one."""
    public: ClassVar[bool] = False
    """Whether no text is ever a secret."""

    @cached_property
    def secret(self) -> SecretReference | None:
        """The Secret's key that holds the value, or None if the text is the value."""
        found = self.reference.fullmatch(self) if self.startswith(PREFIX) else None
        return SecretReference(found["name"], found["key"]) if found else None

    @classmethod
    def hides(cls, label: str = "") -> bool:
        """Whether the text of a value, or of the item with this label, is a secret."""
        return cls.telltale is None or cls.telltale.search(label) is not None

    def under(self, label: str) -> Self:
        """The same text for an item with this label, in the type that knows whether it is a secret."""
        return self


class Credential(Confidential):
    """A secret that only a Secret may hold: the text is a reference, and never the secret itself."""

    form = sentences.CREDENTIAL

    @cached_property
    def secret(self) -> SecretReference:
        """The Secret's key that holds it."""
        found = super().secret
        assert found, "read() lets nothing else in"
        return found

    def fits(self) -> bool:
        """Whether the text refers to a Secret."""
        return self.reference.fullmatch(self) is not None


class SecretName(Confidential):
    """The name of a Secret that is used as a whole. The name itself is no secret."""

    form = sentences.RESOURCE
    longest = 253
    pattern = re.compile(SUBDOMAIN)
    telltale: ClassVar[re.Pattern[str] | None] = re.compile("(?!)")
    public = True

    @cached_property
    def secret(self) -> SecretReference:
        """The Secret, with all of its keys."""
        return SecretReference(str(self), "")


class Token(Confidential):
    """A secret, or where a Secret holds it: `SECRET:<name>,<key>`."""

    form = sentences.ENVIRONMENT_VALUE
    longest = 32768
    blank = True

    def mistake(self) -> str | None:
        """The mistake of a reference that does not name a Secret and its key."""
        broken = self.startswith(PREFIX) and self.secret is None
        return sentences.must_be(sentences.SECRET_REFERENCE) if broken else None


class EnvironmentValue(Token):
    """The value of an environment variable, or where a Secret holds it: `SECRET:<name>,<key>`."""

    telltale: ClassVar[re.Pattern[str] | None] = re.compile(
        r"pass(w(or)?d|phrase)?|token|secret|credential|(api|access|private)_?key", re.IGNORECASE
    )
    """Names of variables whose value should be in a Secret."""

    def under(self, label: str) -> "EnvironmentValue":
        """The same value, as a secret one if the variable has the name of a secret."""
        return SecretEnvironmentValue(self) if self.hides(label) else self


class SecretEnvironmentValue(EnvironmentValue):
    """The value of an environment variable that is named like a secret."""

    telltale = None


def references(value: Any) -> Iterator[SecretReference]:
    """The keys of Secrets that a value refers to, directly or in its items and their members."""
    return (secret for _, _, secret in mentions((), value))


class Mention(NamedTuple):
    """A text that refers to a Secret, with its path."""

    path: tuple[str, ...]
    text: Confidential
    secret: SecretReference


def mentions(path: tuple[str, ...], value: Any) -> Iterator[Mention]:
    """The texts that refer to Secrets in the value at `path`, in its items and their members."""
    if isinstance(value, Confidential):
        if value.secret:
            yield Mention(path, value, value.secret)
    elif isinstance(value, dict):
        for label, one in value.items():
            yield from mentions((*path, label), one)
    elif isinstance(value, BaseModel):
        for field, name in _confidential_fields(type(value)).items():
            yield from mentions((*path, name), getattr(value, field))


@cache
def _confidential_fields(model: type[BaseModel]) -> Mapping[str, str]:
    """The fields of a value that may be secret, each with the name by which people know it."""
    from shared.parameters.derive import type_of

    fields = model.model_fields.items()
    return {field: info.alias or field for field, info in fields if issubclass(type_of(info), Confidential)}
