"""Spans of OpenTelemetry: made, sent by OTLP over HTTP, and passed on in the headers of messages.

Only `shared.process.service` imports this, and only if tracing is on. Spans hold identities, verdicts and reasons, and
no text that a person, a policy or the API server wrote.
"""

import hashlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
    use_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.kubernetes.calls import UNANSWERED, resource_of
from shared.messages import Message, durable_of
from shared.process.tracing import Handling

SUBMISSION: Final = "submission"
"""The span of the whole submission, whose children are those of the services."""
HEADER: Final = "traceparent"
"""The header of a message with the span that sent it, as W3C Trace Context writes it."""
CLOSED_WITHIN: Final = 2.0
"""Seconds that sending the last spans may take when the process ends."""
BAD: Final = ("failed", "dropped")
"""Verdicts that mark a span as an error."""
NANO: Final = 1_000_000_000


class _Ids(RandomIdGenerator):
    """Random ids, except for the root of a trace, which is made with the ids that follow from the workload."""

    given: SpanContext | None = None

    def generate_span_id(self) -> int:
        return self.given.span_id if self.given else super().generate_span_id()

    def generate_trace_id(self) -> int:
        return self.given.trace_id if self.given else super().generate_trace_id()


class OpenTelemetry:
    """Records spans and sends them to where the environment variables OTEL_* say."""

    def __init__(self, service: str, exporter: SpanExporter | None = None) -> None:
        """`exporter` is for tests; the spans of one process are sent together, now and then."""
        self._ids = _Ids()
        self._provider = TracerProvider(resource=resource_for(service), id_generator=self._ids, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("slipway", version("slipway"))
        self._header = TraceContextTextMapPropagator()

    @contextmanager
    def handling(
        self, message: Message, service: str, headers: Mapping[str, str] | None, deliveries: int
    ) -> Iterator[Handling]:
        """Record the handling of a message as a child of its sending."""
        span = self._tracer.start_span(
            f"process {message.subject}",
            _within(self._sender(message, headers)),
            SpanKind.CONSUMER,
            {
                **_about(message),
                "messaging.operation.type": "process",
                "messaging.consumer.group.name": durable_of(service, type(message)),
                "slipway.deliveries": deliveries,
            },
        )
        made = Handling()
        try:
            with use_span(span, record_exception=False, set_status_on_exception=False):
                yield made
        finally:
            span.set_attribute("slipway.verdict", made.verdict)
            if made.verdict in BAD:
                span.set_status(Status(StatusCode.ERROR, made.verdict))
            span.end()

    @contextmanager
    def sending(self, message: Message) -> Iterator[Mapping[str, str]]:
        """Record that a message is sent, as a child of what is under way, else of the submission."""
        current = get_current_span()
        parent = current if current.get_span_context().is_valid else NonRecordingSpan(self._root(message))
        span = self._tracer.start_span(
            f"send {message.subject}",
            _within(parent),
            SpanKind.PRODUCER,
            {**_about(message), "messaging.operation.type": "send"},
        )
        headers: dict[str, str] = {}
        self._header.inject(headers, _within(span))
        try:
            yield headers
        except Exception as error:
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            span.end()

    def called(self, verb: str, path: str, code: str, seconds: float) -> None:
        """Record a call of the API server under the span that is under way; one for no submission is left out."""
        if not get_current_span().is_recording():
            return
        now, resource = time.time_ns(), resource_of(path)
        attributes: dict[str, str | int] = {"slipway.verb": verb, "slipway.resource": resource}
        if code != UNANSWERED:
            attributes["http.response.status_code"] = int(code)
        span = self._tracer.start_span(
            f"{verb} {resource}", kind=SpanKind.CLIENT, attributes=attributes, start_time=now - int(seconds * NANO)
        )
        if code == UNANSWERED or code >= "500":
            span.set_status(Status(StatusCode.ERROR))
        span.end(now)

    def ended(self, message: Message, began: float, outcome: str, reason: str) -> None:
        """Record the root of the trace, if the rest of it is recorded."""
        if not get_current_span().get_span_context().trace_flags.sampled:
            return
        self._ids.given = self._root(message)
        try:
            span = self._tracer.start_span(
                SUBMISSION,
                Context(),
                attributes={**_identity(message), "slipway.outcome": outcome, "slipway.reason": reason},
                start_time=int(began * NANO),
            )
        finally:
            self._ids.given = None
        if outcome == "Failed":
            span.set_status(Status(StatusCode.ERROR, reason))
        span.end()

    def ids(self) -> Mapping[str, str]:
        """Return the ids as backends show them."""
        context = get_current_span().get_span_context()
        if not context.is_valid:
            return {}
        return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}

    def close(self) -> None:
        """Send the last spans; a collector that does not answer cannot hold up the end of the process."""
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(CLOSED_WITHIN)

    def _sender(self, message: Message, headers: Mapping[str, str] | None) -> Span:
        """Return the span that sent the message; the submission itself if the header is missing, or not to be believed.

        It is believed only about the trace of the message's own workload.
        """
        root = self._root(message)
        stated = (headers or {}).get(HEADER)
        if stated is None:
            return NonRecordingSpan(root)
        found = get_current_span(self._header.extract({HEADER: stated}, Context())).get_span_context()
        return NonRecordingSpan(found if found.trace_id == root.trace_id else root)

    def _root(self, message: Message) -> SpanContext:
        """Return the root of the message's trace; whether it is sampled is decided here, by its id."""
        trace, span = ids_of(message.submission)
        decided = self._provider.sampler.should_sample(Context(), trace, SUBMISSION).decision
        flags = TraceFlags(TraceFlags.SAMPLED if decided is Decision.RECORD_AND_SAMPLE else TraceFlags.DEFAULT)
        return SpanContext(trace, span, is_remote=True, trace_flags=flags)


def ids_of(submission: str) -> tuple[int, int]:
    """Return the ids of a submission's trace and of its root span, which follow from the workload's uid.

    They are a digest: samplers need ids whose digits are all random, and those of a uid are not.
    """
    digest = hashlib.sha256(f"slipway/{submission}".encode()).digest()
    return int.from_bytes(digest[:16]) or 1, int.from_bytes(digest[16:24]) or 1


def resource_for(service: str) -> Resource:
    """Return what describes this process; what OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say comes first."""
    ours = {
        "service.name": f"slipway-{service}",
        "service.version": version("slipway"),
        "service.instance.id": socket.gethostname(),
    }
    stated = OTELResourceDetector().detect().attributes
    return Resource.create({**ours, **stated})


def _within(span: Span) -> Context:
    return set_span_in_context(span, Context())


def _about(message: Message) -> dict[str, str | int]:
    found = {**_identity(message), "messaging.system": "nats", "messaging.destination.name": message.subject}
    return found | ({"messaging.message.id": message.message_id} if message.message_id else {})


def _identity(message: Message) -> dict[str, str | int]:
    return {f"slipway.{key}": value for key, value in message.about.items()}
