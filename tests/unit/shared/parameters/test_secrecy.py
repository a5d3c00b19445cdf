"""Values that are never shown."""

from typing import Any

import pytest

from cli.workloads.page import values
from shared.parameters.secrecy import hidden, secrets_in, unquoted
from tests.unit.shared.resolution.sources import refused


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
    """A value is shown without the secret itself; a reference to a Secret is shown as it is."""
    assert hidden(name, value) == shown
    if isinstance(value, dict):
        assert {label: hidden(name, one, label) for label, one in value.items()} == shown


def test_a_workload_that_states_its_passwords_is_shown_without_them() -> None:
    """`runai describe workload` prints no password, wherever it was written."""
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


def test_a_sentence_quotes_the_policys_variable_unless_it_is_named_like_a_secret() -> None:
    """The name of an environment variable says whether its value is a secret; sentences follow it as pages do."""
    policy = {"environment": {"items": {
        "SEED": {"value": "1", "rules": {"canEdit": False}},
        "API_TOKEN": {"value": "hunter2", "rules": {"canEdit": False}},
    }}}  # fmt: skip
    mine = {"environment": {"items": {"SEED": {"value": "2"}, "API_TOKEN": {"value": "mine"}}}}
    assert refused(mine, policy=policy) == [
        "environment.SEED: cannot be changed (policy value is 1)",
        "environment.API_TOKEN: cannot be changed (policy value is (hidden))",
    ]


@pytest.mark.parametrize(
    ("secret", "said", "shown"),
    [
        ("hunter2hunter2", "xhunter2hunter2y", "x(hidden)y"),
        ("x", "xx x, x.", "xx (hidden), (hidden)."),
        ('a"b\n', r'Invalid value: "a\"b\n"', 'Invalid value: "(hidden)"'),
        ("pässwörter", r'"p\u00e4ssw\u00f6rter" pässwörter', '"(hidden)" (hidden)'),
        ("", "nothing", "nothing"),
        ("irrelevant", "https://u:pw@host", "https://u:(hidden)@host"),
    ],
)
def test_a_text_of_others_is_shown_without_the_secrets_that_it_quotes(secret: str, said: str, shown: str) -> None:
    """P9: a secret is found in each of its spellings; a short one only as a whole word."""
    assert unquoted(said, [secret] if secret else []) == shown


def test_the_secrets_of_a_values_set_are_those_in_plain() -> None:
    """References, names of Secrets and ordinary variables are no secrets."""
    values = {
        "environment": {"API_KEY": "one", "SEED": "1", "TOKEN": "SECRET:s,k", "DB_PASSWORD": ""},
        "notebookToken": "two",
        "imagePullSecrets": {"a": "registry"},
        "gitSync": {"a": {"source": "https://g", "password": "SECRET:g,k"}},
        "image": "x",
    }
    assert secrets_in(values) == {"one", "two"}
