"""Each alert fires when what it is about happens, not before, and not while all is well; by Prometheus' own evaluation.

promtool reads series as `start+step x count`, one value a minute.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.tools import PROMTOOL, provide
from generate.files import ROOT

RULES = ROOT / "deploy" / "monitoring" / "alerts.yaml"
MINUTES = 60
"""Length of each story."""
SERVICES = ("watcher", "resolver", "creator", "status", "runner", "console")
Series = dict[str, str]


def of(service: str, name: str, **labels: str) -> str:
    """A series of a service's only replica."""
    said = {"job": "slipway/slipway", "instance": f"{service}:8080", **labels}
    return name + "{" + ",".join(f'{label}="{value}"' for label, value in said.items()) + "}"


def steady(value: float) -> str:
    """The value in each minute."""
    return f"{value}x{MINUTES}"


def growing(by: float) -> str:
    """A counter that grows in each minute."""
    return f"0+{by}x{MINUTES}"


def bucket(bound: str) -> str:
    return of("status", "slipway_submission_seconds_bucket", outcome="Submitted", le=bound)


def page(bound: str) -> str:
    return of("console", "slipway_console_request_seconds_bucket", page="/p/{project}/jobs", le=bound)


def answers(code: str) -> str:
    return of("console", "slipway_console_requests_total", page="/p/{project}/jobs", code=code)


def calls(service: str, verb: str, code: str) -> str:
    return of(service, "slipway_api_requests_total", verb=verb, code=code)


BUILDS = {one: of(one, "slipway_build_info", component=one, version="1", python="3") for one in SERVICES}
DONE = of("resolver", "slipway_messages_total", subject="workload.observed", verdict="done")
WELL: Series = {
    **{BUILDS[one]: steady(1) for one in SERVICES},
    **{of(one, "slipway_ready"): steady(1) for one in SERVICES},
    **{calls(one, "patch", "200"): growing(600) for one in SERVICES},
    calls("creator", "create", "403"): growing(5),  # a quota that is used up
    calls("creator", "patch", "409"): growing(200),
    calls("console", "list", "403"): growing(5),  # somebody who may see one project asks for all
    of("watcher", "slipway_leader"): steady(1),
    of("watcher", "slipway_watch_age_seconds", resource="trainingworkloads"): steady(60),
    of("watcher", "slipway_queue_stalled_seconds", subject="workload.observed"): steady(0),
    of("watcher", "slipway_oldest_unfinished_seconds"): steady(20),
    of("watcher", "slipway_stream_bytes"): steady(1000),
    of("watcher", "slipway_stream_limit_bytes"): steady(1e9),
    **{bucket(bound): growing(count) for bound, count in (("0.5", 90), ("10.0", 100), ("60.0", 100), ("+Inf", 100))},
    **{page(bound): growing(count) for bound, count in (("0.5", 95), ("10.0", 100), ("30.0", 100), ("+Inf", 100))},
    **{answers(code): growing(count) for code, count in (("200", 100), ("403", 10), ("left", 5), ("503", 1))},
    DONE: growing(100),
    of("status", "slipway_outcomes_unrecorded_total", subject="workload.created", reason="Forbidden"): steady(0),
    of("resolver", "slipway_bus_troubles_total", kind="silence"): growing(1),
    of("resolver", "slipway_admission_policies_missing"): steady(0),
    of("creator", "slipway_seals_refused_total", what="message", cause="Unsealed"): steady(3),
}
"""An installation in which all is well."""


@dataclass(frozen=True)
class Trouble:
    """What happens, and the alert that must tell."""

    alert: str
    changes: Series
    """Series that are other than when all is well; an empty text removes one."""
    labels: dict[str, str]
    """What the alert says, besides its name and severity."""
    quiet_at: int
    """A minute at which it does not fire yet."""
    fires_by: int
    """A minute at which it does."""


