"""P8: from acceptance to the end there is progress, a visible retry, or a final reason; and P7: every reason has the
same words wherever people look.
"""

import asyncio
import json
import signal
import time
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from shared.messages import WorkloadObserved, WorkloadRef
from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.commands import Type
from tests.integration.harness.faults import Answer, Delay, Silence
from tests.integration.harness.forked import Line
from tests.integration.harness.manifests import interactive, policy
from tests.integration.harness.outcome import condition, history, messages, names_of, notes, nothing_left, violations
from tests.integration.harness.outcomes import drained
from tests.integration.harness.services import STOPPED_WITHIN, ServiceProcess

pytestmark = pytest.mark.contract

GIVE_UP_AFTER = 6.0
DRAIN_TIMEOUT = 5.0
SETTINGS = {
    "CREATOR_GIVE_UP_AFTER": str(GIVE_UP_AFTER),
    "RESOLVER_GIVE_UP_AFTER": str(GIVE_UP_AFTER),
    "CREATOR_WORKERS": "4",
    "SLIPWAY_API_TIMEOUT": "60",
    "SLIPWAY_DRAIN_TIMEOUT": str(DRAIN_TIMEOUT),
}
"""In seconds. A call may take longer than a service may take to end, in which case the call is cut off."""
BEYOND = STOPPED_WITHIN - 15.0
"""Seconds that ending may take beyond the drain, whose default is 15."""
PORTS = {"web": {"container": 8080, "external": 80}}
CONSUMED = {
    "workload.observed": "resolver", "workload.resolved": "creator", "workload.created": "status",
    "workload.rejected": "status", "workload.failed": "status", "workload.delayed": "status", "job.observed": "runner",
}  # fmt: skip
"""The service that consumes each subject."""


def a_workload(name: str, namespace: str, **spec: Any) -> Manifest:
    return interactive(name, namespace, name=name, image="ubuntu", **spec)


# ------------------------------------------------------------------------------- a busy server, retried and given up
STARTING = 'services "patient" is forbidden: not yet ready to handle request'
"""What an API server says just after its start, if it has not read its own admission rules."""


@pytest.mark.parametrize(
    ("of", "refuses", "answer", "step"),
    [
        ("creator", {"verb": "create", "resource": "services"}, Answer(503, "no room"), "Created"),
        ("creator", {"verb": "create", "resource": "services"}, Answer(403, STARTING, "Forbidden"), "Created"),
        ("resolver", {"verb": "list", "resource": "interactivepolicies"}, Answer(503, "no room"), "Resolved"),
    ],
    ids=["creator", "server that starts", "resolver"],
)
async def test_a_retry_is_visible_and_goes_on(
    of: str, refuses: dict[str, str], answer: Answer, step: str, cluster: Cluster, pipeline: Line, namespace: str
) -> None:
    """P8: a retry is visible on the workload, and goes on."""
    sentence = f"{answer.message} (the {of} tries again)"
    with pipeline.proxy.on(answer, client=f"{of}-.*", **refuses):
        workload = await cluster.create(a_workload("patient", namespace, ports=PORTS))

        async def told() -> Manifest | None:
            return condition(await cluster.get("interactiveworkloads", "patient", namespace), step)

        seen = await cluster.wait_for("the retry to be told", told)
        assert seen
        assert (seen["status"], seen["reason"], seen["message"]) == ("False", "Retrying", sentence)
        now = await cluster.get("interactiveworkloads", "patient", namespace)
        assert history(now) == [("Warning", "Retrying", sentence)]
        assert "phase" not in now["status"]
    submitted = await cluster.submitted(workload)
    assert [kind for kind, _, _ in history(submitted)] == ["Warning", "Info"]
    assert {one["status"] for one in submitted["status"]["conditions"]} == {"True"}


