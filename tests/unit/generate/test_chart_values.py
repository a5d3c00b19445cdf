"""What follows from the comments of a values.yaml."""

import pytest

from generate.chart_values import page, schema, values

TEXT = """\
# A heading of the file.

# Reports workloads.
watcher:
  # Number of pods;
  # at least one is active.
  replicas: 2
  # Settings of this service.
  settings: {}
  # Requests and limits.
  resources:
    requests: {cpu: 1m}
# Projects. An example:
#
#   projects: [{name: a}]
projects: []
"""


def test_a_value_is_described_by_the_comment_above_it() -> None:
    """A comment may have several lines; an example after an empty line, and a heading of the file, are left out."""
    watcher, projects = values(TEXT)
    assert watcher.meaning == "Reports workloads."
    assert [one.path for one in watcher.inner] == ["watcher.replicas", "watcher.settings", "watcher.resources"]
    assert watcher.inner[0].meaning == "Number of pods; at least one is active."
    assert watcher.inner[2].default == {"requests": {"cpu": "1m"}}
    assert projects.meaning == "Projects. An example:"


def test_a_value_without_a_comment_is_named() -> None:
    """Nothing can be set of which nobody says what it is."""
    with pytest.raises(ValueError, match=r"no comment says what these values mean: watcher\.more"):
        values("# A.\nwatcher:\n  # B.\n  known: 1\n  more: 2\n")


def test_the_schema_knows_every_setting_of_a_service_and_none_of_the_chart() -> None:
    """A misspelt setting is refused at once, and so is one that the chart states itself."""
    known = schema(values(TEXT))["properties"]["watcher"]["properties"]["settings"]
    assert known["additionalProperties"] is False
    assert {"WATCHER_RESYNC", "SLIPWAY_LOG_LEVEL"} <= set(known["properties"])
    assert not {"SLIPWAY_NATS_URL", "WATCHER_LEASE_NAMESPACE", "CREATOR_WORKERS"} & set(known["properties"])


def test_the_page_lists_default_and_meaning() -> None:
    """A person finds a value by its path."""
    text = page(values(TEXT))
    assert "| `watcher.replicas` | `2` | Number of pods; at least one is active. |" in text
    assert "| `projects` |  | Projects. An example: |" in text
