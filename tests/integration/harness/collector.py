"""A receiver of traces, as OpenTelemetry's own collector is: OTLP over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

PATH = "/v1/traces"


@dataclass(frozen=True)
class Span:
    """A span as a service sent it."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    began: float
    """Seconds since 1970."""
    seconds: float
    said: dict[str, str | int | float | bool]


@dataclass
class Collector:
    """What has arrived."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a service that sends its traces here, soon."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}

    def of(self, **said: str) -> list[Span]:
        """The spans with these attributes, whose names begin with `slipway.`."""
        return [span for span in self.spans if all(span.said.get(f"slipway.{k}") == v for k, v in said.items())]

    def trace_of(self, workload: str) -> list[Span]:
        """All spans of the trace in which this workload (`namespace/name`) is submitted; empty if nothing has arrived.

        AssertionError if it has several traces.
        """
        traces = {span.trace for span in self.of(workload=workload)}
        assert len(traces) <= 1, traces
        return [span for span in self.spans if span.trace in traces]

    async def receive(self, request: web.Request) -> web.Response:
        """Take what a service sends."""
        sent = ExportTraceServiceRequest.FromString(await request.read())
        for group in sent.resource_spans:
            resource = {pair.key: _value(pair.value) for pair in group.resource.attributes}
            for scope in group.scope_spans:
                self.spans += [
                    Span(
                        str(resource["service.name"]),
                        span.name,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        span.start_time_unix_nano / 1e9,
                        (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
                        {pair.key: _value(pair.value) for pair in span.attributes},
                    )
                    for span in scope.spans
                ]
        body = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=body, content_type="application/x-protobuf")


def _value(value: AnyValue) -> str | int | float | bool:
    found: str | int | float | bool = getattr(value, str(value.WhichOneof("value")))
    return found


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """A collector on a port of its own."""
    collector, app = Collector(), web.Application()
    app.add_routes([web.post(PATH, collector.receive)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    collector.url = f"http://{host}:{port}"
    try:
        yield collector
    finally:
        await runner.cleanup()