@pytest.mark.parametrize(
    ("of", "refuses", "made"),
    [
        ("creator", {"verb": "create", "resource": "services"}, ["ConfigMap given-up"]),
        ("resolver", {"verb": "list", "resource": "interactivepolicies"}, []),
    ],
)
async def test_the_last_retry_ends_in_failed(
    of: str, refuses: dict[str, str], made: list[str], cluster: Cluster, pipeline: Line, namespace: str
) -> None:
    """P8: the last retry ends in Failed."""
    with pipeline.proxy.on(Answer(503, "no room"), client=f"{of}-.*", **refuses) as rule:
        began = time.monotonic()
        failed = await cluster.failed(await cluster.create(a_workload("given-up", namespace, ports=PORTS)))
        assert time.monotonic() - began >= GIVE_UP_AFTER
        assert rule.matched < 20  # tries, at growing intervals
    (error,) = messages(failed)
    assert error.startswith("gave up after ")
    assert error.endswith(" tries: no room")
    ended = condition(failed, "Submitted")
    assert ended
    assert (ended["status"], ended["reason"], ended["message"]) == ("False", "GaveUp", error)
    told = [message for message in messages(failed, "Info") if "created" in message]
    assert told == [f"had been created: {', '.join(made)}"] * bool(made)
    await nothing_left(cluster, namespace)
    await drained(cluster, pipeline)


MISSING_RIGHT = 'interactiveworkloads "unrecorded" is forbidden: User "creator" cannot patch resource'


@pytest.mark.parametrize("words", [MISSING_RIGHT, "the workload may not be patched"])
async def test_a_register_that_may_not_be_written(words: str, cluster: Cluster, pipeline: Line, namespace: str) -> None:
    """If a missing right or a rule prevents the record of the job's name, the workload is Failed and leaves nothing."""
    mine = {"client": "creator-.*", "verb": "patch", "resource": "interactiveworkloads"}
    with pipeline.proxy.on(Answer(403, words, "Forbidden"), **mine):
        failed = await cluster.failed(await cluster.create(a_workload("unrecorded", namespace)))
        assert words in messages(failed)[0]
        await nothing_left(cluster, namespace)
    await drained(cluster, pipeline)


# ------------------------------------------------------------------------------------------------------- the same words
async def test_every_reason_in_the_same_words_everywhere(
    runai: Type, cluster: Cluster, pipeline: Line, namespace: str, project: str
) -> None:
    """P7: status, event and command line use the same sentences."""
    rules: dict[str, Any] = {"gpu": {"rules": {"max": "4"}}, "ports": {"itemRules": {"container": {"min": 30000}}}}
    await cluster.create(policy("InteractivePolicy", namespace, **rules))
    sentences = ["gpu: must be no greater than 4", "ports.web.container: must be no less than 30000"]
    failed = await cluster.failed(await cluster.create(a_workload("wrong", namespace, gpu="5", ports=PORTS)))
    assert violations(failed) == sentences
    assert messages(failed) == sentences
    together = "; ".join(sentences)
    resolved = condition(failed, "Resolved")
    assert resolved
    assert resolved["message"] == together
    (event,) = await cluster.wait_for("the event", lambda: notes(cluster, failed))
    assert event == ("Warning", "PolicyViolation", together)
    described = await cluster.kubectl("describe", "-n", namespace, "interactiveworkload", "wrong")
    assert together in described
    page = (await runai(f"describe workload wrong --interactive -p {project}")).out
    for sentence in sentences:
        assert any(line.endswith(f"Error  {sentence}") for line in page.splitlines()), page


# ----------------------------------------------------------------------------------- messages that nobody can process
async def test_unreadable_messages_are_set_aside(cluster: Cluster, pipeline: Line, namespace: str) -> None:
    """P8: unreadable messages are set aside and stop nothing."""
    junk = [b"", b"not json", b"\xff\xfe\x00", b"{}", b"[1, 2]", b'{"workload": {"kind": 7}}', b"null" * 5000]
    before = {subject: await _set_aside(pipeline, subject) for subject in CONSUMED}
    workloads = [await cluster.create(a_workload("before", namespace))]
    await asyncio.gather(*(pipeline.publish(subject, body) for subject in CONSUMED for body in junk))
    workloads.append(await cluster.create(a_workload("after", namespace)))
    for workload in workloads:
        await cluster.submitted(workload)
    await drained(cluster, pipeline)
    for subject, service in CONSUMED.items():
        # at least once: without a timely confirmation the broker delivers a message again
        assert len(junk) <= await _set_aside(pipeline, subject) - before[subject] <= 2 * len(junk)
        log = pipeline.services[service][0].log.read_text()
        assert any('"unreadable message set aside"' in line and subject in line for line in log.splitlines())


