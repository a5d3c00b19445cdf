"""The page and the document that `runai policy effective` prints."""

from typing import TYPE_CHECKING

import click

from cli.printing.tables import table
from cli.shell.exits import note
from shared.inquiry.effective import HEADER, entries, ignored, nothing, rows, unsaid, whence
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.inquiry.sources import Effective
    from shared.parameters.derive import Parameter
    from shared.parameters.kinds import Kind


def one_parameter(kind: "Kind", name: str) -> "Parameter":
    """The parameter with that name; a usage error with similar names if there is none."""
    from difflib import get_close_matches

    from shared.resolution.merge import names

    known = names(kind)
    if name not in known:
        close = get_close_matches(name, known, n=3)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise click.UsageError(f"{name} is not a parameter of {kind.name} workloads{hint}")
    return known[name]


def page(kind: "Kind", project: str, effective: "Effective | None", about: "Parameter | None") -> list[str]:
    """The lines of the page: the policy in effect, and a row for each rule and default."""
    if effective is None:
        return [nothing(kind, project), *([unsaid(about)] if about else [])]
    lines = [whence(kind, project, effective)]
    if sentence := ignored(effective):
        note(sentence)
    if found := rows(kind, effective, about):
        return [*lines, "", *table(HEADER, found)]
    return [*lines, "", unsaid(about) if about else "It has no rules and no defaults."]


def document(kind: "Kind", project: str, effective: "Effective | None", about: "Parameter | None") -> JsonObject:
    """The page as a JSON object."""
    policy = {"kind": kind.policy, **effective.ref.to_json()} if effective else None
    said = dict(entries(kind, effective, about)) if effective else {}
    return {"project": project, "policy": policy, "spec": said}
