"""The flags that set a workload's values, read from the generated `flags.json`.

This module does not import the catalogue, so that `--help` and completion are fast; only `mistakes` does, when called.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from cli.options.names import TEMPLATE_NAME
from cli.submit.notations import NOTATIONS, NotationError, Subject, free_label, integer, words_of
from shared.parameters import sentences

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind

FILE: Final = "flags.json"
BASE: Final = "baseWorkload"
HELP: Final = {
    "--volume": "Mount a directory of the node, or of an NFS server (SOURCE:TARGET::SERVER); may be repeated.",
    "--pvc": "Mount a new or an existing persistent volume claim. Newer: --pvc-new and --pvc-exists. May be repeated.",
    "--pvc-exists": "Mount an existing persistent volume claim; add ,ro for read-only. May be repeated.",
    "--pvc-new": "Create a persistent volume claim and mount it: size, path, storageclass, claimname, volumemode, "
    "accessmode-rwo, -rom or "
    "-rwm, ro, ephemeral. May be repeated.",
    "--git-sync": "Clone a repository before the container starts. May be repeated.",
    "--s3": "Copy an object storage bucket before the container starts; "
    "key and secret as SECRET:NAME,KEY. May be repeated.",
    "--port": "Expose a port of the container, under the same or another number. May be repeated.",
    "--environment": "Set an environment variable; the value SECRET:NAME,KEY takes it from a Secret. May be repeated.",
    "--label": "Label the job's pods. May be repeated.",
    "--annotation": "Annotate the job's pods. May be repeated.",
    "--add-capability": "Add a Linux capability such as NET_ADMIN to the container, if the policy grants it. "
    "May be repeated.",
    "--extended-resource": "Allocate an extended resource. May be repeated.",
    "--empty-dir-volume": "Mount an empty directory, which is lost with the pod. May be repeated.",
    "--configmap-map-volume": "Mount a ConfigMap. May be repeated.",
    "--secret-volume": "Mount a Secret. May be repeated.",
    "--image-pull-secret": "Pull the image with this Secret. May be repeated.",
    "--run-as-uid": "Run the container as the user with this number; turns on --run-as-user.",
    "--run-as-gid": "Run the container as the group with this number; turns on --run-as-user.",
    "--supplemental-groups": "Numbers of further groups, separated by commas; turns on --run-as-user.",
    "--external-url": "Reach a port of the container over HTTP from outside the cluster. May be repeated.",
    "--toleration": "Let the job's pods tolerate a node taint. May be repeated.",
    "--run-as-user": "Run the container as you: with your user, group and supplemental groups on this machine.",
}
"""Help of flags for which the catalogue's description, which is about labelled items, is not enough."""
MOST_CHOICES: Final = 5
"""Choices that a flag shows instead of its value; longer ones are listed in its help."""
HIDDEN: Final = frozenset({"username"})
TOPOLOGY: Final = "podAffinityTopology"
"""A parameter with two flags; setting both has its own message."""
LISTS: Final = frozenset({"nodePools", "supplementalGroups"})
"""Parameters whose value is a list: repeating the flag adds to it."""
"""Parameters whose flags are hidden from help, for compatibility."""
NAMING: Final = frozenset({"name", "namePrefix"})


class Flag(NamedTuple):
    """One flag with all its names."""

    parameter: str
    names: tuple[str, ...]
    notation: str
    """`switch`, `number`, `text`, or a notation of `cli.submit.notations`, which can be repeated."""
    section: str
    help: str
    kinds: tuple[str, ...] = ()
    """The kinds of workload that have the parameter."""
    wrapped: bool = True
    """Whether the value is written in the spec as `{value: ...}`."""
    choices: tuple[str, ...] = ()
    members: Mapping[str, str] = {}
    """For items with members, the family of each member."""
    member: str = ""
    """The member of the parameter's value that the flag sets; empty if it sets the whole value."""
    negated: bool = False
    """Whether the flag sets the opposite of the parameter."""
    deprecated: str = ""
    """What to use instead of a deprecated flag."""

    @property
    def key(self) -> str:
        """The flag's key in the parsed command line."""
        return key_of(self.names[0])

    @property
    def itemized(self) -> bool:
        """Whether it adds items, of which there can be any number."""
        return self.notation in NOTATIONS


class Stated(NamedTuple):
    """One value or item set by a command line."""

    flag: Flag
    written: str
    """How messages refer to it: the flag, with the text or label if that distinguishes it from others."""
    label: str
    """The item's label; empty for a value."""
    value: Any


