"""How long each call of the API server took and how it was answered, for who counts them."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

VERBS: Final = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
UNANSWERED: Final = "none"
"""The code of a call that got no answer."""

Called = Callable[[str, str, str, float], None]
"""Called after each call with its verb, its path, the status of its answer (or `none`), and the seconds it took."""
Params = Mapping[str, str] | Sequence[tuple[str, str]] | None


@dataclass
class Call:
    """A call under way."""

    code: str = UNANSWERED


@contextmanager
def counted(called: Called | None, method: str, path: str, params: Params) -> Iterator[Call]:
    """Yield a call whose code is to be set; `called` gets it at the end, however it ends."""
    call, began = Call(), time.monotonic()
    try:
        yield call
    finally:
        if called:
            called(verb_of(method, params), path, call.code, time.monotonic() - began)


def verb_of(method: str, params: Params) -> str:
    """Return Kubernetes' word for the call: every list has a limit."""
    if method != "GET":
        return VERBS[method]
    asked = dict(params or {})
    return "watch" if "watch" in asked else "list" if "limit" in asked else "get"


def resource_of(path: str) -> str:
    """Return the plural of the resource at this path, and its subresource, without any name: `runaijobs/status`."""
    group, *rest = path.strip("/").split("/")
    steps = rest[1 if group == "api" else 2 :] if group in ("api", "apis") else [group]
    if steps[:1] == ["namespaces"] and len(steps) > 2:
        steps = steps[2:]
    return "/".join(steps[0:1] + steps[2:3])
