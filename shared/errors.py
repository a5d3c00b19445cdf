"""What can go wrong, sorted by who must act."""

import re
from typing import Any, Final

LACKS_RIGHT: Final = re.compile(r'User "[^"]*" cannot ')
"""What the API server's authorizer says; quotas and admission policies use other words."""
UNKEPT: Final = re.compile(r"request is too large|message larger than max")
"""What the API server's store, and the transport to it, say of an object that is too large. The server passes it on as
a failure of its own."""

NOT_YET: Final = ("status unknown for quota", "not yet ready to handle request")
"""Refusals of an API server that is still counting a new quota, or has not read its own rules yet."""


class SlipwayError(Exception):
    """An error that Slipway can handle; its text is written for people."""


class TransientError(SlipwayError):
    """The cluster was busy: the same call may succeed later.

    `retry_after` is in seconds; None leaves the wait to the caller.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BusyError(TransientError):
    """The API server takes no more calls at present (429), and has not begun this one."""


class UnauthorizedError(TransientError):
    """The API server does not recognise the caller (401): the credentials are missing, expired or being renewed."""


class LoginError(UnauthorizedError):
    """The login of a kubeconfig fails: its program, its token file or its provider. The text says why."""


class PermanentError(SlipwayError):
    """No retry can help. `reason` is one of `shared.reasons`."""

    reason = "Refused"


class ForbiddenError(PermanentError):
    """The API server does not permit it, by rights, quota or admission policy; the text is the server's own."""

    reason = "Forbidden"


class RightsError(ForbiddenError):
    """The caller's account lacks the right.

    For a person this is final. A service tries a few times, since a server that has just started may not have read its
    roles yet.
    """


class InvalidError(PermanentError):
    """The API server cannot accept the object; the text is the server's own."""

    reason = "Invalid"


class TooLargeError(PermanentError):
    """A message is larger than the bus carries, or an object is larger than the API server stores."""

    reason = "TooLarge"


class NotFoundError(PermanentError):
    """There is no such object, namespace or kind. `kind` is what the server reports missing, such as `namespaces`."""

    reason = "NotFound"

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


class AlreadyExistsError(PermanentError):
    """The name is taken, by an earlier try or by something else: the caller must look."""

    reason = "NameTaken"


class ConflictError(PermanentError):
    """A precondition (uid or resourceVersion) did not hold: the object changed since it was read."""

    reason = "Conflict"


class GoneError(PermanentError):
    """The resource version is too old to watch from (410): list again."""

    reason = "Gone"


def api_error(status: int, body: dict[str, Any], retry_after: str | None = None) -> SlipwayError:
    """Return the error for a response of the API server: HTTP status, decoded `Status`, Retry-After in seconds."""
    message = str(body.get("message") or f"the API server answered {status}")
    details = body.get("details") or {}
    reason = body.get("reason")
    if status == 404:
        return NotFoundError(message, str(details.get("kind", "")))
    if status == 409:
        return AlreadyExistsError(message) if reason == "AlreadyExists" else ConflictError(message)
    if status == 410:
        return GoneError(message)
    if status == 403:
        return _forbidden(message)
    if status == 401:
        return UnauthorizedError(message)
    if status == 413 or (status >= 500 and UNKEPT.search(message)):
        return TooLargeError(message)
    if status in (408, 429) or status >= 500:
        seconds = float(retry_after[:9]) if retry_after and retry_after.isdecimal() else None
        kind = BusyError if status == 429 else TransientError
        return kind(message, seconds or details.get("retryAfterSeconds"))
    return InvalidError(message)


def _forbidden(message: str) -> SlipwayError:
    if any(words in message for words in NOT_YET):
        return TransientError(message)
    return RightsError(message) if LACKS_RIGHT.search(message) else ForbiddenError(message)
