"""Traces: one of each submission, by a header that is a hint, and nothing at all while they are off."""

import asyncio
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.messages import JobObserved, WorkloadCreated, WorkloadObserved, WorkloadRef
from shared.process.spans import OpenTelemetry, ids_of, resource_for
from shared.process.tracing import Off, Spans, recorded_by, spans

UID = "7b1c1c3e-6c0f-4d8a-9a59-0a8c9d1f2e3b"
NOW = datetime.now(UTC)
REF = WorkloadRef(
    kind="TrainingWorkload",
    namespace="runai-a",
    name="w",
    uid=UID,
    generation=1,
    resource_version="1",
    has_status=False,
)
OBSERVED = WorkloadObserved(workload=REF, observed_at=NOW, spec={})
CREATED = WorkloadCreated(workload=REF, observed_at=NOW, job_name="w-1", created=[])


class Recorded:
    """A service whose spans stay in memory."""

    def __init__(self) -> None:
        self._memory = InMemorySpanExporter()
        self.spans = OpenTelemetry("creator", self._memory)

    def all(self) -> dict[str, ReadableSpan]:
        """Every span by its name, once the service has ended."""
        self.spans.close()
        return {span.name: span for span in self._memory.get_finished_spans()}


def trace_of(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context
    return int(context.trace_id)


def handled(headers: dict[str, str] | None, deliveries: int = 1) -> ReadableSpan:
    """The span of a message that came with these headers."""
    service = Recorded()
    with service.spans.handling(OBSERVED, "resolver", headers, deliveries):
        pass
    return service.all()["process workload.observed"]


def parent_of(span: ReadableSpan) -> int:
    assert span.parent
    return int(span.parent.span_id)


def test_spans_of_two_services_form_one_trace_under_the_submission() -> None:
    """What is sent is a child of what is handled, and the receiver's span is a child of what was sent."""
    watcher, status = Recorded(), Recorded()
    with watcher.spans.sending(OBSERVED) as headers:
        pass
    with status.spans.handling(CREATED, "status", dict(headers), 1):
        status.spans.ended(CREATED, time.time() - 2, "Submitted", "AllCreated")
    sent, received = watcher.all()["send workload.observed"], status.all()
    process, root = received["process workload.created"], received["submission"]
    assert {trace_of(span) for span in (sent, process, root)} == {ids_of(UID)[0]}
    context = sent.get_span_context()
    assert context
    assert (parent_of(sent), parent_of(process), root.parent) == (ids_of(UID)[1], context.span_id, None)
    assert root.end_time and root.start_time and root.end_time - root.start_time >= 2e9


@pytest.mark.parametrize("deliveries", [1, 7])
def test_a_redelivery_has_the_same_trace_and_the_same_parent(deliveries: int) -> None:
    """P1: the header is stored with the message, so what is delivered again joins the same trace."""
    watcher = Recorded()
    with watcher.spans.sending(OBSERVED) as headers:
        pass
    span = handled(dict(headers), deliveries)
    context = watcher.all()["send workload.observed"].get_span_context()
    assert context and span.attributes
    assert (trace_of(span), parent_of(span)) == (context.trace_id, context.span_id)
    assert span.attributes["slipway.deliveries"] == deliveries


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")) | st.from_regex(r"[0-9a-f-]{0,60}"))
def test_a_malformed_header_counts_as_none(text: str) -> None:
    """P8: whatever the header holds, the message is handled, in the trace of its workload."""
    service = Recorded()
    with service.spans.handling(OBSERVED, "resolver", {"traceparent": text, "tracestate": text}, 1):
        pass
    span = service.all()["process workload.observed"]
    assert (trace_of(span), parent_of(span)) == ids_of(UID)


def test_a_header_is_not_believed_about_another_trace() -> None:
    """P8: nobody on the bus can put a submission into a trace of their own."""
    forged = handled({"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
    assert (trace_of(forged), parent_of(forged)) == ids_of(UID)


def test_a_job_belongs_to_the_trace_of_its_workload() -> None:
    """The runner's spans join the submission; a job that a person wrote has a trace of its own."""
    owner = {"apiVersion": "run.ai/v1alpha1", "kind": "TrainingWorkload", "name": "w", "uid": UID, "controller": True}
    metadata = {"namespace": "runai-a", "name": "w-1", "uid": "j"}
    made = JobObserved(job={"metadata": {**metadata, "ownerReferences": [owner]}})
    assert (made.submission, JobObserved(job={"metadata": metadata}).submission) == (UID, "j")
    assert made.about == {"job": "runai-a/w-1", "uid": "j", "workload": "runai-a/w"}


def test_the_watcher_decides_for_all_which_submissions_are_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sampler with a ratio keeps that share of submissions, and every service keeps the same ones, root included."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.25")
    watcher, status, kept = Recorded(), Recorded(), 0
    for number in range(400):
        event = CREATED.model_copy(update={"workload": REF.model_copy(update={"uid": f"uid-{number}"})})
        with watcher.spans.sending(event) as headers:
            kept += headers["traceparent"].endswith("-01")
        with status.spans.handling(event, "status", dict(headers), 1):
            status.spans.ended(event, time.time(), "Submitted", "AllCreated")
    assert 60 < kept < 140
    memory = status.spans, status._memory
    memory[0].close()
    assert len(memory[1].get_finished_spans()) == 2 * kept


def test_calls_of_the_api_server_are_shown_under_what_needed_them() -> None:
    """A call outside of any message is left out; a path is shown without its names."""
    service = Recorded()
    service.spans.called("list", "/api/v1/namespaces", "200", 0.1)
    with service.spans.handling(CREATED, "status", None, 1):
        service.spans.called("patch", "/apis/run.ai/v1alpha1/namespaces/runai-a/trainingworkloads/w/status", "200", 0.5)
        service.spans.called("create", "/api/v1/namespaces/runai-a/events", "none", 0.5)
    found = service.all()
    assert set(found) == {"process workload.created", "patch trainingworkloads/status", "create events"}
    patch = found["patch trainingworkloads/status"]
    assert patch.attributes and patch.end_time and patch.start_time
    assert patch.attributes["http.response.status_code"] == 200
    assert patch.end_time - patch.start_time == pytest.approx(0.5e9)
    assert not found["create events"].status.is_ok


async def test_work_that_is_cut_short_is_recorded_as_handed_back() -> None:
    """A span ends with its message, also if the process ends first."""
    service = Recorded()

    async def work() -> None:
        with service.spans.handling(CREATED, "status", None, 1) as handling:
            await asyncio.sleep(60)
            handling.verdict = "done"

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    attributes = service.all()["process workload.created"].attributes
    assert attributes and attributes["slipway.verdict"] == "handed back"


def test_what_the_operator_says_of_a_service_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES replace what the service says of itself."""
    assert resource_for("creator").attributes["service.name"] == "slipway-creator"
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=ours,k8s.cluster.name=east")
    stated = resource_for("creator").attributes
    assert (stated["service.name"], stated["k8s.cluster.name"]) == ("ours", "east")


def test_nothing_of_opentelemetry_is_imported_while_tracing_is_off() -> None:
    """Every service, as it starts without OTEL_*, imports neither API nor SDK, nor what an exporter needs."""
    modules = ["watcher", "resolver", "creator", "status", "runner", "console"]
    code = ";".join(f"import services.{name}.app" for name in modules)
    heavy = ("opentelemetry.trace", "opentelemetry.sdk", "opentelemetry.exporter", "google.protobuf", "requests")
    code += f";import sys; print([name for name in {heavy} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_off_costs_less_than_a_thousandth_of_what_a_message_takes() -> None:
    """What is asked of tracing for one message, while it is off, takes under 10 microseconds of about 10 ms."""
    assert isinstance(spans(), Off)
    assert _seconds_each(Off()) < 10e-6


def _seconds_each(made: Spans, times: int = 2000) -> float:
    """The least of several measurements of what one message asks of tracing, in seconds."""
    least = float("inf")
    with recorded_by(made):
        for _ in range(5):
            began = time.perf_counter()
            for _ in range(times):
                _as_for_one_message()
            least = min(least, (time.perf_counter() - began) / times)
    return least


def _as_for_one_message() -> Any:
    with spans().handling(CREATED, "status", None, 1) as handling:
        for _ in range(3):
            spans().called("patch", "/apis/run.ai/v1alpha1/namespaces/a/trainingworkloads/w", "200", 0.001)
        with spans().sending(CREATED):
            handling.verdict = "done"
    return spans().ids()
