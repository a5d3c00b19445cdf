"""What a refusal by the bus means, row by row."""

import nats.errors
import nats.js.errors
import pytest

from shared.errors import RightsError, SlipwayError, TooLargeError, TransientError
from shared.process.refusals import denied_subject, refusal

FULL = nats.js.errors.APIError(code=503, err_code=10077, description="maximum bytes exceeded")
LARGER = nats.js.errors.BadRequestError(code=400, err_code=10054, description="message size exceeds maximum allowed")


@pytest.mark.parametrize(
    ("error", "denied", "kind", "said"),
    [
        (nats.errors.MaxPayloadError(), False, TooLargeError, "of 900 KiB is larger than the bus accepts"),
        (LARGER, False, TooLargeError, "of 900 KiB is larger than the bus accepts"),
        (TimeoutError(), True, RightsError, "does not permit this service to publish workload.resolved"),
        (TimeoutError(), False, TransientError, "did not accept workload.resolved"),
        (FULL, False, TransientError, "maximum bytes exceeded"),
    ],
)
def test_only_what_can_pass_later_is_tried_again(
    error: Exception, denied: bool, kind: type[SlipwayError], said: str
) -> None:
    """Limits below ours and missing rights are permanent; a full or absent stream is not."""
    made = refusal(error, "workload.resolved", 900 * 1024, denied=denied)
    assert type(made) is kind
    assert said in str(made)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ('nats: permissions violation for publish to "workload.failed"', "workload.failed"),
        ('nats: Permissions Violation for Publish to "job.observed"', "job.observed"),
        ('nats: permissions violation for subscription to "_INBOX.x"', None),
        ("nats: stale connection", None),
    ],
)
def test_the_bus_names_the_subject_that_it_does_not_permit(text: str, subject: str | None) -> None:
    """The server reports a missing right to publish apart from the call, which only times out."""
    assert denied_subject(nats.errors.Error(text)) == subject
