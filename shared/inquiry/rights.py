"""Asks the API server which Secrets the user may read, as the resolver does for the submitter."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from shared.errors import ForbiddenError, NotFoundError
from shared.inquiry.sources import as_source, decide
from shared.names import SUBMITTED_BY_ANNOTATION
from shared.objects import JsonObject
from shared.submitter import reading

if TYPE_CHECKING:
    from shared.inquiry.sources import Sources, Verdict
    from shared.resolution.model import SecretRights

SELF_REVIEWS: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
WHO: Final = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
YOU: Final = "you"
"""The user in a sentence if the API server does not say who that is."""


async def judged(api: Any, sources: "Sources", workload: Mapping[str, Any]) -> "Verdict":
    """The verdict on the workload if the user submitted it, with their right to read the Secrets that it would use."""
    from shared.resolution.verdict import named_secrets

    found = decide(sources, as_source(workload))
    named = named_secrets(found.result)
    if not named:
        return found
    try:
        rights = await rights_to(api, sources.namespace, named)
    except (ForbiddenError, NotFoundError) as error:
        return replace(found, notes=[*found.notes, unknown(named, str(error))])
    verdict = decide(replace(sources, rights=rights), as_source(workload))
    other = _submitter(workload)
    return verdict if other in (None, rights.user) else replace(verdict, notes=[*verdict.notes, for_you(str(other))])


async def rights_to(api: Any, namespace: str, secrets: Sequence[str]) -> "SecretRights":
    """Which of the Secrets the user may read. Raises ForbiddenError or NotFoundError if that cannot be asked."""
    from shared.resolution.model import SecretRights as Rights

    allowed = await asyncio.gather(*(_may_read(api, namespace, secret) for secret in secrets))
    readable = frozenset(secret for secret, may in zip(secrets, allowed, strict=True) if may)
    return Rights(await _user(api), readable)


def unknown(secrets: Sequence[str], reason: str) -> str:
    """A note: the rights that the verdict depends on cannot be asked for."""
    return f"whether you can read {_listed(secrets)}, which this workload uses, is not known: {reason}"


def for_you(submitter: str) -> str:
    """A note: somebody else has submitted the workload, whose rights counted then."""
    return f"the right to read Secrets is yours; when the workload was submitted, that of {submitter} counted"


def _listed(secrets: Sequence[str]) -> str:
    return f"{'Secret' if len(secrets) == 1 else 'Secrets'} {', '.join(secrets)}"


def _submitter(workload: Mapping[str, Any]) -> str | None:
    """Who has submitted the workload; None if nobody has, as nobody submits a template."""
    if (workload.get("spec") or {}).get("usage") == "Template":
        return None
    return (workload["metadata"].get("annotations") or {}).get(SUBMITTED_BY_ANNOTATION)


async def _may_read(api: Any, namespace: str, secret: str) -> bool:
    attributes = reading(namespace, secret)
    question: JsonObject = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    return bool((await api.create(SELF_REVIEWS, question))["status"]["allowed"])


async def _user(api: Any) -> str:
    question = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        return str((await api.create(WHO, question))["status"]["userInfo"].get("username") or YOU)
    except (ForbiddenError, NotFoundError):
        return YOU
