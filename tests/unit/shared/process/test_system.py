"""The system's words about a failure."""

import errno
import socket

import pytest

from shared.process.system import plain


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EADDRINUSE, "error while attempting to bind"), "Address already in use"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (OSError("could not bind on any address out of []"), "could not bind on any address out of []"),
    ],
)
def test_a_failure_is_told_in_the_systems_words(error: OSError, words: str) -> None:
    """P7: a port that is taken, and a host that nobody knows, are named as people know them."""
    assert plain(error) == words
