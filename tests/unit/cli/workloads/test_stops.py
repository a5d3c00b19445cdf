"""What a refused submission prints."""

from typing import Any

from cli.workloads.stops import lines, lines_of
from shared.inquiry.refusal import Author, BrokenRule
from shared.resolution.model import Origin, SetBy, SourceRef, Violation

POLICY: dict[str, Any] = {
    "metadata": {"name": "interactive-policy", "namespace": "runai"},
    "spec": {
        "gpu": {"rules": {"required": True, "min": "1", "max": "4"}, "value": "1"},
        "image": {"rules": {"options": ["a", {"value": "b", "displayed": "B"}]}},
    },
}


def test_each_violation_names_what_is_allowed_and_by_whom() -> None:
    """The refusal names at once what to ask for, and the policy to ask about."""
    told = [
        BrokenRule("gpu", "must be no greater than 4"),
        BrokenRule("image", "cannot be blank"),
        BrokenRule("cpuLimit", "too \x1b[1m"),
    ]
    assert list(lines(told, Author("InteractivePolicy", POLICY))) == [
        "gpu: must be no greater than 4",
        "    allowed: 1 to 4, required; set by InteractivePolicy interactive-policy in namespace runai",
        "image: cannot be blank",
        "    allowed: one of a, b; set by InteractivePolicy interactive-policy in namespace runai",
        "cpuLimit: too \\x1b[1m",
    ]
    assert list(lines(told[:1], None)) == ["gpu: must be no greater than 4"]


def test_only_what_the_policy_demands_is_set_by_it() -> None:
    """The policy has rules for both parameters, and the workload breaks only one of them."""
    by = SetBy("InteractivePolicy", SourceRef("runai", "interactive-policy", "", ""))
    broken = Violation(("gpu",), "must be no greater than 4", "max", Origin.WORKLOAD, by)
    assert list(lines_of(broken, POLICY["spec"])) == [
        "gpu: must be no greater than 4",
        "    allowed: 1 to 4, required; set by InteractivePolicy interactive-policy in namespace runai",
    ]
    assert list(lines_of(Violation(("gpu",), "cannot be had here"), POLICY["spec"])) == ["gpu: cannot be had here"]
