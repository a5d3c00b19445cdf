"""What a policy allows, in words."""

from typing import Any

import pytest

from shared.inquiry.allowed import allowed_at, in_words

POLICY: dict[str, Any] = {
    "metadata": {"name": "interactive-policy", "namespace": "runai"},
    "spec": {
        "gpu": {"rules": {"required": True, "min": "1", "max": "4"}, "value": "1"},
        "cpu": {"rules": {"min": "1", "step": "0.5"}},
        "imagePullPolicy": {"rules": {"canEdit": False}, "value": {"value": "Never"}},
        "image": {"rules": {"options": ["a", {"value": "b", "displayed": "B"}]}},
        "runAsUser": {"value": True},
        "ports": {
            "rules": {"canAdd": False},
            "itemRules": {"container": {"min": 30000, "max": 32767}, "external": {"max": 32767}},
            "items": {
                "admin": {"rules": {"canRemove": False, "canEdit": False}, "value": {"container": 30100}},
                "a.b": {"value": {"container": 30101}},
            },
        },
    },
}


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("gpu", "1 to 4, required"),
        ("cpu", "1 or more, in steps of 0.5"),
        ("imagePullPolicy", "only Never"),
        ("image", "one of a, b"),
        ("runAsUser", ""),
        ("memory", ""),
        ("ports", "only the policy's own items"),
        ("ports.mine.container", "30000 to 32767; only the policy's own items"),
        ("ports.mine.external", "32767 or less; only the policy's own items"),
        ("ports.mine", "only the policy's own items"),
        ("ports.admin", "only container=30100, cannot be removed"),
        ("ports.a.b.container", "30000 to 32767"),
    ],
)
def test_what_a_policy_allows_at_a_place(path: str, allowed: str) -> None:
    """What a policy allows at a path, in words."""
    assert allowed_at(POLICY["spec"], path) == allowed


@pytest.mark.parametrize(
    ("rules", "default", "words"),
    [
        ({}, None, ""),
        ({"canEdit": False}, None, "only the policy's own value"),
        ({"canEdit": False}, True, "only true"),
        ({"canEdit": True, "canRemove": True, "required": False}, 1, ""),
        ({"max": 0}, None, "0 or less"),
        ({"options": "broken"}, None, ""),
    ],
)
def test_rules_in_words(rules: dict[str, Any], default: Any, words: str) -> None:
    """Rules in words, row by row."""
    assert in_words(rules, default) == words


@pytest.mark.parametrize(
    "spec", [{"gpu": "broken"}, {"gpu": {"rules": "broken"}}, {"ports": {"items": [], "rules": 1}}]
)
def test_a_broken_policy_breaks_nothing(spec: dict[str, Any]) -> None:
    """A malformed policy is described as allowing nothing in particular."""
    assert allowed_at(spec, "gpu") == ""
    assert allowed_at(spec, "ports.a.container") == ""
