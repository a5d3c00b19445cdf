"""The alert rules and the dashboard that are shipped: Prometheus can read them, and the code exposes what they show."""

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml

from generate.files import ROOT
from generate.services_pages import metrics
from tests.unit.docs.test_links import anchors

MONITORING = ROOT / "deploy" / "monitoring"
OF_PYTHON = {"process_cpu_seconds_total", "process_resident_memory_bytes"}
"""Metrics of the library itself."""
GIVEN_BY_PROMETHEUS = {"job", "instance"}
"""Labels that every series gets when it is scraped."""


def alerts() -> list[dict[str, Any]]:
    """Every alert rule."""
    groups = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """Every panel of the dashboard that shows something."""
    found = json.loads((MONITORING / "dashboard.json").read_text())["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def queries() -> Iterator[tuple[str, str]]:
    """Every query, with what it belongs to. What Grafana puts in is a time like any other."""
    yield from ((rule["alert"], rule["expr"]) for rule in alerts())
    for panel in panels():
        yield from ((panel["title"], target["expr"].replace("$__rate_interval", "5m")) for target in panel["targets"])


def series() -> dict[str, set[str]]:
    """The labels of every series that the code exposes, by its name in a query."""
    found = {name: set[str]() for name in OF_PYTHON}
    for metric in metrics():
        if metric.kind == "histogram":
            found |= {f"{metric.name}_{end}": {*metric.labels} for end in ("sum", "count")}
            found[f"{metric.name}_bucket"] = {*metric.labels, "le"}
        else:
            found[metric.name] = {*metric.labels}
    return found


def selected(query: str) -> Iterator[tuple[str, set[str]]]:
    """Every series that the query selects, with the labels that it compares."""
    found: list[Any] = []
    promql_parser.walk(promql_parser.parse(query), found.append)
    for part in found:
        if isinstance(part, promql_parser.VectorSelector):
            yield str(part.name), {matcher.name for matcher in part.matchers.matchers}


@pytest.mark.parametrize(("where", "query"), list(queries()), ids=lambda value: value[:40])
def test_each_query_parses_and_selects_what_the_code_exposes(where: str, query: str) -> None:
    """Every query can be parsed, and each metric and label that it selects exists."""
    known = series()
    for name, labels in selected(query):
        assert name in known, f"{where}: no service exposes {name}"
        assert labels <= known[name], f"{where}: {name} has no label {labels - known[name]}"


@pytest.mark.parametrize(("where", "query"), list(queries()), ids=lambda value: value[:40])
def test_each_query_groups_by_labels_that_exist(where: str, query: str) -> None:
    """Every label in `by`, `on` and `group_left` belongs to some series of the query, or is given by Prometheus."""
    known = series()
    there = GIVEN_BY_PROMETHEUS.union(*(known[name] for name, _ in selected(query)))
    named = re.findall(r"(?:by|on|group_left) \(([^)]*)\)", query)
    grouped = {label.strip() for labels in named for label in labels.split(",")}
    assert grouped <= there, where


def test_a_query_that_selects_nothing_of_ours_is_found() -> None:
    """A misspelt metric is seen, wherever it stands in a query."""
    query = "sum by (a) (rate(slipway_mispelt_total[5m])) / sum(slipway_ready)"
    assert [name for name, _ in selected(query)] == ["slipway_mispelt_total", "slipway_ready"]


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_each_alert_says_what_is_wrong_and_where_to_read_on(rule: dict[str, Any]) -> None:
    """Every alert has a severity, a summary, a description and a link to its remedy."""
    assert rule["labels"]["severity"] in {"warning", "critical"}
    said = rule["annotations"]
    assert said["summary"].endswith((".", ").")), said
    assert said["description"].endswith("."), said
    assert said["runbook_url"] == f"docs/operations.md#alert-{rule['alert'].lower()}"


def test_the_link_of_each_alert_leads_to_its_section_and_no_section_is_left_over() -> None:
    """Each alert has a section of the operator's manual, and each such section is about an alert that exists."""
    sections = {anchor for anchor in anchors(ROOT / "docs" / "operations.md") if anchor.startswith("alert-")}
    assert sections == {rule["annotations"]["runbook_url"].partition("#")[2] for rule in alerts()}


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_shows_labels_that_its_result_has(rule: dict[str, Any]) -> None:
    """A text names no label that the query has aggregated away."""
    shown = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
    kept = re.findall(r"(?:by|group_left) \(([^)]*)\)|(component)=", rule["expr"])
    labels = {label.strip() for pair in kept for found in pair for label in found.split(",")}
    assert shown <= labels | (GIVEN_BY_PROMETHEUS if "sum" not in rule["expr"] else set())


def test_panels_have_meanings_and_do_not_overlap() -> None:
    """Every panel says what it shows, and stands on its own part of the grid."""
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        assert panel["description"].endswith("."), panel["title"]
        place = panel["gridPos"]
        cells = {(place["x"] + right, place["y"] + down) for right in range(place["w"]) for down in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
