"""`Stop` errors that say why a workload is refused."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from cli.shell.exits import Exit, Stop
from shared.inquiry.allowed import allowed_at
from shared.inquiry.explanation import Explanation
from shared.inquiry.refusal import Author, BrokenRule, author_of, broken, errors
from shared.inquiry.texts import printable
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind
    from shared.resolution.model import Violation

INDENT: Final = "    "


def would_be_refused(explained: Explanation) -> Stop:
    """The `Stop` for a workload that would be refused or fail if submitted now."""
    if explained.obstacles:
        listed = [f"  {printable(' '.join(one.split()))}" for one in explained.obstacles]
        return Stop(Exit.REFUSED, "\n".join([f"workload {explained.name} would fail:", *listed]))
    spec = (explained.author.resource.get("spec") or {}) if explained.author else {}
    listed = [f"  {line}" for one in explained.violations for line in lines_of(one, spec)]
    return Stop(Exit.REFUSED, "\n".join([f"workload {explained.name} would be refused:", *listed]))


async def was_refused(api: Any, kind: "Kind", workload: JsonObject) -> Stop:
    """The `Stop` for a failed submission: every reason, what is allowed, and which policy says so."""
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
    """Each violation in a status, followed by what the policy allows and which policy that is."""
    for violation in violations:
        yield printable(f"{violation.parameter}: {violation.message}")
        if policy and (allowed := allowed_at(policy.resource.get("spec") or {}, violation.parameter)):
            yield _allowed(allowed, policy)


def lines_of(violation: "Violation", spec: Mapping[str, Any]) -> Iterator[str]:
    """A violation, followed by what the policy with this `spec` allows, if the rule is that policy's."""
    yield printable(str(violation))
    if violation.set_by and (allowed := allowed_at(spec, violation.path)):
        yield _allowed(allowed, violation.set_by)


def _allowed(words: str, policy: object) -> str:
    return f"{INDENT}allowed: {printable(words)}; set by {printable(str(policy))}"
