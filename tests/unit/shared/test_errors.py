"""What an answer of the API server means: who must act, row by row, in the words of real servers."""

from typing import Any

import pytest

from shared.errors import (
    AlreadyExistsError,
    BusyError,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    RightsError,
    SlipwayError,
    TooLargeError,
    TransientError,
    UnauthorizedError,
    api_error,
)

RIGHTS = 'services is forbidden: User "creator" cannot create resource "services" in API group'
QUOTA = 'services "a" is forbidden: exceeded quota: q, requested: services=1, used: services=1, limited: services=1'
POLICY = "services \"a\" is forbidden: ValidatingAdmissionPolicy 'no' with binding 'no' denied request: no"
UNCARRIED = "rpc error: code = ResourceExhausted desc = trying to send message larger than max (2400000 vs. 2097152)"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, {"message": "Unauthorized"}, UnauthorizedError),
        (403, {"message": RIGHTS}, RightsError),
        (403, {"message": QUOTA}, ForbiddenError),
        (403, {"message": POLICY}, ForbiddenError),
        (403, {"message": "status unknown for quota: q, resources: services"}, TransientError),
        (403, {"message": 'services "a" is forbidden: not yet ready to handle request'}, TransientError),
        (404, {"message": "not found"}, NotFoundError),
        (408, {}, TransientError),
        (409, {"reason": "AlreadyExists"}, AlreadyExistsError),
        (409, {"reason": "Conflict"}, ConflictError),
        (410, {"reason": "Expired"}, GoneError),
        (413, {}, TooLargeError),
        (422, {"reason": "Invalid"}, InvalidError),
        (429, {}, BusyError),
        (500, {}, TransientError),
        (500, {"message": "etcdserver: request is too large"}, TooLargeError),
        (500, {"message": UNCARRIED}, TooLargeError),
        (504, {}, TransientError),
    ],
)
def test_every_answer_has_its_error(status: int, body: dict[str, Any], expected: type[SlipwayError]) -> None:
    """Each status code becomes the error for the person who must act, in the server's own words."""
    error = api_error(status, body)
    assert type(error) is expected
    assert str(error) == body.get("message", f"the API server answered {status}")


@pytest.mark.parametrize(
    ("header", "details", "seconds"),
    [("7", {}, 7.0), (None, {"retryAfterSeconds": 3}, 3.0), ("soon", {}, None), (None, {}, None)],
)
def test_a_server_may_name_the_time_to_come_back(header: str | None, details: dict[str, Any], seconds: Any) -> None:
    """Retry-After is read from the header or from the details of the answer."""
    error = api_error(429, {"details": details}, header)
    assert isinstance(error, TransientError)
    assert error.retry_after == seconds
