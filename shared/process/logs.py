"""Structured logs: a fixed phrase and keys, one line of JSON each (or readable on a console)."""

import logging
import sys
import time

import structlog

from shared.process.tracing import spans


def set_up(service: str, log_format: str, level: str) -> None:
    """Send this process's logs, and those of its libraries, to standard error in one format.

    `auto` is text for people on a terminal, and JSON elsewhere.
    """
    if log_format == "auto":
        log_format = "console" if sys.stderr.isatty() else "json"
    numeric = logging.getLevelNamesMapping()[level.upper()]
    common: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        _with_trace,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    tail: list[structlog.types.Processor] = (
        [
            # without the values of variables: they hold tokens and what users keep private
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ]
        if log_format == "json"
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    structlog.configure(
        processors=[*common, *tail],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Seldom())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tail]
        )
    )
    logging.basicConfig(handlers=[handler], level=max(numeric, logging.WARNING), force=True)


class Seldom(logging.Filter):
    """Lets each complaint of OpenTelemetry pass once a minute: without a collector, it has one for every span."""

    def __init__(self, every: float = 60.0) -> None:
        """`every` is in seconds."""
        super().__init__()
        self._every, self._next = every, dict[str, float]()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is to be logged."""
        if not record.name.startswith("opentelemetry"):
            return True
        now, key = time.monotonic(), f"{record.name} {record.msg}"[:500]
        if now < self._next.get(key, 0.0):
            return False
        self._next = {known: until for known, until in self._next.items() if until > now} | {key: now + self._every}
        return True


def _with_trace(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Add the ids of the trace and the span that are under way."""
    return {**event, **spans().ids()}