NOT_PER_MASTER: Final = sentences.one_spec_for_all()
BY_WAITING: Final = "is not supported: use --wait=running and --timeout"
UNSUPPORTED: Final[Mapping[str, str]] = {
    "--gpu-portion-limit": "is not supported: use --gpu-memory-limit",
    "--seccomp-profile": "is not supported: the Pod Security level of the project decides",
    "--user-group-source": "is not supported: use --run-as-user, or --run-as-uid and --run-as-gid",
    "--pod-running-timeout": BY_WAITING,
    "--wait-for-submit": BY_WAITING,
    **dict.fromkeys(
        (
            *("--master-command", "--master-environment", "--master-extended-resource", "--master-gpu-devices-request"),
            *("--master-gpu-portion-limit", "--master-gpu-portion-request"),
        ),
        NOT_PER_MASTER,
    ),
}
"""Flags of later versions of the original that cannot be understood, each with its reason."""
UNSUPPORTED_SWITCHES: Final[Mapping[str, str]] = {
    "--master-args": NOT_PER_MASTER,
    "--master-no-pvcs": NOT_PER_MASTER,
    "--no-master": "is not supported: a job always has a master",
}
"""The same of flags without a value."""
NEEDLESS: Final[Mapping[str, str]] = {"--gpu-request-type": "is not needed: the flag for the amount says what it is"}
"""Flags that have no effect, each with its reason."""
OTHERWISE: Final[Mapping[str, str]] = {
    "command": "`--command`, with the words after `--`",
    "arguments": "none; the words after `--`",
    "runAsUid": "`--run-as-uid`, or `--run-as-user` for the submitting user",
    "runAsGid": "`--run-as-gid`, or `--run-as-user` for the submitting user",
    "supplementalGroups": "`--supplemental-groups`, or `--run-as-user` for the submitting user",
    "podAffinity": "`--preferred-pod-topology-key`, `--required-pod-topology-key`",
    "podAffinitySchedulingRule": "`--preferred-pod-topology-key` for soft, `--required-pod-topology-key` for hard",
    "mpi": "none; implied by `submit-mpi` and `submit-dist mpi --interactive`",
    "jobType": "none; implied by `submit-dist mpi` and `submit-dist pytorch`",
}
"""How users set parameters without their own flag on a command line."""


@cache
def table() -> tuple[Flag, ...]:
    """All flags in the catalogue's order, with historic ones last."""
    return tuple(Flag(**_with_tuples(one)) for one in json.loads(Path(__file__).with_name(FILE).read_bytes()))


def flags_by_parameter() -> Mapping[str, str]:
    """How users set each parameter on a command line; parameters that it cannot set are left out."""
    found: dict[str, list[str]] = {}
    for flag in table():
        if not flag.deprecated:
            what = "false" if flag.negated else flag.member
            names = ", ".join(f"`{name}`" for name in flag.names)
            found.setdefault(flag.parameter, []).append(f"{names} for {what}" if what else names)
    return {**{name: ", ".join(texts) for name, texts in found.items()}, **OTHERWISE}


def key_of(name: str) -> str:
    """The key of a flag in the parsed command line."""
    return name.lstrip("-").replace("-", "_").casefold()


def flags_of(kinds: Collection[str], without: Collection[str] = ()) -> tuple[Flag, ...]:
    """The flags of a verb that creates workloads of these kinds, except for parameters in `without`.

    Every verb once had the topology flags, so they are accepted everywhere and refused with a reason.
    """
    return tuple(
        flag for flag in table()
        if (set(kinds) & set(flag.kinds) or flag.parameter == TOPOLOGY) and flag.parameter not in without
    )  # fmt: skip


def _with_tuples(read: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in read.items()}


