"""How the API server is reached, and as whom."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.access import UnusableError, acting_as, read_access


# ------------------------------------------------------------ as whom
def test_who_acts_as_somebody_else_says_so_in_headers() -> None:
    user = {
        "token": "t",
        "as": "ann",
        "as-uid": "u-1",
        "as-groups": ["dev", "ops"],
        "as-user-extra": {"reason": ["a", "b"], "example.com/ü%": ["c"]},
    }
    assert acting_as(user) == (
        ("Impersonate-User", "ann"),
        ("Impersonate-Uid", "u-1"),
        ("Impersonate-Group", "dev"),
        ("Impersonate-Group", "ops"),
        ("Impersonate-Extra-reason", "a"),
        ("Impersonate-Extra-reason", "b"),
        ("Impersonate-Extra-example.com%2F%C3%BC%25", "c"),
    )


@pytest.mark.parametrize("user", [{}, {"as": None}, {"as": "", "as-groups": None, "as-uid": ""}])
def test_who_acts_as_nobody_else_says_nothing(user: dict[str, Any]) -> None:
    assert acting_as(user) == ()


@pytest.mark.parametrize(
    "user",
    [
        {"as-groups": ["dev"]},
        {"as-uid": "u"},
        {"as-user-extra": {"k": ["v"]}},
        {"as": 7},
        {"as": False},
        {"as": ["ann"]},
        {"as": "ann\nX-Other: 1"},
        {"as": "ann", "as-groups": "dev"},
        {"as": "ann", "as-groups": [1]},
        {"as": "ann", "as-user-extra": ["v"]},
        {"as": "ann", "as-user-extra": {"k": "v"}},
    ],
)
def test_nobody_acts_as_themselves_by_a_mistake(user: dict[str, Any]) -> None:
    with pytest.raises(UnusableError):
        acting_as(user)


async def test_of_several_files_the_first_that_names_the_user_counts(tmp_path: Path) -> None:
    first = kubeconfig(tmp_path / "first", {"as": "ann"})
    second = kubeconfig(tmp_path / "second", {"as": "bob"})
    (tmp_path / "empty").write_text(yaml.safe_dump({"users": []}))
    together = f"{tmp_path / 'empty'}:{first}:{second}"
    assert (await read_access(together, None)).acting_as == (("Impersonate-User", "ann"),)


async def test_the_user_is_that_of_the_context(tmp_path: Path) -> None:
    plain = {
        "users": [{"name": "plain", "user": {}}],
        "contexts": [{"name": "plain", "context": {"cluster": "c", "user": "plain"}}],
    }
    (tmp_path / "plain").write_text(yaml.safe_dump(plain))
    both = f"{kubeconfig(tmp_path / 'config', {'as': 'ann'})}:{tmp_path / 'plain'}"
    assert (await read_access(both, None)).acting_as == (("Impersonate-User", "ann"),)
    assert (await read_access(both, "plain")).acting_as == ()


def kubeconfig(path: Path, user: dict[str, Any], server: str = "https://cluster.example:6443", **cluster: Any) -> str:
    content = {
        "current-context": "here",
        "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(yaml.safe_dump(content))
    return str(path)
