"""What /metrics shows of the watcher while it leads, and no longer."""

import time
from typing import Any, cast

from prometheus_client import REGISTRY

from services.watcher.handlers import Workloads
from services.watcher.reflector import Reflector
from services.watcher.shown import leading, shown
from tests.unit.services.watcher.fake_bus import FakeBus

NOBODY = cast(Any, None)
AGE = ("slipway_watch_age_seconds", {"resource": "trainingworkloads"})


def value(name: str, labels: dict[str, str] | None = None) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def _ignored(*_: Any) -> None:
    """Handle nothing."""


def test_a_watch_has_an_age_before_the_first_sign_of_life_and_none_after_the_term() -> None:
    """A watch that never hears anything grows old, too; a replica that lost the lead shows nothing of its term."""
    reflector = Reflector(NOBODY, "/apis/run.ai/v1alpha1/trainingworkloads", _ignored, keep=lambda one: one)
    with shown([reflector], lambda: 7.0):
        assert 0 <= (value(*AGE) or 0) < 60
        reflector.heard_at = time.monotonic() - 100
        assert 100 <= (value(*AGE) or 0) < 160
        assert value("slipway_oldest_unfinished_seconds") == 7.0
    assert value(*AGE) is None
    assert value("slipway_oldest_unfinished_seconds") == 0.0


def test_the_leader_is_shown_as_it_is_now() -> None:
    """The metric asks when it is scraped."""
    held = [False]
    leading(lambda: held[0])
    assert value("slipway_leader") == 0
    held[0] = True
    assert value("slipway_leader") == 1


async def test_the_oldest_workload_without_an_outcome_counts_from_its_creation() -> None:
    """A watcher that has just started knows how long each has waited; one that ends no longer counts."""
    workloads = Workloads(cast(Any, FakeBus()), NOBODY, 30, 600)
    handle = workloads.handler("TrainingWorkload")
    old = {
        "uid": "old",
        "name": "o",
        "namespace": "a",
        "resourceVersion": "1",
        "creationTimestamp": "2026-01-05T10:00:00Z",
    }
    assert workloads.oldest() == 0
    await handle("listed", {"metadata": {**old, "uid": "new", "creationTimestamp": None}, "spec": {}})
    assert workloads.oldest() < 60
    await handle("listed", {"metadata": old, "spec": {}})
    assert workloads.oldest() > 3600
    await handle("deleted", {"metadata": old, "spec": {}})
    assert workloads.oldest() < 60
