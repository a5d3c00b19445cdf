"""What is never shown of a value."""

from typing import Any

import pytest

from cli.workloads.page import values
from shared.inquiry.secrecy import CREDENTIALS, hidden
from shared.parameters.storage import Credential, ObjectStore, Repository
from shared.parameters.types import Members


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("gpu", "1", "1"),
        ("notebookToken", "hunter2", "(hidden)"),
        ("notebookToken", "SECRET:nb,token", "SECRET:nb,token"),
        ("environment", {"API_TOKEN": "hunter2", "SEED": "1"}, {"API_TOKEN": "(hidden)", "SEED": "1"}),
        ("environment", {"DB_PASSWORD": "SECRET:db,password"}, {"DB_PASSWORD": "SECRET:db,password"}),
        ("environment", {"DB": "postgres://u:hunter2@db/x"}, {"DB": "postgres://u:(hidden)@db/x"}),
        ("gitSync", {"a": {"password": "hunter2", "branch": "x"}}, {"a": {"password": "(hidden)", "branch": "x"}}),
        ("gitSync", {"a": {"source": "https://u:hunter2@x/y"}}, {"a": {"source": "https://u:(hidden)@x/y"}}),
        ("gitSync", {"a": {"source": "https://x:8443/y@z"}}, {"a": {"source": "https://x:8443/y@z"}}),
        (
            "s3",
            {"a": {"key": "SECRET:s,key", "secret": "hunter2"}},
            {"a": {"key": "SECRET:s,key", "secret": "(hidden)"}},
        ),
    ],
)
def test_the_secret_itself_is_hidden_and_where_it_is_kept_is_not(name: str, value: Any, shown: Any) -> None:
    assert hidden(name, value) == shown
    if isinstance(value, dict):
        assert {label: hidden(name, one, label) for label, one in value.items()} == shown


def test_every_member_that_has_to_refer_to_a_secret_is_known() -> None:
    models: dict[str, type[Members]] = {"gitSync": Repository, "s3": ObjectStore}
    found = {
        name: {member for member, field in model.model_fields.items() if Credential in _types(field.annotation)}
        for name, model in models.items()
    }
    assert found == CREDENTIALS


def _types(annotation: Any) -> tuple[Any, ...]:
    return (annotation, *getattr(annotation, "__args__", ()))


def test_a_workload_that_states_its_passwords_is_shown_without_them() -> None:
    spec = {
        "gitSync": {"items": {"a": {"value": {"password": "hunter2", "source": "https://u:hunter2@x/y"}}}},
        "environment": {"items": {"API_KEY": {"value": "hunter2"}, "OLD_TOKEN": {"deleted": True}}},
        "notebookToken": {"value": "hunter2"},
    }
    assert values(spec, "team-a") == [
        "Project:        team-a",
        "environment:",
        "  API_KEY:    (hidden)",
        "  OLD_TOKEN:  (deleted)",
        "gitSync:",
        "  a:  password=(hidden), source=https://u:(hidden)@x/y",
        "notebookToken:  (hidden)",
    ]
