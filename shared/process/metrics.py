"""What /metrics shows: each metric is made here, with its meaning, so that its page and the tests know all of them.

Labels have few values, and never one that a person chooses: no names, no namespaces, no texts.
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.metrics import MetricWrapperBase

from shared.messages import MESSAGES
from shared.process.tracing import spans

# a second series for each counter and histogram, which nothing here needs
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library says nothing of its types

ON_BUS: Final = ("watcher", "resolver", "creator", "status", "runner")
"""The services that have a connection to the bus."""
EVERY: Final = (*ON_BUS, "console")
"""The services that expose a metric for which nothing else is said."""
CONSUMERS: Final = ("resolver", "creator", "status", "runner")
"""The services that receive messages."""
QUICK: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Bounds, in seconds, for what usually takes milliseconds."""
SLOW: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Bounds, in seconds, for what may have to wait."""
OTHER: Final = "other"
"""Label value of the subjects that no service of this version knows."""


@dataclass(frozen=True)
class Metric:
    """A metric as its page describes it."""

    name: str
    """As in a query: that of a histogram without `_bucket`, `_sum` or `_count`."""
    kind: str
    meaning: str
    labels: Mapping[str, str]
    """The meaning of each label."""
    services: tuple[str, ...]
    """Those that expose it."""


METRICS: Final[list[Metric]] = []
"""Every metric of the modules that are imported."""


def _noted(made: MetricWrapperBase, metric: Metric) -> None:
    made_up = [label for label in metric.labels if not metric.labels[label]]
    assert not made_up, f"{metric.name}: {made_up} have no meaning"
    METRICS.append(metric)


def counter(
    name: str, meaning: str, labels: Mapping[str, str] | None = None, services: tuple[str, ...] = EVERY
) -> Counter:
    """Make a counter; its name ends in `_total`, and `labels` has the meaning of each label."""
    made = Counter(name, meaning, [*(labels or {})])
    _noted(made, Metric(name, "counter", meaning, labels or {}, services))
    return made


def gauge(name: str, meaning: str, labels: Mapping[str, str] | None = None, services: tuple[str, ...] = EVERY) -> Gauge:
    """Make a gauge; `labels` has the meaning of each label."""
    made = Gauge(name, meaning, [*(labels or {})])
    _noted(made, Metric(name, "gauge", meaning, labels or {}, services))
    return made


def histogram(
    name: str,
    meaning: str,
    labels: Mapping[str, str] | None = None,
    services: tuple[str, ...] = EVERY,
    bounds: Sequence[float] = QUICK,
) -> Histogram:
    """Make a histogram of seconds; `labels` has the meaning of each label."""
    made = Histogram(name, meaning, [*(labels or {})], buckets=bounds)
    _noted(made, Metric(name, "histogram", meaning, labels or {}, services))
    return made


SUBJECT: Final = {"subject": "subject of the messages"}
VERB: Final = {"verb": "Kubernetes' word for what was asked, such as `patch`"}
API_REQUESTS = counter(
    "slipway_api_requests_total",
    "Calls of the API server",
    {**VERB, "code": "HTTP status, or `none` without an answer"},
)
API_SECONDS = histogram(
    "slipway_api_request_seconds",
    "Seconds from a call of the API server to its whole answer; of a watch, to its beginning",
    VERB,
)
BUILD = gauge(
    "slipway_build_info",
    "Always 1; says what runs",
    {"component": "the service", "version": "Slipway's version", "python": "Python's version"},
)
READY = gauge("slipway_ready", "1 if /readyz succeeds, otherwise 0")


def api_called(verb: str, path: str, code: str, seconds: float) -> None:
    """Count a call of the API server, and let the trace show it."""
    spans().called(verb, path, code, seconds)
    API_REQUESTS.labels(verb, code).inc()
    API_SECONDS.labels(verb).observe(seconds)


def says_what_runs(service: str) -> None:
    """Let /metrics say which service this is, and of which version."""
    BUILD.labels(service, version("slipway"), platform.python_version()).set(1)


def known_subject(subject: str) -> str:
    """Return the subject as a label: one that anybody may have made up is `other`."""
    return subject if any(subject == message.subject for message in MESSAGES) else OTHER


def exposed() -> bytes:
    """Return everything in the text format of Prometheus."""
    return generate_latest(REGISTRY)