async def test_a_kind_that_is_unknown_is_set_aside(cluster: Cluster, pipeline: Line, namespace: str) -> None:
    """P8: a message about an unknown kind is set aside."""
    known = WorkloadRef(
        kind="InteractiveWorkload", namespace=namespace, name="x", uid="u", generation=1, resource_version="1"
    )
    message = WorkloadObserved(workload=known, observed_at=datetime.now(UTC), spec={})
    before = await _set_aside(pipeline, "workload.observed")
    body = message.model_dump_json(by_alias=True).replace("InteractiveWorkload", "StrangeWorkload")
    await pipeline.publish("workload.observed", body.encode())
    await cluster.submitted(await cluster.create(a_workload("neighbour", namespace)))
    await drained(cluster, pipeline)
    assert await _set_aside(pipeline, "workload.observed") == before + 1


async def test_a_message_that_nobody_reads_is_set_aside(cluster: Cluster, pipeline: Line, namespace: str) -> None:
    """P8: a message with an unknown subject is set aside."""
    for subject in ("workload.strange", "job.strange"):
        await pipeline.publish(subject, json.dumps({"workload": "?"}).encode())
    await cluster.submitted(await cluster.create(a_workload("neighbour", namespace)))
    await drained(cluster, pipeline)
    assert await _set_aside(pipeline, "unknown", "watcher") == 2
    log = pipeline.services["watcher"][0].log.read_text()
    assert log.count('"unknown messages set aside"') == 2


async def test_a_message_about_a_workload_that_is_no_more(cluster: Cluster, pipeline: Line, namespace: str) -> None:
    """A message about a deleted workload makes nothing."""
    gone = await cluster.submitted(await cluster.create(a_workload("gone", namespace)))
    await cluster.delete("interactiveworkloads", "gone", namespace)
    await nothing_left(cluster, namespace)
    metadata = gone["metadata"]
    ref = WorkloadRef(
        kind="InteractiveWorkload", namespace=namespace, name="gone", uid=metadata["uid"],
        generation=1, resource_version=metadata["resourceVersion"],
    )  # fmt: skip
    message = WorkloadObserved(workload=ref, attempt=99, observed_at=datetime.now(UTC), spec=gone["spec"])
    await pipeline.publish("workload.observed", message.model_dump_json(by_alias=True).encode())
    await cluster.submitted(await cluster.create(a_workload("neighbour", namespace)))
    await drained(cluster, pipeline)
    await nothing_left(cluster, namespace, but=_outputs("neighbour"))


# --------------------------------------------------------------------------------------------- ending in time
async def test_what_is_in_hand_is_finished(cluster: Cluster, pipeline: Line, namespace: str) -> None:
    """SIGTERM lets a creation finish."""
    (creator,) = pipeline.services["creator"]
    with pipeline.proxy.on(Delay(2), verb="create", resource="runaijobs", client="creator-.*") as slow:
        workload = await cluster.create(a_workload("in-hand", namespace))
        await cluster.wait_for("the job to be under way", _count(slow, "acted"))
        await creator.stop()
        assert creator.exit_code == 0
        await cluster.submitted(workload)  # without a creator: it published the outcome before it ended


async def test_what_does_not_end_is_handed_back(cluster: Cluster, pipeline: Line, namespace: str) -> None:
    """SIGTERM hands back what does not finish in time."""
    (creator,) = pipeline.services["creator"]
    with pipeline.proxy.on(Silence(), verb="create", resource="runaijobs", client="creator-.*") as silent:
        workload = await cluster.create(a_workload("hangs", namespace))
        await cluster.wait_for("the job to be under way", _count(silent, "acted"))
        assert DRAIN_TIMEOUT <= await _stopped_after(creator) < DRAIN_TIMEOUT + BEYOND
        assert creator.exit_code == 0
        assert silent.acted == 1  # nobody tried it again in the meantime
    creator.start()
    await cluster.submitted(workload)
    assert await names_of(cluster, namespace) == sorted(_outputs("hangs"))


async def test_what_is_waiting_is_handed_back(cluster: Cluster, pipeline: Line, namespace: str) -> None:
    """SIGTERM hands back what has not begun."""
    (creator,) = pipeline.services["creator"]
    many = [a_workload(f"one-of-{number}", namespace) for number in range(16)]
    with pipeline.proxy.on(Delay(0.3), verb="create", client="creator-.*") as slow:
        await asyncio.gather(*(cluster.create(one) for one in many))
        await cluster.wait_for("some to be under way", _count(slow, "acted"), lambda count: count >= 4)
        assert await _stopped_after(creator) < DRAIN_TIMEOUT + BEYOND
        assert creator.exit_code == 0
    phases = [one.get("status", {}).get("phase") for one in await cluster.items("interactiveworkloads", namespace)]
    assert None in phases  # it did not finish its queue first
    creator.start()
    for one in many:
        await cluster.submitted(one)
    jobs = Counter(item["metadata"]["name"] for item in await cluster.items("runaijobs", namespace))
    assert jobs == Counter(one["metadata"]["name"] for one in many)


