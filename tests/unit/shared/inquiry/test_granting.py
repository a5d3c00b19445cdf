"""What `runai policy lint` says about grants, lists of keys, and limits that bind others."""

import pytest

from shared.inquiry.lint import Weight, by_itself
from shared.parameters.kinds import INFERENCE, INTERACTIVE
from tests.unit.shared.inquiry.test_lint import policy

MENTIONED = (
    "is mentioned, but not granted: workloads can use the policy's own value or items only; to grant more, write"
)


def said(spec: str) -> list[tuple[str, str, str]]:
    """Severity, path and sentence of each finding."""
    return [(one.weight.value, one.path, one.message) for one in by_itself(policy(spec, kind=INTERACTIVE))]


@pytest.mark.parametrize(
    ("spec", "path", "rule"),
    [
        ("hostNetwork: {}", "hostNetwork", "hostNetwork: {rules: {canEdit: true}}"),
        ("hostNetwork: {value: false}", "hostNetwork", "hostNetwork: {rules: {canEdit: true}}"),
        ("hostIpc: {rules: {required: false}}", "hostIpc", "hostIpc: {rules: {canEdit: true}}"),
        ("volumes: {}", "volumes", "volumes: {rules: {canAdd: true}}"),
        (
            "volumes: {items: {a: {value: {sourcePath: /a, targetPath: /a, readOnly: true}}}}",
            "volumes",
            "volumes: {rules: {canAdd: true}}",
        ),
        ("volumes: {itemRules: {readOnly: {required: true}}}", "volumes", "volumes: {rules: {canAdd: true}}"),
        ("exposedUrls: {rules: {required: false}}", "exposedUrls", "exposedUrls: {rules: {canAdd: true}}"),
        (
            "extendedResources: {itemRules: {value: {max: 1}}}",
            "extendedResources",
            "extendedResources: {rules: {canAdd: true}}",
        ),
    ],
)
def test_what_once_granted_by_mention_is_named_with_the_rule_to_write(spec: str, path: str, rule: str) -> None:
    """A policy that only mentions a value gets a warning with the rule that grants it."""
    assert said(spec) == [("warning", path, f"{MENTIONED} {rule}")]


@pytest.mark.parametrize(
    "spec",
    [
        "hostNetwork: {rules: {canEdit: true}}",
        "hostNetwork: {rules: {canEdit: false}, value: false}",
        "hostNetwork: {value: true}",
        "volumes: {rules: {canAdd: true}, itemRules: {readOnly: {required: true}}}",
        "volumes: {itemRules: {nfsServer: {options: [nas]}}}",
        "capabilities: {itemRules: {value: {options: [KILL]}}}",
        "extendedResources: {items: {example.com/fpga: {rules: {canEdit: true}}}}",
        "labels: {items: {example.com/tier: {rules: {canEdit: true}}}}",
    ],
)
def test_an_explicit_grant_or_ban_gets_no_warning(spec: str) -> None:
    """Who writes what they mean is not bothered."""
    assert said(spec) == []


def test_a_listed_key_that_is_never_the_users_is_named() -> None:
    """A policy cannot list a key by which Services or controllers select pods."""
    (found,) = said("labels: {items: {release: {value: x}, team: {value: y}}}")
    assert found[:2] == ("warning", "labels.release")


@pytest.mark.parametrize(
    ("spec", "path", "others"),
    [
        ("gpu: {rules: {max: 1}}", "gpu", "gpuMemory or migProfile"),
        ("gpu: {rules: {max: 1}}, gpuMemory: {rules: {max: 40G}}", "gpu", "migProfile"),
        ("nodePools: {rules: {options: [a]}}", "nodePools", "nodePool"),
        ("namePrefix: {rules: {options: [a]}}", "namePrefix", "name"),
    ],
)
def test_a_limit_says_what_it_also_forbids(spec: str, path: str, others: str) -> None:
    """A note names the parameters that the limit binds, and the rule that would free them."""
    (found,) = said(spec)
    assert found[:2] == (Weight.NOTE, path)
    assert found[2].startswith(f"workloads cannot use {others} instead; to allow it, give it a rule of its own: ")


def test_a_limit_whose_siblings_have_rules_says_nothing() -> None:
    """With a rule or a ban for each of them there is nothing to note."""
    spec = "gpu: {rules: {max: 1}}, gpuMemory: {rules: {max: 40G}}, migProfile: {rules: {canEdit: true}}"
    assert said(spec) == []
    assert by_itself(policy("minScale: {rules: {max: 1}}", kind=INFERENCE)) == []
