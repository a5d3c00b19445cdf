"""Why a submission was refused: every rule that it broke, and the policy that set it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.errors import ForbiddenError, NotFoundError, TransientError
from shared.names import resource_path

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind


class BrokenRule(NamedTuple):
    """A broken rule, as both a status and a resolution report it."""

    parameter: str
    message: str


class Author(NamedTuple):
    """A policy and its kind."""

    kind: str
    resource: Mapping[str, Any]

    def __str__(self) -> str:
        metadata = self.resource["metadata"]
        return f"{self.kind} {metadata['name']} in namespace {metadata['namespace']}"


def broken(status: Mapping[str, Any]) -> list[BrokenRule]:
    """The rules that a workload broke, by its status."""
    return [BrokenRule(one["parameter"], one["message"]) for one in status.get("violations") or []]


def errors(status: Mapping[str, Any]) -> list[str]:
    """Other reasons why a workload failed, by its status."""
    return [str(one["message"]) for one in status.get("events") or [] if one["type"] == "Error"]


async def author_of(api: Any, kind: "Kind", ref: Mapping[str, str] | None) -> Author | None:
    """The policy that a status names; None if there was none. Only its name if the user can no longer read it."""
    if ref is None:
        return None
    try:
        policy = await api.get(resource_path(kind.policy_plural, ref["namespace"], ref["name"]))
    except (ForbiddenError, NotFoundError, TransientError):
        policy = {"metadata": ref}
    return Author(kind.policy, policy)
