"""One trace of each submission, through all services: what they ask of it, and nothing at all while it is off.

The trace's id follows from the workload's uid. So every attempt and every redelivery joins the same trace, and a header
that names another one is not believed: it is a hint, as the whole message is. `shared.process.spans` does the work, and
is imported only if tracing is on.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Final, Protocol

from shared.messages import Message


@dataclass
class Handling:
    """A message that is being handled."""

    verdict: str = "handed back"
    """What becomes of it; as it stands here if its handling is cut short."""


class Spans(Protocol):
    """Records what one service does for a submission."""

    def handling(
        self, message: Message, service: str, headers: Mapping[str, str] | None, deliveries: int
    ) -> AbstractContextManager[Handling]:
        """Record the handling of a message, which has the headers of its sender and was delivered that often."""
        ...

    def sending(self, message: Message) -> AbstractContextManager[Mapping[str, str]]:
        """Record that a message is sent, and yield the headers to send with it."""
        ...

    def called(self, verb: str, path: str, code: str, seconds: float) -> None:
        """Record a call of the API server that has just ended, if a submission needed it."""
        ...

    def ended(self, message: Message, began: float, outcome: str, reason: str) -> None:
        """Record the submission as a whole, which began at that time (seconds since 1970) and ends now."""
        ...

    def ids(self) -> Mapping[str, str]:
        """Return the ids of the trace and the span that are under way, for the log."""
        ...

    def close(self) -> None:
        """Send what is recorded and not sent yet, within a short time."""
        ...


class Off:
    """Records nothing."""

    _handling: Final = nullcontext(Handling())
    _sending: Final = nullcontext[Mapping[str, str]]({})

    def handling(
        self, _message: Message, _service: str, _headers: Mapping[str, str] | None, _deliveries: int
    ) -> AbstractContextManager[Handling]:
        """Record nothing."""
        return self._handling

    def sending(self, _message: Message) -> AbstractContextManager[Mapping[str, str]]:
        """Record nothing, and add no header."""
        return self._sending

    def called(self, _verb: str, _path: str, _code: str, _seconds: float) -> None:
        """Record nothing."""

    def ended(self, _message: Message, _began: float, _outcome: str, _reason: str) -> None:
        """Record nothing."""

    def ids(self) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    def close(self) -> None:
        """Do nothing."""


_spans: list[Spans] = [Off()]


def spans() -> Spans:
    """Return what records the spans of this process."""
    return _spans[-1]


@contextmanager
def recorded_by(made: Spans) -> Iterator[None]:
    """Let `made` record the spans of this process until the end; then it sends the last ones."""
    _spans.append(made)
    try:
        yield
    finally:
        _spans.remove(made)
        made.close()
