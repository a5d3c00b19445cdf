"""What services really ask the API server for, by its audit log."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from deploy.rights.api import JOBS, NAMESPACE, TABLE, Right, Rights, user

AUDITED = [user(service) for service in (*TABLE, *JOBS)]
"""The users whose requests are written down."""


class Ask(NamedTuple):
    """One kind of request."""

    service: str
    verb: str
    group: str
    resource: str
    """With its subresource, such as `interactiveworkloads/status`."""
    home: bool
    """Whether it is about something in the services' own namespace."""

    def __str__(self) -> str:
        return f"{self.service}: {self.verb} {self.resource}{f'.{self.group}' if self.group else ''}"


@dataclass(frozen=True)
class AuditLog:
    """The audit log from a moment on."""

    path: Path
    start: int = 0

    def from_now(self) -> "AuditLog":
        """The log of what comes."""
        return AuditLog(self.path, self.path.stat().st_size if self.path.exists() else 0)

    def asked(self) -> set[Ask]:
        """Every kind of request about objects that a service has made; every account may ask about the server."""
        return {_ask(event) for event in self.events() if "resource" in event.get("objectRef", {})}

    def denied(self) -> set[str]:
        """Requests for which a service has no right.

        A server that has just started denies for a moment what it allows later.
        """
        denied, allowed = dict[Ask, str](), set[Ask]()
        for event in self.events():
            if _is_denied(event) and "objectRef" in event:  # not `/readyz`, which needs no right of a service's own
                denied[_ask(event)] = event["requestURI"]
            else:
                allowed.add(_ask(event))
        return {f"{ask} {uri}" for ask, uri in denied.items() if ask not in allowed}

    def events(self) -> Iterator[Mapping[str, Any]]:
        """Every whole line about a service."""
        if not self.path.exists():
            return
        with self.path.open() as lines:
            lines.seek(self.start)
            for line in lines:
                if line.endswith("\n") and (event := json.loads(line))["user"]["username"] in AUDITED:
                    yield event


def granted(table: Mapping[str, Rights] = TABLE) -> set[Ask]:
    """Every kind of request that the shipped roles allow, besides what only the admission policies ask about."""
    places = [(service, False, rights.everywhere) for service, rights in table.items()]
    places += [(service, False, rights.in_global) for service, rights in table.items()]
    places += [(service, True, rights.at_home) for service, rights in table.items()]
    return {ask for service, home, rights in places for right in rights for ask in _allowed(service, home, right)}


def _allowed(service: str, home: bool, right: Right) -> Iterator[Ask]:
    if right.for_admission:
        return
    for verb in right.verbs:
        for resource in right.resources:
            yield Ask(service, verb, right.group, resource, home)


def _ask(event: Mapping[str, Any]) -> Ask:
    about = event.get("objectRef") or {}
    resource = "/".join(filter(None, (about.get("resource", event["requestURI"]), about.get("subresource"))))
    service = event["user"]["username"].rpartition("slipway-")[2]
    return Ask(service, event["verb"], about.get("apiGroup", ""), resource, about.get("namespace") == NAMESPACE)


def _is_denied(event: Mapping[str, Any]) -> bool:
    return bool((event.get("annotations") or {}).get("authorization.k8s.io/decision") == "forbid")
