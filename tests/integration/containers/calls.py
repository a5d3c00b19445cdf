"""What the services have asked the API server, as its audit log says."""

from dataclasses import dataclass

from tests.integration.harness.audit import AuditLog
from tests.integration.harness.exchange import WRITES


@dataclass(frozen=True)
class Write:
    """A request of a service that changes something."""

    path: str
    name: str


@dataclass
class Calls:
    """The calls since a moment. It stands in for the proxy, which tests of processes read them from."""

    log: AuditLog

    def forget(self) -> None:
        """Forget what was asked so far."""
        self.log = self.log.from_now()

    def writes(self) -> list[Write]:
        """What was asked to be changed."""
        asked = [event for event in self.log.events() if event["verb"] in WRITES and "objectRef" in event]
        return [Write(event["requestURI"], event["objectRef"].get("name", "")) for event in asked]


@dataclass(frozen=True)
class Watched:
    """The services, with what they ask."""

    proxy: Calls
