"""What becomes of a workload as of now."""

from typing import TYPE_CHECKING, Any

from cli.shell.exits import Stop
from cli.workloads.stops import would_be_refused
from shared.inquiry.explanation import Explanation, of_verdict
from shared.inquiry.sources import NOTHING_BESIDE, Beside, as_source, decide, gather
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind

Explained = tuple[Explanation, Stop | None]
"""What is to be shown, and how the command ends where the workload would be refused."""


async def as_of_now(
    api: Any,
    kind: "Kind",
    workload: JsonObject,
    namespace: str,
    beside: Beside = NOTHING_BESIDE,
) -> Explained:
    """What would become of the workload if it were submitted in the namespace now.

    One of those `beside` it can be its base.
    """
    sources = await gather(api, kind, namespace, workload.get("spec") or {}, beside)
    verdict = decide(sources, as_source(workload))
    explained = of_verdict(workload, verdict)
    return explained, would_be_refused(explained, sources) if explained.violations else None
