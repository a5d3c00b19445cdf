"""Names, labels and owners."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.outputs.naming import label_value
from shared.parameters.kinds import INTERACTIVE
from tests.unit.shared.outputs.cases import names

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
    """Text that people write becomes a readable label value, row by row."""
    assert label_value(text) == label


@given(st.text())
def test_label_values_are_always_valid(text: str) -> None:
    """Any text becomes a label value that Kubernetes accepts."""
    assert LABEL_VALUE.fullmatch(label_value(text))


@given(st.from_regex(LABEL_VALUE, fullmatch=True))
def test_what_is_valid_already_stays_as_it_is(text: str) -> None:
    """A valid label value is not changed."""
    assert label_value(text) == text


def test_a_user_who_is_not_known_has_no_label() -> None:
    """There is no user label without a known user."""
    assert "user" not in names(INTERACTIVE, "j", {"user": ""}).labels
    assert names(INTERACTIVE, "j", {"user": "a@b"}).labels["user"] == "a-b"


def test_helpers_are_named_after_the_job() -> None:
    """Helper resources have the job's name and their purpose."""
    assert names(INTERACTIVE, "jupyter-1").jupyter == "jupyter-1-jupyter"
