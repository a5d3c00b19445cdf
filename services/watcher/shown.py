"""What /metrics shows of the watcher's own work while it leads."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from services.watcher.reflector import Reflector
from services.watcher.telling import UNFINISHED
from shared.process.metrics import gauge

WATCHER: Final = ("watcher",)
LEADER = gauge("slipway_leader", "1 for the watcher that leads, 0 for those that stand by", services=WATCHER)
WATCH_AGE = gauge(
    "slipway_watch_age_seconds",
    "Seconds since the API server's last sign of life on a watch, as the watcher that leads sees it",
    {"resource": "plural of the resource, such as `trainingworkloads`"},
    WATCHER,
)
OLDEST = gauge(
    "slipway_oldest_unfinished_seconds",
    "Seconds since the oldest workload without an outcome was created; 0 if there is none, and without the lead",
    services=WATCHER,
)


def leading(held: Callable[[], bool]) -> None:
    """Let /metrics show whether this replica leads."""
    LEADER.set_function(lambda: float(held()))


@contextmanager
def shown(reflectors: Sequence[Reflector], oldest: Callable[[], float]) -> Iterator[None]:
    """Let /metrics show the watches and the oldest workload of this term, and nothing of it once it ends."""
    for reflector in reflectors:
        WATCH_AGE.labels(reflector.path.rpartition("/")[2]).set_function(reflector.age)
    OLDEST.set_function(oldest)
    try:
        yield
    finally:
        WATCH_AGE.clear()
        UNFINISHED.clear()
        OLDEST.set_function(lambda: 0.0)
