"""Logs: JSON in a pod, text on a terminal, with the ids of the trace, and never with what is private."""

import io
import json
import logging
from collections.abc import Iterator, Mapping

import pytest
import structlog

from shared.process.logs import Seldom, set_up
from shared.process.tracing import Off, recorded_by


class Terminal(io.StringIO):
    """Standard error of a process, which may be a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


class Traced(Off):
    """A trace under way."""

    def ids(self) -> Mapping[str, str]:
        return {"trace_id": "t", "span_id": "s"}


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    handlers, level = [*logging.root.handlers], logging.root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def fail() -> None:
    """Fail with a variable that is private."""
    password = "hunter" + "2"
    raise ValueError(len(password))


def logged(monkeypatch: pytest.MonkeyPatch, log_format: str, *, terminal: bool) -> str:
    """What a service that starts with this format writes about an error of its own."""
    written = Terminal(terminal=terminal)
    monkeypatch.setattr("sys.stderr", written)
    set_up("creator", log_format, "info")
    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("handler failed", workload="runai-a/w")
    return written.getvalue()


@pytest.mark.parametrize(
    ("log_format", "terminal", "as_json"),
    [("auto", False, True), ("auto", True, False), ("json", True, True), ("console", False, False)],
)
def test_a_log_is_json_unless_a_person_reads_it(
    monkeypatch: pytest.MonkeyPatch, log_format: str, terminal: bool, as_json: bool
) -> None:
    """`auto` looks where the log goes; the other formats are what they say."""
    text = logged(monkeypatch, log_format, terminal=terminal)
    assert text.startswith("{") is as_json
    if as_json:
        (line,) = map(json.loads, text.splitlines())
        assert (line["event"], line["level"], line["service"]) == ("handler failed", "error", "creator")
        assert (line["workload"], "timestamp" in line) == ("runai-a/w", True)


@pytest.mark.parametrize("terminal", [False, True])
def test_a_traceback_shows_no_values_of_variables(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    """Variables hold tokens and what users keep private."""
    text = logged(monkeypatch, "auto", terminal=terminal)
    assert "ValueError" in text
    assert "hunter2" not in text


def test_a_log_names_the_trace_that_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of Slipway and of its libraries have the ids of trace and span; without a trace, none."""
    written = Terminal(terminal=False)
    monkeypatch.setattr("sys.stderr", written)
    set_up("creator", "json", "info")
    structlog.get_logger().info("outside")
    with recorded_by(Traced()):
        structlog.get_logger().info("inside")
        logging.getLogger("some.library").warning("inside")
    outside, *inside = map(json.loads, written.getvalue().splitlines())
    assert "trace_id" not in outside
    assert [(line["trace_id"], line["span_id"]) for line in inside] == [("t", "s")] * 2


def test_opentelemetry_complains_seldom_and_others_always() -> None:
    """Without a collector, the exporter has a complaint for every batch, and later for every span."""
    seldom = Seldom(every=3600.0)

    def passes(name: str, message: str) -> bool:
        return bool(seldom.filter(logging.LogRecord(name, logging.WARNING, "", 0, message, None, None)))

    exporter = "opentelemetry.exporter.otlp"
    assert [passes(exporter, "away") for _ in range(3)] == [True, False, False]
    assert passes(exporter, "queue full")
    assert [passes("nats", "away") for _ in range(3)] == [True, True, True]
