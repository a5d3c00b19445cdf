"""One trace shows a submission from its creation to its end, through all services, whatever happens on the way."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from deploy.local.controlplane import ControlPlane
from deploy.local.ports import HeldPort
from shared.messages import STREAM, WorkloadObserved
from tests.integration.harness.broker import talking
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.collector import Collector, Span, collecting
from tests.integration.harness.forked import Line, forked_line
from tests.integration.harness.manifests import policy, training
from tests.integration.harness.prepare import HOME, WATCHERS_LEASE

pytestmark = pytest.mark.contract

HOPS = {
    "slipway-watcher": {"send workload.observed", "send job.observed"},
    "slipway-resolver": {"process workload.observed", "send workload.resolved"},
    "slipway-creator": {"process workload.resolved", "send workload.created"},
    "slipway-status": {"process workload.created", "submission"},
    "slipway-runner": {"process job.observed"},
}
"""What each service records of a submission that succeeds and whose job runs, besides its calls of the API server."""
OTHER = "0af7651916cd43dd8448eb211c80319c"
LIES = (f"00-{OTHER}-b7ad6b7169203331-01", "00-nonsense", "\u00e9" * 4000, f"ff-{OTHER}-0000000000000000-ff")
"""Headers that nobody should believe."""


@dataclass(frozen=True)
class Seen:
    """Services, and what shows them at work."""

    line: Line
    collector: Collector
    cluster: Cluster

    async def submit(self, name: str, namespace: str, *spans: str) -> list[Span]:
        """Submit a workload, wait until its trace has its root and these spans, and return that."""
        await self.cluster.create(training(name, namespace, name=name, image="ubuntu"))
        return await self.trace(name, namespace, *spans)

    async def trace(self, name: str, namespace: str, *spans: str) -> list[Span]:
        """Wait until the workload's trace has its root and these spans, and all spans between them."""

        async def look() -> list[Span]:
            return self.collector.trace_of(f"{namespace}/{name}")

        def is_complete(found: list[Span]) -> bool:
            ids = {span.id for span in found}
            whole = all(span.parent in ids for span in found if span.parent)
            return whole and {"submission", *spans} <= {span.name for span in found}

        return await self.cluster.wait_for(f"the trace of {name}", look, is_complete)


@pytest.fixture(scope="module")
async def module_seen(
    cluster: Cluster, control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Seen]:
    """All five services, which send their traces to a collector."""
    folder = tmp_path_factory.mktemp("seen")
    try:
        async with (
            collecting() as collector,
            forked_line(control_plane.kubeconfig, folder, environment=collector.environment) as line,
        ):
            yield Seen(line, collector, cluster)
    finally:
        await cluster.delete("leases", WATCHERS_LEASE, HOME)


@pytest.fixture
async def seen(module_seen: Seen, namespace: str) -> AsyncIterator[Seen]:
    """The module's services in working order; what the test breaks is repaired afterwards."""
    module_seen.line.proxy.forget()
    yield module_seen
    await module_seen.line.mend()


def recorded(spans: list[Span]) -> dict[str, set[str]]:
    """The names of spans by service, without calls of the API server."""
    found: dict[str, set[str]] = {}
    for span in spans:
        if "slipway.verb" not in span.said:
            found.setdefault(span.service, set()).add(span.name)
    return found


def root_of(spans: list[Span]) -> Span:
    """The one root of a trace."""
    (root,) = [span for span in spans if not span.parent]
    assert root.name == "submission"
    return root


async def test_one_trace_goes_from_creation_to_submitted_and_to_the_running_job(seen: Seen, namespace: str) -> None:
    """All five services join one trace, whose root takes as long as the submission did; logs name the trace."""
    spans = await seen.submit("first", namespace, "process job.observed", "send job.observed")
    names = recorded(spans)
    for service, wanted in HOPS.items():
        assert wanted <= names[service], service
    root = root_of(spans)
    assert min(span.began for span in spans) >= root.began - 0.05
    assert root.said["slipway.outcome"] == "Submitted"
    assert {"patch trainingworkloads", "create configmaps", "create runaijobs"} <= {span.name for span in spans}
    log = seen.line.services["creator"][0].log.read_text()
    about = [line for line in map(json.loads, log.splitlines()) if line.get("workload") == f"{namespace}/first"]
    assert {line.get("trace_id") for line in about} == {root.trace}


async def test_a_refused_workload_has_a_trace_with_its_reason(seen: Seen, namespace: str) -> None:
    """P8: the trace of a workload that fails ends with the reason, and holds no text that a person wrote."""
    text = "an-image-that-a-person-chose"
    await seen.cluster.create(policy("TrainingPolicy", namespace, image={"rules": {"options": [{"value": text}]}}))
    root = root_of(await seen.submit("refused", namespace))
    assert (root.said["slipway.outcome"], root.said["slipway.reason"]) == ("Failed", "PolicyViolation")
    assert text not in str(seen.collector.spans)


async def test_a_trace_survives_a_crash_and_a_header_that_lies(seen: Seen, namespace: str) -> None:
    """P1 and P8: what is delivered again joins the same trace; a header that is malformed, or that names another trace,
    changes nothing."""
    line = seen.line
    line.services.kill("resolver")
    await seen.cluster.create(training("again", namespace, name="again", image="ubuntu"))
    await repeat(line)
    line.crash("creator", 1, after=True)
    line.services.restart("resolver")
    await line.died("creator")
    line.services.restart("creator")
    spans = await seen.trace("again", namespace)
    root = root_of(spans)
    assert root.said["slipway.outcome"] == "Submitted"
    heard = [span for span in spans if span.name == "process workload.observed"]
    assert len(heard) > len(LIES)
    assert len([span for span in heard if span.parent == root.id]) == len(LIES), "none of the senders is believed"
    handled = [span for span in spans if span.name == "process workload.resolved"]
    assert max(int(span.said["slipway.deliveries"]) for span in handled) > 1
    assert OTHER not in {span.trace for span in seen.collector.spans}


async def repeat(line: Line) -> None:
    """Wait for the first message, and publish it again with each of the headers that lie."""
    async with talking(line.nats) as client:
        stream = client.jetstream()
        async with asyncio.timeout(30):
            while not (await stream.stream_info(STREAM)).state.messages:
                await asyncio.sleep(0.05)
        message = await stream.get_last_msg(STREAM, WorkloadObserved.subject)
        for header in LIES:
            await stream.publish(WorkloadObserved.subject, message.data or b"", headers={"traceparent": header})


async def test_without_its_collector_a_service_works_and_ends_in_time(seen: Seen, namespace: str) -> None:
    """P2: traces are a hint as well. A collector that is away delays nothing, and is complained about now and then."""
    nobody, services = HeldPort(), seen.line.services
    address = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{nobody.number}"}
    await services.ready(alone := services.launch("status", address))
    services.named("status-0").kill()
    await seen.cluster.create(training("alone", namespace, name="alone", image="ubuntu"))
    await seen.cluster.wait_for(
        "its outcome",
        lambda: seen.cluster.get("trainingworkloads", "alone", namespace),
        lambda one: one.get("status", {}).get("phase") == "Submitted",
    )
    await alone.stop()
    assert alone.exit_code == 0
    complaints = [line for line in alone.log.read_text().splitlines() if f"{nobody.number}" in line]
    assert 0 < len(complaints) <= 2, complaints
