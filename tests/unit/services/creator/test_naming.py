"""Names, labels, and whose they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.creator.naming import is_ours, label_value
from shared.parameters.kinds import INTERACTIVE
from tests.unit.services.creator.cases import names

LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("jane", "jane"),
        ("jane.doe@example.com", "jane.doe-example.com"),
        ("system:serviceaccount:team-a:robot", "system-serviceaccount-team-a-robot"),
        ("CN=Jane Doe (R&D)", "CN-Jane-Doe-R-D"),
        ("--", ""),
        ("", ""),
        ("Зоя", ""),
        ("x" * 70, "x" * 63),
        ("x" * 62 + "-y", "x" * 62),
    ],
)
def test_any_text_becomes_a_label_value(text: str, label: str) -> None:
    assert label_value(text) == label


@given(st.text())
def test_label_values_are_always_valid(text: str) -> None:
    assert LABEL_VALUE.fullmatch(label_value(text))


@given(st.from_regex(LABEL_VALUE, fullmatch=True))
def test_what_is_valid_already_stays_as_it_is(text: str) -> None:
    assert label_value(text) == text


@pytest.mark.parametrize(
    "key",
    [
        "release", "project", "user", "app", "priorityClassName", "gpu-fraction", "gpu-memory", "mps",
        "run.ai/workload-uid", "x.run.ai/y", "runai/queue", "runai-calculated-status", "kai.scheduler/queue",
        "job-name", "controller-uid", "controller-revision-hash", "pod-template-hash",
        "batch.kubernetes.io/job-name", "statefulset.kubernetes.io/pod-name", "kubernetes.io/os", "k8s.io/x",
    ],
)  # fmt: skip
def test_some_keys_are_not_for_users_to_set(key: str) -> None:
    assert is_ours(key)


@pytest.mark.parametrize(
    "key", ["team", "users", "app.kubernetes.io/name", "example.com/user", "notrun.ai/x", "kueue.x-k8s.io/queue-name"]
)
def test_others_are(key: str) -> None:
    assert not is_ours(key)


def test_a_user_who_is_not_known_has_no_label() -> None:
    assert "user" not in names(INTERACTIVE, "j", {"user": ""}).labels
    assert names(INTERACTIVE, "j", {"user": "a@b"}).labels["user"] == "a-b"


def test_helpers_are_named_after_the_job() -> None:
    assert names(INTERACTIVE, "jupyter-1").jupyter == "jupyter-1-jupyter"
