"""What the API server, or something else at its address, answers."""

import pytest

from shared.errors import TransientError
from shared.kubernetes.answers import decoded


def test_an_object_is_an_answer() -> None:
    """An API server answers with objects."""
    assert decoded(b'{"kind": "Status"}', "GET /a") == {"kind": "Status"}


@pytest.mark.parametrize(
    ("raw", "what"),
    [(b"<html>", "does not speak JSON"), (b"[]", "sends no JSON object"), (b'"ok"', "sends no JSON object")],
)
def test_anything_else_is_named(raw: bytes, what: str) -> None:
    """P7: a server that is no API server is told by a sentence, and a service tries again."""
    with pytest.raises(TransientError, match=f"what answered GET /a {what}: it is not an API server"):
        decoded(raw, "GET /a")
