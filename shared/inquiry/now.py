"""Previews what would become of a workload and its objects if it were submitted now."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from shared.inquiry.explanation import Explanation, of_verdict
from shared.inquiry.rights import judged
from shared.inquiry.sources import NOTHING_BESIDE, Beside, Sources, gather
from shared.objects import JsonObject
from shared.parameters.secrecy import secrets_in, unquoted

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind

OF_THE_OPERATOR: Final = ("gitSync", "s3", "tensorboard", "exposedUrls", "nodePool", "nodePools")
"""Parameters whose resources contain something that the operator of the cluster chooses."""


async def as_of_now(
    api: Any, kind: "Kind", workload: JsonObject, namespace: str, beside: Beside = NOTHING_BESIDE
) -> Explanation:
    """What would become of the workload if the user submitted it in the namespace now.

    One of those `beside` it can be its base.
    """
    sources = await gather(api, kind, namespace, workload.get("spec") or {}, beside)
    return of_verdict(workload, await judged(api, sources, workload))


class Preview(NamedTuple):
    """The verdict on a workload, and everything that it would create; nothing if it would be refused."""

    explained: Explanation
    objects: Sequence[JsonObject] = ()


async def preview(api: Any, kind: "Kind", workload: JsonObject) -> Preview:
    """Preview a workload that the API server has admitted. Each object is created as a dry run, so none is stored."""
    from shared.inquiry.objects import objects_of
    from shared.inquiry.preflight import preflight
    from shared.resolution.model import Refused

    sources = await gather(api, kind, workload["metadata"]["namespace"], workload["spec"])
    verdict = await judged(api, sources, workload)
    explained = of_verdict(workload, verdict)
    if isinstance(verdict.result, Refused):
        return Preview(explained)
    objects = await objects_of(api, workload, sources, verdict.result)
    checked = await preflight(api, objects)
    obstacles, notes = ([unquoted(one, secrets_in(explained.values)) for one in said] for said in checked)
    explained = replace(explained, obstacles=obstacles, notes=[*explained.notes, *notes])
    if explained.refused:
        return Preview(explained)
    return Preview(replace(explained, notes=[*explained.notes, *_assumptions(sources, explained)]), objects)


def _assumptions(sources: Sources, explained: Explanation) -> list[str]:
    """Notes on what is assumed, since the operator's settings cannot be read."""
    notes = []
    if sources.assumed:
        notes.append("the job is shown for the scheduler `default`: no recent job of the project shows another one")
    values = explained.values
    if any(values.get(name) for name in OF_THE_OPERATOR) or values.get("serviceType") == "ingress":
        notes.append(
            "addresses, node pool labels and helper images are shown with the default settings: the "
            "operator's are not readable"
        )
    return notes
