"""How long each call of the API server took and how it was answered, for who counts them."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

VERBS: Final = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
UNANSWERED: Final = "none"
"""The code of a call that got no answer."""

Called = Callable[[str, str, float], None]
"""Called after each call with its verb, the HTTP status of its answer (or `none`), and its duration in seconds."""
Params = Mapping[str, str] | Sequence[tuple[str, str]] | None


@dataclass
class Call:
    """A call under way."""

    code: str = UNANSWERED


@contextmanager
def counted(called: Called | None, method: str, params: Params) -> Iterator[Call]:
    """Yield a call whose code is to be set; `called` gets it at the end, however it ends."""
    call, began = Call(), time.monotonic()
    try:
        yield call
    finally:
        if called:
            called(verb_of(method, params), call.code, time.monotonic() - began)


def verb_of(method: str, params: Params) -> str:
    """Return Kubernetes' word for the call: every list has a limit."""
    if method != "GET":
        return VERBS[method]
    asked = dict(params or {})
    return "watch" if "watch" in asked else "list" if "limit" in asked else "get"
