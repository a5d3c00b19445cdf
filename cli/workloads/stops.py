"""Stops that say why a workload is refused."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from cli.printing.tables import printable
from cli.shell.exits import Exit, Stop
from shared.inquiry.allowed import allowed_at
from shared.inquiry.explanation import Explanation
from shared.inquiry.refusal import Author, BrokenRule, author_of, broken, errors
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind

INDENT: Final = "    "


def would_be_refused(explained: Explanation) -> Stop:
    """The end of a command for a workload that would be refused, or fail, as of now."""
    if explained.obstacles:
        listed = [f"  {printable(' '.join(one.split()))}" for one in explained.obstacles]
        return Stop(Exit.REFUSED, "\n".join([f"workload {explained.name} would fail:", *listed]))
    rules = [BrokenRule(one.parameter, one.message) for one in explained.violations]
    listed = [f"  {line}" for line in lines(rules, explained.author)]
    return Stop(Exit.REFUSED, "\n".join([f"workload {explained.name} would be refused:", *listed]))


async def was_refused(api: Any, kind: "Kind", workload: JsonObject) -> Stop:
    """The end of a submission that failed: every reason, what would be allowed, and who says so."""
    status = workload.get("status") or {}
    violations = broken(status)
    name = workload["metadata"]["name"]
    if not violations:
        listed = [f"  {one}" for one in errors(status)]
        return Stop(Exit.REFUSED, "\n".join([f"workload {name} failed:", *listed]))
    author = await author_of(api, kind, status.get("policy"))
    listed = [f"  {line}" for line in lines(violations, author)]
    return Stop(Exit.REFUSED, "\n".join([f"workload {name} was refused:", *listed]))


def lines(violations: Iterable[BrokenRule], policy: Author | None) -> Iterator[str]:
    """Each violation, and below it what the policy allows there and which policy that is."""
    for violation in violations:
        yield printable(f"{violation.parameter}: {violation.message}")
        if policy and (allowed := allowed_at(policy.resource.get("spec") or {}, violation.parameter)):
            yield f"{INDENT}allowed: {printable(allowed)}; set by {printable(str(policy))}"