@pytest.mark.parametrize("service", sorted(set(CONSUMED.values()) | {"watcher"}))
async def test_every_service_ends_at_a_word(service: str, pipeline: Line) -> None:
    """Every service ends with code 0 at SIGTERM."""
    (process,) = pipeline.services[service]
    assert await _stopped_after(process) < BEYOND
    assert process.exit_code == 0
    assert '"stopped"' in process.tail(3)


# ------------------------------------------------------------------------------------------------- health and metrics
async def test_a_bus_that_is_away_is_told_and_survived(cluster: Cluster, pipeline: Line, namespace: str) -> None:
    """A broker that is away makes services not ready, and they recover."""
    before = [process.pid for process in pipeline.services.all]
    pipeline.nats.kill()

    async def ready() -> set[bool]:
        return {await process.is_ready() for process in pipeline.services.all}

    await cluster.wait_for("no service to be ready", ready, lambda seen: seen == {False})
    assert all([await process.is_alive() for process in pipeline.services.all])
    workload = await cluster.create(a_workload("meanwhile", namespace))
    pipeline.nats.start()
    await pipeline.services.ready()
    await cluster.submitted(workload)
    assert [process.pid for process in pipeline.services.all] == before


async def test_metrics_count_what_was_done(cluster: Cluster, pipeline: Line, namespace: str) -> None:
    """Metrics count the messages that were handled."""
    subjects = ("workload.observed", "workload.resolved", "workload.created")
    before = {subject: await _handled(pipeline, subject, "done") for subject in subjects}
    await cluster.submitted(await cluster.create(a_workload("counted", namespace)))
    await drained(cluster, pipeline)
    for subject in subjects:
        assert await _handled(pipeline, subject, "done") == before[subject] + 1
        metrics = await pipeline.services[CONSUMED[subject]][0].metrics()
        assert metrics[f'slipway_handling_seconds_count{{subject="{subject}"}}'] >= 1
        assert metrics["slipway_messages_in_hand"] == 0

    async def unfinished() -> float:
        metrics = await pipeline.services["watcher"][0].metrics()
        return metrics['slipway_unfinished{what="workloads"}']

    await cluster.wait_for("the watcher to have nothing unfinished", unfinished, lambda count: count == 0)


async def test_every_line_about_a_message_says_which_workload(cluster: Cluster, pipeline: Line, namespace: str) -> None:
    """Every log line about a message names its workload."""
    workload = await cluster.submitted(await cluster.create(a_workload("logged", namespace)))

    async def told(service: str) -> list[dict[str, Any]]:
        whole, _, _ = pipeline.services[service][0].log.read_text().rpartition("\n")
        lines = [json.loads(line) for line in whole.splitlines()]
        return [line for line in lines if line.get("uid") == workload["metadata"]["uid"]]

    # Services write it after they finish with the message, which may be after Submitted.
    for service in ("resolver", "creator"):
        for line in await cluster.wait_for(f"a line of the {service}", partial(told, service)):
            assert (line["workload"], line["kind"], line["generation"]) == (
                f"{namespace}/logged", "InteractiveWorkload", 1,
            )  # fmt: skip


def _outputs(name: str) -> tuple[str, ...]:
    """Everything that there is of `a_workload` without ports, the engine's part included."""
    return (f"ConfigMap/{name}", f"RunaiJob/{name}", f"StatefulSet/{name}-0")


def _count(rule: object, what: str) -> Any:
    async def look() -> int:
        return int(getattr(rule, what))

    return look


async def _stopped_after(process: ServiceProcess) -> float:
    """Seconds from SIGTERM to its end."""
    began = time.monotonic()
    process.send(signal.SIGTERM)
    await asyncio.to_thread(process.wait)
    return time.monotonic() - began


async def _handled(pipeline: Line, subject: str, verdict: str, service: str = "") -> float:
    metrics = await pipeline.services[service or CONSUMED[subject]][0].metrics()
    return metrics.get(f'slipway_messages_total{{subject="{subject}",verdict="{verdict}"}}', 0.0)


async def _set_aside(pipeline: Line, subject: str, service: str = "") -> float:
    return await _handled(pipeline, subject, "unreadable", service)
