"""What a refusal by the bus means: whether the same message may be accepted later, or never."""

import re
from typing import Final

from nats.errors import MaxPayloadError
from nats.js.errors import APIError

from shared.errors import RightsError, SlipwayError, TooLargeError, TransientError
from shared.messages import STREAM

EXCEEDS_STREAM: Final = 10054
"""The bus's own code for a message that is larger than the stream's `max_msg_size`."""
NO_STREAM: Final = 10059
"""The bus's own code for a stream that does not exist."""
NO_CONSUMER: Final = 10014
"""The bus's own code for a consumer that does not exist."""
DECLARING: Final = "run `python -m services.bootstrap`, as the chart's Job does"
NO_JETSTREAM: Final = (10076, 10039, None)
"""The bus's own codes for JetStream that is off, in the whole broker and in this account."""
DENIED: Final = re.compile(r'permissions violation for publish to "([^"]+)"', re.IGNORECASE)


def refusal(error: Exception, subject: str, size: int, *, denied: bool) -> SlipwayError:
    """Return the error for a message of `size` bytes that the bus did not take.

    `denied` says that the bus has reported a missing right to publish this subject; the refused call only times out.
    """
    if isinstance(error, MaxPayloadError) or (isinstance(error, APIError) and error.err_code == EXCEEDS_STREAM):
        return TooLargeError(f"the message {subject} of {size // 1024} KiB is larger than the bus accepts")
    if denied:
        return RightsError(not_permitted(subject))
    return TransientError(f"the bus did not accept {subject}: {error or type(error).__name__}")


def unready(error: Exception) -> str:
    """Return why the stream cannot be used, from what the bus answered about it or about a consumer."""
    if isinstance(error, APIError):
        if error.err_code == NO_STREAM:
            return f"its stream {STREAM} does not exist: {DECLARING}"
        if error.err_code == NO_CONSUMER:
            return f"its consumer of stream {STREAM} does not exist: {DECLARING}"
        if error.err_code in NO_JETSTREAM:  # or nobody answers: then there is no code
            return "JetStream is off: set `jetstream` in the broker's configuration"
        return f"its stream {STREAM} cannot be used: {error.description}"
    if isinstance(error, TimeoutError):
        return f"the broker says nothing about its stream {STREAM}: it is busy, or denies the question"
    return str(error) or type(error).__name__


def not_permitted(subject: str) -> str:
    """Return the sentence about a missing right to publish."""
    return f"the bus does not permit this service to publish {subject}"


def denied_subject(error: Exception) -> str | None:
    """Return the subject that the bus does not let this service publish; None if the error says something else."""
    found = DENIED.search(str(error))
    return found[1] if found else None