CREATOR = {"component": "creator"}
TROUBLES = (
    Trouble("SlipwayDown", {BUILDS["creator"]: f"1x10 _x{MINUTES}"}, CREATOR, 14, 22),
    Trouble(
        "SlipwayNotReady",
        {of("creator", "slipway_ready"): f"1x10 0x{MINUTES}"},
        {**CREATOR, "job": "slipway/slipway", "instance": "creator:8080"},
        14,
        17,
    ),
    Trouble("SlipwayNoLeader", {of("watcher", "slipway_leader"): f"1x10 0x{MINUTES}"}, {}, 11, 14),
    Trouble(
        "SlipwayWatchSilent",
        {of("watcher", "slipway_watch_age_seconds", resource="trainingworkloads"): growing(60)},
        {"resource": "trainingworkloads"},
        4,
        7,
    ),
    Trouble(
        "SlipwayQueueStalled",
        {of("watcher", "slipway_queue_stalled_seconds", subject="workload.observed"): growing(60)},
        {"subject": "workload.observed"},
        2,
        5,
    ),
    Trouble("SlipwayWorkloadsWait", {of("watcher", "slipway_oldest_unfinished_seconds"): growing(60)}, {}, 33, 37),
    Trouble("SlipwaySubmissionsSlow", {bucket("0.5"): growing(50), bucket("10.0"): growing(60)}, {}, 10, 20),
    Trouble(
        "SlipwayInternalErrors",
        {of("resolver", "slipway_messages_total", subject="workload.observed", verdict="failed"): f"0x10 1x{MINUTES}"},
        {"subject": "workload.observed"},
        10,
        12,
    ),
    Trouble(
        "SlipwayMessagesDropped",
        {of("runner", "slipway_messages_total", subject="job.observed", verdict="unreadable"): f"0x10 1x{MINUTES}"},
        {"subject": "job.observed", "verdict": "unreadable"},
        10,
        12,
    ),
    Trouble(
        "SlipwayOutcomesUnrecorded",
        {
            of(
                "status", "slipway_outcomes_unrecorded_total", subject="workload.created", reason="Forbidden"
            ): f"0x10 1x{MINUTES}"
        },
        {"reason": "Forbidden"},
        10,
        12,
    ),
    Trouble("SlipwayApiErrors", {calls("creator", "patch", "503"): growing(200)}, CREATOR, 9, 15),
    Trouble(
        "SlipwayApiDenied",
        {calls("resolver", "list", "401"): growing(2)},
        {"component": "resolver", "verb": "list", "code": "401"},
        4,
        12,
    ),
    Trouble(
        "SlipwayBusRefuses",
        {of("resolver", "slipway_bus_troubles_total", kind="password"): growing(1)},
        {"component": "resolver", "kind": "password"},
        4,
        10,
    ),
    Trouble("SlipwayStreamNearlyFull", {of("watcher", "slipway_stream_bytes"): steady(9e8)}, {}, 4, 7),
    Trouble("SlipwayConsoleErrors", {answers("503"): growing(20)}, {}, 4, 12),
    Trouble(
        "SlipwayConsoleSlow",
        {page("0.5"): growing(50), page("10.0"): growing(60)},
        {"page": "/p/{project}/jobs"},
        10,
        20,
    ),
    Trouble("SlipwayAdmissionMissing", {of("resolver", "slipway_admission_policies_missing"): steady(2)}, {}, 1, 4),
    Trouble(
        "SlipwaySealsRefused",
        {of("creator", "slipway_seals_refused_total", what="message", cause="Unsealed"): f"3x10 4x{MINUTES}"},
        {"what": "message", "cause": "Unsealed"},
        10,
        12,
    ),
)


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Prometheus' own tool, built if it is missing."""
    return provide([PROMTOOL])["promtool"]


def severity(alert: str) -> str:
    """The severity of the alert."""
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    return str(next(rule["labels"]["severity"] for rule in rules if rule["alert"] == alert))


def firing(at: int, which: str, *expected: dict[str, str]) -> dict[str, Any]:
    """The question which alerts fire in that minute, with the answer that is expected."""
    shown = [
        {"labels": "ALERTS{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}", "value": 1}
        for labels in expected
    ]
    return {"expr": f'ALERTS{{alertstate="firing"{which}}}', "eval_time": f"{at}m", "exp_samples": shown}


def evaluated(promtool: Path, folder: Path, series: Series, questions: list[dict[str, Any]]) -> None:
    """Have Prometheus' tool evaluate the rules on these series. AssertionError with its words if an answer differs."""
    story = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items() if values],
        "promql_expr_test": questions,
    }
    file = folder / "story.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [story]}))
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_accepts_the_rules(promtool: Path) -> None:
    """`promtool check rules` has nothing to say."""
    done = subprocess.run([promtool, "check", "rules", RULES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_alert_fires_while_all_is_well(promtool: Path, tmp_path: Path) -> None:
    """Conflicts, a used-up quota and a broker that is silent now and then disturb nobody."""
    evaluated(promtool, tmp_path, WELL, [firing(at, "") for at in (5, 20, 55)])


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.alert)
def test_an_alert_fires_when_it_should_and_not_before(trouble: Trouble, promtool: Path, tmp_path: Path) -> None:
    """It fires with the labels that its text shows, and no other alert fires with it at first."""
    which = f', alertname="{trouble.alert}"'
    said = {"alertname": trouble.alert, "alertstate": "firing", "severity": severity(trouble.alert), **trouble.labels}
    questions = [firing(trouble.quiet_at, which), firing(trouble.fires_by, which, said)]
    evaluated(promtool, tmp_path, {**WELL, **trouble.changes}, questions)


def test_every_alert_is_tried() -> None:
    """The list of troubles has all alerts."""
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    assert [trouble.alert for trouble in TROUBLES] == [rule["alert"] for rule in rules]
