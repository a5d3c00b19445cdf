"""Rules between the values of several parameters, whatever a policy says. They run after the policy's rules."""

from collections.abc import Callable, Iterator
from typing import Final

from shared.parameters import sentences
from shared.resolution import knative
from shared.resolution.chosen import Chosen, Found
from shared.resolution.cross_details import (
    DETAIL_RULES,
    claims_as_they_are,
    inside_only,
    not_theirs,
    of_root,
    without_effect,
)
from shared.resolution.cross_grants import GRANT_RULES
from shared.resolution.cross_kinds import KIND_RULES
from shared.resolution.cross_relations import RELATION_RULES

LONGEST_JOB_NAME: Final = 50
"""Most characters of a job's name. Names derived from it must fit into the 63 of a DNS label or a label's value:
the Services `<job>-jupyter` (8 more) and `<job>-tensorboard` (12 more); the pods' host names `<job>-<index>` (11 more
for the largest number of completions); and `<job>-0-<hash>`, by which a StatefulSet `<job>-0` labels its revisions
(13 more)."""
LONGEST_INDEX: Final = 6
"""Digits that a prefix must leave room for: those of the number that completes it."""
LONGEST_PREFIX: Final = LONGEST_JOB_NAME - 1 - LONGEST_INDEX

MOST_AT_A_TIME: Final = 100_000
"""The most pods of an Indexed Job that Kubernetes runs at a time."""

CrossRule = Callable[[Chosen], Iterator[Found]]


def cross_violations(chosen: Chosen) -> Iterator[Found]:
    """Every combination of values that is not allowed."""
    for rule in RULES:
        yield from rule(chosen)


def cross_notes(chosen: Chosen) -> Iterator[str]:
    """Notes about the values, which change nothing."""
    for notes in NOTES:
        yield from notes(chosen)


def lengths(chosen: Chosen) -> Iterator[Found]:
    """Every name derived from the job's name is valid in Kubernetes."""
    yield from lengths_of(chosen["name"], chosen["namePrefix"])


def lengths_of(name: str | None, prefix: str | None) -> Iterator[tuple[str, str]]:
    """The same check for a name or prefix alone, before anything else about the job is known."""
    if len(name or "") > LONGEST_JOB_NAME:
        yield "name", sentences.job_name_too_long(LONGEST_JOB_NAME)
    if len(prefix or "") > LONGEST_PREFIX:
        yield "namePrefix", sentences.prefix_too_long(LONGEST_PREFIX)


def limits(chosen: Chosen) -> Iterator[Found]:
    """No limit is lower than its request."""
    for given, limit in (("cpu", "cpuLimit"), ("memory", "memoryLimit")):
        least, most = chosen[given], chosen[limit]
        if least is not None and most is not None and most.amount < least.amount:
            yield limit, sentences.no_less_than_other(given, least)


def pods(chosen: Chosen) -> Iterator[Found]:
    """Parallelism does not exceed the number of pods to run."""
    parallelism, completions = chosen["parallelism"], chosen["completions"]
    if parallelism is not None and parallelism > MOST_AT_A_TIME:
        yield "parallelism", sentences.no_greater_than(MOST_AT_A_TIME)
        return
    if parallelism is None or completions is None or parallelism <= 1:
        return
    if "completions" not in chosen.stated:
        yield "completions", sentences.blank_without("parallelism", "1")
    elif parallelism > completions:
        yield "parallelism", sentences.no_greater_than_other("completions", str(completions))


RULES: Final[tuple[CrossRule, ...]] = (lengths, limits, pods, *DETAIL_RULES, *GRANT_RULES, *RELATION_RULES, *KIND_RULES)
NOTES: Final[tuple[Callable[[Chosen], Iterator[str]], ...]] = (
    without_effect,
    inside_only,
    not_theirs,
    claims_as_they_are,
    of_root,
    knative.notes,
)