class FlagOption(click.Option):
    """An option that help lists in its section; a switch can also be turned off, which help omits."""

    def __init__(self, *arguments: Any, section: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.section = section

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the flag's line in the help page."""
        off, self.secondary_opts = self.secondary_opts, []
        try:
            return super().get_help_record(ctx)
        finally:
            self.secondary_opts = off


def option(flag: Flag, kinds: Collection[str]) -> FlagOption:
    """The click option of the flag, for a verb for these kinds; every value stays text."""
    some = [kind for kind in flag.kinds if kind in kinds]
    of = f" Of {_listed(some)} workloads." if 0 < len(some) < len(kinds) else ""
    shown: dict[str, Any] = {
        "help": HELP.get(flag.names[0], flag.help) + of,
        "hidden": flag.parameter in HIDDEN or bool(flag.deprecated) or not some,
        "section": flag.section,
    }
    if flag.notation == "switch":
        long, *short = flag.names
        return FlagOption([flag.key, f"{long}/--no-{long.removeprefix('--')}", *short], default=None, **shown)
    if flag.parameter == BASE:
        shown["type"] = TEMPLATE_NAME
    elif flag.choices:
        shown["shell_complete"] = lambda _ctx, _param, begun: [one for one in flag.choices if one.startswith(begun)]
    repeatable = flag.itemized or flag.parameter in LISTS
    return FlagOption([flag.key, *flag.names], multiple=repeatable, metavar=_metavar(flag), **shown)


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _metavar(flag: Flag) -> str:
    if flag.itemized:
        form = NOTATIONS[flag.notation].form
        return form if flag.notation != "members" else ",".join(f"{member}=..." for member in flag.members)
    if 0 < len(flag.choices) <= MOST_CHOICES:
        return "|".join(flag.choices)
    return {"number": "N"}.get(flag.notation, "TEXT")


def stated(flags: Iterable[Flag], given: Mapping[str, Any], wrong: list[str]) -> list[Stated]:
    """What a parsed command line sets; each text that does not match its notation adds a message to `wrong`.

    A flag with an empty text, such as `--node-type "$UNSET"`, sets nothing, unless it names the job.
    """
    found: list[Stated] = []
    for flag in flags:
        value = given.get(flag.key)
        if flag.parameter in LISTS and value is not None:
            value = ",".join(value)
        if value is None or value == () or _sets_nothing(flag, value):
            continue
        if flag.itemized:
            _add_items(flag, value, found, wrong)
        else:
            found.append(Stated(flag, flag.names[0], "", _value(flag, value)))
    return found


def _sets_nothing(flag: Flag, value: Any) -> bool:
    return flag.notation == "text" and flag.parameter not in NAMING and not value.strip()


def spec_of(statements: Iterable[Stated]) -> dict[str, Any]:
    """The `spec` with these values."""
    spec: dict[str, Any] = {}
    for one in statements:
        name = one.flag.parameter
        if one.label:
            spec.setdefault(name, {"items": {}})["items"][one.label] = {"value": one.value}
        elif one.flag.member:
            spec.setdefault(name, {"value": {}})["value"][one.flag.member] = one.value
        else:
            spec[name] = {"value": one.value} if one.flag.wrapped else one.value
    return spec


def contradictions(kind: "Kind", statements: Iterable[Stated]) -> Iterator[str]:
    """A message for each value that is set in two conflicting ways."""
    first: dict[tuple[str, str], Stated] = {}
    for one in statements:
        if kind.name in one.flag.kinds and not one.label and one.flag.parameter != TOPOLOGY:
            other = first.setdefault((one.flag.parameter, one.flag.member), one)
            if other.value != one.value:
                yield f"{other.written} and {one.written} set the same value differently; give one of them"


def mistakes(kind: "Kind", statements: Iterable[Stated]) -> Iterator[str]:
    """A message for everything that is malformed or that workloads of the kind do not have."""
    from shared.parameters.derive import Unreadable, controls, parameters

    statements = list(statements)
    yield from contradictions(kind, statements)
    known = {**controls(), **parameters(kind)}
    for one in statements:
        if kind.name not in one.flag.kinds:
            others = _listed(one.flag.kinds)
            yield f"{one.flag.names[0]}: {sentences.unknown_parameter(kind.name)}, only of {others} workloads"
            continue
        parameter = known[one.flag.parameter]
        try:
            if one.label:
                parameter.read_label(one.label)
            parameter.read({one.flag.member: one.value} if one.flag.member else one.value)
        except Unreadable as error:
            for mistake in error.mistakes:
                path = [step for step in mistake.path if step != one.flag.member]
                yield ": ".join([one.written, *path, mistake.message])


def _value(flag: Flag, given: Any) -> Any:
    if flag.notation == "switch":
        return given is not flag.negated
    return integer(given) if flag.notation == "number" else given


def _add_items(flag: Flag, texts: Iterable[str], found: list[Stated], wrong: list[str]) -> None:
    notation = NOTATIONS[flag.notation]
    subject = Subject(flag.parameter, flag.members)
    words = [item for word in texts for item in words_of(notation, word)]
    for number, text in enumerate(words, start=1):
        shown = f"{flag.names[0]} {text}" if notation.open else flag.names[0]
        try:
            item = notation.read(text, subject)
        except NotationError as error:
            which = "" if notation.open or len(words) == 1 else f", number {number}"
            wrong.append(f"{shown}{which}: {error}")
            continue
        label = item.label
        taken = {one.label for one in found if one.flag.parameter == flag.parameter}
        if not notation.named:
            label = free_label(label, taken)
        found.append(Stated(flag, shown if notation.open else f"{shown} {label}", label, item.value))
