"""Stops that say why a workload is refused."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cli.printing.tables import printable
from cli.shell.exits import Exit, Stop
from cli.workloads.explanation import Explanation
from cli.workloads.refusal import Author, Told, broken, errors, lines
from shared.errors import ForbiddenError, NotFoundError, TransientError
from shared.inquiry.sources import Sources
from shared.names import resource_path
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind


def would_be_refused(explained: Explanation, sources: Sources) -> Stop:
    """The end of a command for a workload that would be refused, or fail, as of now."""
    if explained.obstacles:
        told = [f"  {printable(' '.join(one.split()))}" for one in explained.obstacles]
        return Stop(Exit.REFUSED, "\n".join([f"workload {explained.name} would fail:", *told]))
    author = Author(sources.kind.policy, sources.policy.resource) if sources.policy else None
    told = [f"  {line}" for line in lines((Told(one.parameter, one.message) for one in explained.violations), author)]
    return Stop(Exit.REFUSED, "\n".join([f"workload {explained.name} would be refused:", *told]))


async def was_refused(api: Any, kind: "Kind", workload: JsonObject) -> Stop:
    """The end of a submission that failed: every reason, what would be allowed, and who says so."""
    status = workload.get("status") or {}
    violations = broken(status)
    name = workload["metadata"]["name"]
    if not violations:
        told = [f"  {one}" for one in errors(status)]
        return Stop(Exit.REFUSED, "\n".join([f"workload {name} has failed:", *told]))
    author = await _author(api, kind, status.get("policy"))
    told = [f"  {line}" for line in lines(violations, author)]
    return Stop(Exit.REFUSED, "\n".join([f"workload {name} is refused:", *told]))


async def _author(api: Any, kind: "Kind", ref: Mapping[str, str] | None) -> Author | None:
    """The policy that a status speaks of; None where there was none, or where the person may not read it any more."""
    if ref is None:
        return None
    try:
        policy = await api.get(resource_path(kind.policy_plural, ref["namespace"], ref["name"]))
    except (ForbiddenError, NotFoundError, TransientError):
        policy = {"metadata": ref}
    return Author(kind.policy, policy)
