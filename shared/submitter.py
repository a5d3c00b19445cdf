"""Who submitted a workload, as the API server stamps it on creation: everything that an authorizer may ask for. Pure.

The stamp is one annotation: `uid=<uid>`, a `group=<group>` for each group, and an `extra:<key>=<value>` for each extra
value, joined by `&`. The characters of this form are escaped within each part, so that no name can pose as two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import unquote

from shared.names import SUBMITTED_BY_ANNOTATION, SUBMITTER_ANNOTATION
from shared.objects import JsonObject

REVIEWS: Final = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
"""The path at which the API server is asked about rights."""
SEPARATOR: Final = "&"
ESCAPES: Final = {"%": "%25", SEPARATOR: "%26", "=": "%3D"}
"""How the stamp writes the characters of its own form, in the order of the replacements."""
UID: Final = "uid"
GROUP: Final = "group"
EXTRA: Final = "extra:"
"""The beginning of the name of an extra value."""


@dataclass(frozen=True)
class Submitter:
    """A user with everything that decides about their rights."""

    user: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    """Key and value of each."""

    @classmethod
    def stamped(cls, annotations: Mapping[str, str]) -> Self | None:
        """Return who submitted the workload with these annotations; None if they do not say, or not completely."""
        user, stamp = annotations.get(SUBMITTED_BY_ANNOTATION), annotations.get(SUBMITTER_ANNOTATION)
        if not user or not stamp:
            return None
        parts = [(unquote(name), unquote(text)) for name, _, text in map(_halves, stamp.split(SEPARATOR))]
        if any(name not in (UID, GROUP) and not name.startswith(EXTRA) for name, _ in parts):
            return None  # something that this version does not know may restrict their rights
        return cls(
            user,
            next((text for name, text in parts if name == UID), ""),
            tuple(text for name, text in parts if name == GROUP),
            tuple((name.removeprefix(EXTRA), text) for name, text in parts if name.startswith(EXTRA)),
        )

    def asks_for(self, namespace: str, secret: str) -> JsonObject:
        """Return the SubjectAccessReview that asks whether they may read the Secret."""
        extra: dict[str, list[str]] = {}
        for key, value in self.extra:
            extra.setdefault(key, []).append(value)
        said = {"user": self.user, "uid": self.uid, "groups": list(self.groups), "extra": extra}
        attributes = reading(namespace, secret)
        return {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"resourceAttributes": attributes, **{name: one for name, one in said.items() if one}},
        }


def reading(namespace: str, secret: str) -> JsonObject:
    """Return what reading the Secret is to an authorizer."""
    return {"verb": "get", "version": "v1", "resource": "secrets", "namespace": namespace, "name": secret}


def _halves(part: str) -> tuple[str, str, str]:
    return part.partition("=")
