"""What a refused submission is told: every violation, what would be allowed, and who set the rule. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from cli.printing.rules import allowed_at
from cli.printing.tables import printable

INDENT: Final = "    "


class Told(NamedTuple):
    """One rule that is broken, as a status and a resolution say it."""

    parameter: str
    message: str


class Author(NamedTuple):
    """A policy, and how it is called."""

    kind: str
    resource: Mapping[str, Any]

    def __str__(self) -> str:
        metadata = self.resource["metadata"]
        return f"{self.kind} {metadata['name']} in namespace {metadata['namespace']}"


def broken(status: Mapping[str, Any]) -> list[Told]:
    """The rules that a workload broke, by its status."""
    return [Told(one["parameter"], one["message"]) for one in status.get("violations") or []]


def errors(status: Mapping[str, Any]) -> list[str]:
    """What else a workload failed for, by its status."""
    return [str(one["message"]) for one in status.get("events") or [] if one["type"] == "Error"]


def lines(violations: Iterable[Told], policy: Author | None) -> Iterator[str]:
    """Each violation, and below it what the policy allows there and which policy that is."""
    for violation in violations:
        yield printable(f"{violation.parameter}: {violation.message}")
        if policy and (allowed := allowed_at(policy.resource.get("spec") or {}, violation.parameter)):
            yield f"{INDENT}allowed: {printable(allowed)}; set by {printable(str(policy))}"
