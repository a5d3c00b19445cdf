"""What /metrics of running services shows: every metric that is documented, and nothing that a person chose."""

from collections.abc import Mapping
from functools import partial

import pytest
from prometheus_client.parser import text_string_to_metric_families

from generate.services_pages import metrics
from shared.objects import Manifest
from shared.parameters.kinds import KINDS
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.forked import Line
from tests.integration.harness.manifests import policy, training
from tests.integration.harness.services import SERVICES

pytestmark = pytest.mark.contract

CHOSEN = "a-name-that-a-person-chose"
OURS = "slipway_"


async def exposed(line: Line) -> Mapping[str, str]:
    """What each service exposes."""
    return {service: await line.services[service][0].exposed() for service in SERVICES}


async def submitted_and_refused(cluster: Cluster, namespace: str) -> None:
    """Submit one workload that is accepted and one that is not, and wait for both outcomes."""
    await cluster.create(policy("TrainingPolicy", namespace, gpu={"rules": {"max": "4"}}))
    await cluster.create(training(f"{CHOSEN}-1", namespace, image=CHOSEN))
    await cluster.create(training(f"{CHOSEN}-2", namespace, image=CHOSEN, gpu="8"))
    for number, phase in ((1, "Submitted"), (2, "Failed")):
        look = partial(cluster.get, "trainingworkloads", f"{CHOSEN}-{number}", namespace)
        await cluster.wait_for(phase, look, partial(has_phase, phase))


def has_phase(phase: str, workload: Manifest) -> bool:
    """Whether the workload has ended so."""
    return bool(workload.get("status", {}).get("phase") == phase)


async def test_services_expose_what_is_documented_and_nothing_private(
    pipeline: Line, cluster: Cluster, namespace: str
) -> None:
    """Each documented metric is there, at the services and with the labels that its page names, and no other one; no
    name, namespace or value of a person is in any label."""
    await submitted_and_refused(cluster, namespace)
    texts = await exposed(pipeline)
    known = {metric.name: metric for metric in metrics()}
    for service, text in texts.items():
        families = {
            family.name + ("_total" if family.type == "counter" else ""): family
            for family in text_string_to_metric_families(text)
            if family.name.startswith(OURS)
        }
        assert {name for name, metric in known.items() if service in metric.services} <= set(families), service
        assert set(families) <= set(known), service
        for name, family in families.items():
            shown = {label for sample in family.samples for label in sample.labels}
            assert (family.type, shown - {"le"} <= {*known[name].labels}) == (known[name].kind, True), name
        assert CHOSEN not in text
        assert namespace not in text


async def test_metrics_show_how_workloads_end_and_what_the_services_do(
    pipeline: Line, cluster: Cluster, namespace: str
) -> None:
    """Outcomes with reasons, the seconds of a submission and of each hop, calls, watches, leader and readiness."""
    await submitted_and_refused(cluster, namespace)
    shown = {name: await pipeline.services[name][0].metrics() for name in SERVICES}
    status, watcher, creator = shown["status"], shown["watcher"], shown["creator"]
    ended = 'slipway_workloads_ended_total{kind="TrainingWorkload",outcome="%s",reason="%s"}'
    assert status[ended % ("Submitted", "AllCreated")] >= 1
    assert status[ended % ("Failed", "PolicyViolation")] >= 1
    assert status['slipway_submission_seconds_count{outcome="Submitted"}'] >= 1
    assert 0 < status['slipway_submission_seconds_sum{outcome="Submitted"}'] < 60
    assert status['slipway_hop_seconds_count{subject="workload.created"}'] >= 1
    assert creator['slipway_api_requests_total{code="201",verb="create"}'] >= 2
    assert (watcher["slipway_leader"], watcher["slipway_ready"], creator["slipway_ready"]) == (1, 1, 1)
    for kind in KINDS:
        assert watcher[f'slipway_watch_age_seconds{{resource="{kind.workload_plural}"}}'] < 120
    assert watcher["slipway_oldest_unfinished_seconds"] < 60
    assert watcher["slipway_stream_limit_bytes"] > watcher["slipway_stream_bytes"]
