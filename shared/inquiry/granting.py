"""Finds what a policy mentions without granting it, and what its limits forbid besides. Pure."""

from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue

from shared.parameters import sentences
from shared.parameters.catalogue import EXCLUSIVE
from shared.parameters.derive import parameters
from shared.parameters.kinds import Kind
from shared.parameters.reserved import is_ours
from shared.parameters.rules import Broken, CanAdd, CanEdit, Max, Options
from shared.resolution.cross_grants import ANY, ANY_ITEM, OF_NODE
from shared.resolution.grants import Grants, granting
from shared.resolution.policy import ParameterRules, Policy

Said = tuple[str, str]
"""The path of a parameter or item, and a sentence about it."""
DECIDING: Final = {
    "capabilities": ("value",),
    "volumes": ("sourcePath", "nfsServer"),
    "extendedResources": (),
    "exposedUrls": ("url",),
}
"""Parameters whose items a policy grants, with the members whose options grant them."""


def only_mentioned(policy: Policy) -> Iterator[Said]:
    """What the policy mentions although it neither grants nor forbids it: to mention it once granted all of it."""
    for name, rules in policy.rules.items():
        if name in OF_NODE and not _decides(rules) and rules.default is not True:
            yield name, _grant(name, ANY)
        elif name in DECIDING and not _decides_items(rules, DECIDING[name]):
            yield name, _grant(name, ANY_ITEM)


def never_theirs(policy: Policy) -> Iterator[Said]:
    """Labels and annotations that the policy lists in vain."""
    for name in ("labels", "annotations"):
        rules = policy.rules.get(name)
        for key in rules.items if rules else ():
            if is_ours(key):
                yield f"{name}.{key}", "has no effect, since this key is set by Slipway, the scheduler or Kubernetes"


def unbound(kind: Kind, policy: Policy) -> Iterator[Said]:
    """Limits that forbid the parameters that could take the place of the limited one."""
    grants, known = Grants(kind, policy.rules), parameters(kind)
    for group in EXCLUSIVE:
        limited = [name for name in group if grants.limits(name) and not _broken(policy.rules[name])]
        others = [name for name in group if name in known and name not in limited and not _allowed(policy, name)]
        if limited and others:
            rule: JsonValue = {"rules": {"max": "..."}} if _bounded(policy.rules[limited[0]]) else ANY
            yield (
                limited[0],
                f"workloads cannot use {sentences.any_of(others)} instead; to allow it, give it a rule of its own: "
                f"{granting(others[0], rule)}",
            )


def _allowed(policy: Policy, name: str) -> bool:
    """Whether the policy says anything that decides about the parameter: a grant, a ban or a value of its own."""
    rules = policy.rules.get(name)
    return rules is not None and (_decides(rules) or rules.default is not None)


def _broken(rules: ParameterRules) -> bool:
    """Whether a rule cannot be understood, which is the first thing to correct."""
    return any(isinstance(rule, Broken) for rule in rules.rules)


def _bounded(rules: ParameterRules) -> bool:
    return any(isinstance(rule, Max) for rule in rules.rules)


def _decides(rules: ParameterRules) -> bool:
    return rules.written.get("canEdit") is True or any(isinstance(rule, CanEdit | Options) for rule in rules.rules)


def _decides_items(rules: ParameterRules, deciding: tuple[str, ...]) -> bool:
    if rules.written.get("canAdd") is True or any(isinstance(rule, CanAdd) for rule in rules.rules):
        return True
    if any(item.written.get("canEdit") is True for item in rules.items.values()):
        return True
    lists = [one.member.name for one in rules.members if any(isinstance(rule, Options) for rule in one.rules)]
    return any(name in deciding for name in lists)


def _grant(name: str, rule: JsonValue) -> str:
    return (
        "is mentioned, but not granted: workloads can use the policy's own value or items only; to grant more, write "
        f"{granting(name, rule)}"
    )
