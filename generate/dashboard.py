"""The Grafana dashboard, from one line for each of its panels."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.objects import JsonObject

DASHBOARD: Final = Path("deploy/monitoring/dashboard.json")
WIDTH: Final = 24
"""Columns of Grafana's grid."""
HEIGHT: Final = 8
SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
BY_SERVICE: Final = "* on (job, instance) group_left (component) slipway_build_info"
"""Gives each series the label `component`: the service that it comes from."""


@dataclass(frozen=True)
class Panel:
    """One panel: its title, what it says below that, its queries by legend, and the unit of its values."""

    title: str
    meaning: str
    queries: Mapping[str, str]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8


def _quantiles(metric: str, by: str = "", where: str = "") -> str:
    """Return the query of the 95th percentile of a histogram."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile(0.95, sum by ({labels}) (rate({metric}_bucket{where}[$__rate_interval])))"


def _rate(metric: str, by: str) -> str:
    return f"sum by ({by}) (rate({metric}[$__rate_interval]))"


def _by_service(metric: str, by: str = "component") -> str:
    return f"sum by ({by}) (rate({metric}[$__rate_interval]) {BY_SERVICE})"


SUBMITTED: Final = '{outcome="Submitted"}'
ROWS: Final[Mapping[str, tuple[Panel, ...]]] = {
    "Submissions": (
        Panel(
            "Without an outcome",
            "Workloads that were submitted and are neither Submitted nor Failed yet.",
            {"workloads": 'max(slipway_unfinished{what="workloads"})'},
            kind="stat",
            width=4,
        ),
        Panel(
            "Oldest of them",
            "Since the oldest of them was created.",
            {"age": "max(slipway_oldest_unfinished_seconds)"},
            "s",
            "stat",
            4,
        ),
        Panel(
            "Ready",
            "Replicas of each service that are ready.",
            {"{{component}}": f"sum by (component) (slipway_ready {BY_SERVICE})"},
            kind="stat",
            width=12,
        ),
        Panel(
            "Leaders",
            "Watchers that lead: one. None means that no workload is taken up.",
            {"leaders": "sum(slipway_leader)"},
            kind="stat",
            width=4,
        ),
        Panel(
            "Outcomes",
            "Workloads that ended, per second.",
            {"{{outcome}} {{reason}}": _rate("slipway_workloads_ended_total", "outcome, reason")},
            "ops",
        ),
        Panel(
            "From creation to Submitted",
            "Of all submissions, how long the quickest half and 95 of 100 took.",
            {
                "half": f"histogram_quantile(0.5, sum by (le) (rate(slipway_submission_seconds_bucket{SUBMITTED}"
                "[$__rate_interval])))",
                "95 of 100": _quantiles("slipway_submission_seconds", where=SUBMITTED),
            },
            "s",
        ),
        Panel(
            "Each hop",
            "From the bus's receipt of a message until its service has settled it: 95 of 100.",
            {"{{subject}}": _quantiles("slipway_hop_seconds", "subject")},
            "s",
        ),
    ),
    "Bus": (
        Panel(
            "Waiting messages",
            "Messages in the stream, by who has them.",
            {"{{subject}} {{state}}": "max by (subject, state) (slipway_queue_messages)"},
        ),
        Panel(
            "Not taken up",
            "Since messages wait and no service takes any.",
            {"{{subject}}": "max by (subject) (slipway_queue_stalled_seconds)"},
            "s",
        ),
        Panel(
            "Verdicts",
            "What became of deliveries, per second.",
            {"{{subject}} {{verdict}}": _rate("slipway_messages_total", "subject, verdict")},
            "ops",
        ),
        Panel(
            "Delivered again",
            "Deliveries of messages that had been delivered before, per second.",
            {"{{subject}}": _rate("slipway_redeliveries_total", "subject")},
            "ops",
        ),
        Panel(
            "Handling",
            "Work on one delivery: 95 of 100.",
            {"{{subject}}": _quantiles("slipway_handling_seconds", "subject")},
            "s",
        ),
        Panel(
            "Fill of the stream",
            "A full stream refuses messages.",
            {"fill": "max(slipway_stream_bytes) / max(slipway_stream_limit_bytes > 0)"},
            "percentunit",
        ),
    ),
    "API server": (
        Panel(
            "Calls",
            "Calls per second, by service and verb.",
            {"{{component}} {{verb}}": _by_service("slipway_api_requests_total", "component, verb")},
            "reqps",
        ),
        Panel(
            "Refused or unanswered",
            "Calls per second that failed, by HTTP status; conflicts (409) are normal.",
            {"{{component}} {{code}}": _by_service('slipway_api_requests_total{code!~"2.."}', "component, code")},
            "reqps",
        ),
        Panel(
            "Answers",
            "Duration of calls: 95 of 100.",
            {"{{verb}}": _quantiles("slipway_api_request_seconds", "verb", '{verb!="watch"}')},
            "s",
        ),
        Panel(
            "Silence of watches",
            "Since the API server's last sign of life on each watch.",
            {"{{resource}}": "max by (resource) (slipway_watch_age_seconds)"},
            "s",
        ),
        Panel(
            "Missing admission policies",
            "Without them, no workload is resolved.",
            {"missing": "max(slipway_admission_policies_missing)"},
        ),
        Panel(
            "Seals refused",
            "Messages and claims that the resolver did not seal, per second.",
            {"{{what}} {{cause}}": _rate("slipway_seals_refused_total", "what, cause")},
            "ops",
        ),
    ),
    "Console": (
        Panel(
            "Requests",
            "Answers of the console per second, by HTTP status; `left` counts browsers that did not wait.",
            {"{{code}}": _rate("slipway_console_requests_total", "code")},
            "reqps",
        ),
        Panel(
            "Pages",
            "From a request to its answer: 95 of 100.",
            {"{{page}}": _quantiles("slipway_console_request_seconds", "page")},
            "s",
        ),
        Panel(
            "Open pages",
            "Streams that keep pages up to date, and the watches of the API server that they need.",
            {"streams": "sum(slipway_console_streams)", "watches": "sum(slipway_console_watches)"},
        ),
    ),
    "Processes": (
        Panel(
            "Processor",
            "Seconds of processor per second, by service.",
            {"{{component}}": _by_service("process_cpu_seconds_total")},
        ),
        Panel(
            "Memory",
            "Resident memory of each replica.",
            {"{{component}} {{instance}}": f"process_resident_memory_bytes {BY_SERVICE}"},
            "bytes",
        ),
        Panel(
            "Versions",
            "Replicas by service and version; two of one service are normal during an upgrade only.",
            {"{{component}} {{version}}": "count by (component, version) (slipway_build_info)"},
        ),
    ),
}
VARIABLE: Final = {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"}


def dashboard() -> JsonObject:
    """The dashboard as Grafana imports it."""
    return {
        "title": "Slipway",
        "uid": "slipway",
        "tags": ["slipway"],
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [VARIABLE]},
        "panels": [*_panels()],
    }


def _panels() -> Iterator[JsonObject]:
    """Every panel with its place: left to right, in as many lines as that takes."""
    number, top = 0, 0
    for title, panels in ROWS.items():
        number += 1
        yield {"id": number, "type": "row", "title": title, "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1}}
        left, top = 0, top + 1
        for panel in panels:
            if left + panel.width > WIDTH:
                left, top = 0, top + HEIGHT
            number += 1
            yield _panel(panel, number, {"x": left, "y": top, "w": panel.width, "h": HEIGHT})
            left += panel.width
        top += HEIGHT


def _panel(panel: Panel, number: int, place: JsonObject) -> JsonObject:
    targets = [
        {"refId": chr(ord("A") + index), "expr": query, "legendFormat": legend, "datasource": SOURCE}
        for index, (legend, query) in enumerate(panel.queries.items())
    ]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.meaning,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": targets,
    }


def files() -> Mapping[Path, str]:
    """The dashboard's file."""
    return {DASHBOARD: json.dumps(dashboard(), indent=2) + "\n"}
