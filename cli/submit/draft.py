"""Turns the words of `submit` into a workload resource, or reports all mistakes in them. Pure."""

import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cli.options.kinds import SWITCHES
from cli.shell.exits import Exit, Stop
from cli.submit.flags import (
    NEEDLESS,
    UNSUPPORTED,
    UNSUPPORTED_SWITCHES,
    Flag,
    Stated,
    key_of,
    mistakes,
    spec_of,
    stated,
)
from shared.names import API_VERSION, DEFAULT_PREFIX, PREVIOUS_JOB_LABELS, PROJECT_PREFIX, STAMP
from shared.objects import JsonObject
from shared.parameters.words import split

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind


ALWAYS: Final = "Always"
NAME: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
PREFIXES: Final = ("--job-name-prefix", "--name-prefix")
"""Flags for the prefix of the job's name."""
KEYS: Final = {"--preferred-pod-topology-key": "soft", "--required-pod-topology-key": "hard"}
"""Flags that each set three parameters at once, with how strictly the scheduler must follow them."""

BAD_NAME: Final = (
    "Job names must consist of lower case alphanumeric characters or '-' and start with an alphabetic character "
    "(e.g. 'my-name',  or 'abc-123')"
)
NO_STDIN: Final = "--stdin is required for containers with -t/--tty=true"
PARALLEL: Final = (
    "if the parallelism flag is set, you must also set the number of successful pod completions required for this job "
    "to complete (use --completions <number_of_required_completions>)"
)
NEVER_PARALLEL: Final = "interactive jobs can't run with Parallelism"
PREEMPTIBLE: Final = "Warning: Using the preemptible flag may lead to your resources being preempted without notice"
POSITIONAL: Final = (
    "Submitting the job name as a positional argument has been deprecated, please use --name flag instead"
)
OLD_COMMAND: Final = "using --command as string flag has been deprecated. Please see usage information"
"""Messages of the original, word for word."""


class Profile(NamedTuple):
    """What one submit verb creates."""

    kinds: tuple[str, ...]
    """The kinds that it can create; the first one is the default."""
    fixed: Mapping[str, Any] = {}
    """Values that the verb itself sets in the spec."""
    without: frozenset[str] = frozenset()
    """Parameters for which it has no flags."""


class Person(NamedTuple):
    """The submitting user's account on this machine."""

    uid: int
    gid: int
    groups: Sequence[int]


@dataclass(frozen=True)
class Words:
    """A command line as parsed by click: flags by key, and the words before and after `--`."""

    given: Mapping[str, Any]
    names: Sequence[str] = ()
    command: Sequence[str] | None = None
    """The words after `--`; None if there is no `--`."""

    def on(self, key: str) -> bool:
        """Whether a switch is on."""
        return self.given.get(key) is True


@dataclass(frozen=True)
class Draft:
    """A workload to be submitted."""

    kind: "Kind"
    spec: JsonObject
    stem: str
    """The prefix of the workload's name: the job's name if it is set, else the job's prefix."""
    warnings: Sequence[str] = ()
    addresses: Sequence[str] = ()
    """Addresses to listen on for forwarded ports; empty for localhost."""

    @property
    def base(self) -> str | None:
        """The base workload's name."""
        return self.spec.get("baseWorkload")

    @property
    def values(self) -> JsonObject:
        """The values set on the command line, as a spec."""
        return {name: _plain_value(entry) for name, entry in self.spec.items()}

    @property
    def job(self) -> str | None:
        """The job's name, if it is set."""
        name = self.spec.get("name")
        return str(name["value"]) if name else None

    def resource(self, project: str, now: datetime, suffix: str = "") -> JsonObject:
        """The workload as it is posted to the API server."""
        return {
            "apiVersion": API_VERSION,
            "kind": self.kind.workload,
            "metadata": {
                "name": f"{self.stem}-{now:{STAMP}}{suffix}",
                "namespace": PROJECT_PREFIX + project,
                "labels": dict(PREVIOUS_JOB_LABELS),
            },
            "spec": self.spec,
        }


def draft(profile: Profile, flags: Iterable[Flag], words: Words, person: Person, wrong: Iterable[str] = ()) -> Draft:
    """The workload that the words describe; Stop with every mistake in them, including those in `wrong`."""
    return _Drafting(profile, flags, words, person, list(wrong)).result()


@dataclass
class _Drafting:
    profile: Profile
    flags: Iterable[Flag]
    words: Words
    person: Person
    wrong: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def result(self) -> Draft:
        kind = self._kind()
        statements = [self._for_kind(one, kind) for one in stated(self.flags, self.words.given, self.wrong)]
        statements = self._unnamed(statements)
        spec = spec_of(statements)
        self._name(spec)
        self._container(spec)
        self._storage(spec)
        self._identity(spec)
        self._placement(spec, statements)
        self._jupyter(spec)
        spec |= self._fixed(kind)
        self._of_others()
        if self.words.given.get("preemptible"):
            self.warnings.append(PREEMPTIBLE)
        self.warnings += [f"Flag {one.flag.names[0]} has been deprecated, {one.flag.deprecated}"
                          for one in statements if one.flag.deprecated]  # fmt: skip
        self.wrong += [*self._rules(kind, spec), *mistakes(kind, self._judged(kind, statements))]
        if self.wrong:
            raise Stop(Exit.USAGE, all_mistakes(list(dict.fromkeys(self.wrong))))
        stem = (spec.get("name") or spec.get("namePrefix") or {"value": DEFAULT_PREFIX})["value"]
        addresses = [part.strip() for part in (self.words.given.get("address") or "").split(",") if part.strip()]
        return Draft(kind, spec, stem, list(dict.fromkeys(self.warnings)), addresses)

    # ------------------------------------------------------------ which kind
    def _kind(self) -> "Kind":
        from shared.parameters.kinds import KINDS

        chosen = [name for name in SWITCHES if self.words.on(name)]
        if self.words.on("jupyter") and "interactive" not in chosen:
            chosen.append("interactive")
        if len(chosen) > 1:
            shown = [SWITCHES[name][0][0] for name in chosen]
            self.wrong.append(f"specify one kind of workload only: {' or '.join(shown)}")
        name = chosen[0] if chosen else self.profile.kinds[0]
        return next(kind for kind in KINDS if kind.name == name)

    def _fixed(self, kind: "Kind") -> JsonObject:
        """Values that the verb itself sets; an interactive MPI job is a separate kind."""
        if kind.name == "interactive" and "jobType" in self.profile.fixed:
            return {"mpi": {"value": True}}
        return dict(self.profile.fixed)

    def _for_kind(self, one: Stated, kind: "Kind") -> Stated:
        """Turn the workers of a distributed workload into the processes of an interactive one."""
        if one.flag.parameter == "workers" and kind.name == "interactive":
            return one._replace(flag=one.flag._replace(parameter="processes", kinds=(kind.name,)))
        return one

    # ------------------------------------------------------------ what the words state beside single flags
    def _unnamed(self, statements: list[Stated]) -> list[Stated]:
        """The statements, without names that a stronger way of naming the job overrides."""
        given = self.words.given
        positional = list(self.words.names)
        prefix_flag = next((flag for flag in PREFIXES if given.get(flag[2:].replace("-", "_"))), None)
        if len(positional) > 1:
            self.wrong.append(f"unexpected arguments {' '.join(positional[1:])}; a command must follow --")
        idle = set()
        if given.get("name"):
            ignored = [f"the positional name {positional[0]}"] if positional else []
            if prefix_flag:
                ignored.append(prefix_flag)
                idle.add("namePrefix")
            self.warnings += [f"{one} is ignored, since --name is given" for one in ignored]
        elif positional:
            self.warnings.append(POSITIONAL)
            if prefix_flag:
                idle.add("namePrefix")
                self.warnings.append(f"{prefix_flag} is ignored, since the name {positional[0]} is given")
        return [one for one in statements if one.flag.parameter not in idle]

    def _name(self, spec: JsonObject) -> None:
        if "name" not in spec and self.words.names:
            spec["name"] = {"value": self.words.names[0]}

    def _container(self, spec: JsonObject) -> None:
        given = self.words.given
        for key, policy in (("always_pull_image", ALWAYS), ("local_image", "Never")):
            if given.get(key):
                flag = f"--{key.replace('_', '-')}"
                self.warnings.append(
                    f"Flag {flag} has been deprecated, please use 'image-pull-policy={policy}' instead."
                )
                spec["imagePullPolicy"] = {"value": policy}
        if given.get("attach"):
            for name in ("stdin", "tty"):
                spec.setdefault(name, {"value": True})
        self._command(spec)

    def _command(self, spec: JsonObject) -> None:
        """The words after `--` are arguments, or the command with --command; the oldest form has a flag per word."""
        given, words = self.words.given, self.words.command
        old = [*(given.get("old_command") or ()), *(given.get("args") or ())]
        if given.get("old_command"):
            self.warnings.append(OLD_COMMAND)
        if given.get("args"):
            self.warnings.append("Flag --args has been deprecated, please use -- with extra arguments. See usage")
        if words and old:
            self.wrong.append("give the command either after -- or with --command and --args, not both")
        if given.get("command") and not words:
            self.wrong.append("--command requires a command after --, such as: --command -- sleep infinity")
        if words or old:
            replaces = bool(given.get("command") if words else given.get("old_command"))
            spec["command" if replaces else "arguments"] = {"value": joined(words or old)}

    def _storage(self, spec: JsonObject) -> None:
        if server := self.words.given.get("nfs_server"):
            volumes = (spec.get("volumes") or {"items": {}})["items"].values()
            for volume in volumes:
                volume["value"].setdefault("nfsServer", server)
            if not volumes:
                self.wrong.append("--nfs-server requires --volume")

    def _identity(self, spec: JsonObject) -> None:
        """Set the submitting user's identity if --run-as-user is given, except for what other flags set.

        A user or group that is given by its number turns on runAsUser, unless the command line turns it off.
        """
        if self.words.given.get("run_as_user"):
            spec.setdefault("runAsUid", {"value": self.person.uid})
            spec.setdefault("runAsGid", {"value": self.person.gid})
            if groups := ";".join(map(str, self.person.groups)):
                spec.setdefault("supplementalGroups", {"value": groups})
        elif {"runAsUid", "runAsGid", "supplementalGroups"} & spec.keys():
            spec.setdefault("runAsUser", {"value": True})

    def _placement(self, spec: JsonObject, statements: Iterable[Stated]) -> None:
        keys = [one.flag.names[0] for one in statements if one.flag.names[0] in KEYS]
        if len(keys) > 1:
            self.wrong.append(f"{' and '.join(keys)} cannot be combined")
        if keys:
            spec |= {"podAffinity": {"value": True}, "podAffinitySchedulingRule": {"value": KEYS[keys[0]]}}

    def _jupyter(self, spec: JsonObject) -> None:
        """Reach a notebook by forwarding its port, unless another service type is set; its image and port are set
        elsewhere."""
        if self.words.on("jupyter") and "baseWorkload" not in spec:
            spec.setdefault("serviceType", {"value": "portforward"})

    def _of_others(self) -> None:
        """Flags of other versions: what cannot be understood is a mistake, what has no effect a warning."""
        given = self.words.given
        refused = {**UNSUPPORTED, **UNSUPPORTED_SWITCHES}
        self.wrong += [f"{name}: {why}" for name, why in refused.items() if given.get(key_of(name))]
        self.warnings += [f"{name} {why}" for name, why in NEEDLESS.items() if given.get(key_of(name))]

    # ------------------------------------------------------------ what must hold
    def _judged(self, kind: "Kind", statements: Iterable[Stated]) -> Iterator[Stated]:
        """Statements to check against the catalogue, without those that `_rules` checks in the original's words."""
        interactive = kind.name == "interactive"
        for one in statements:
            told_here = one.flag.parameter in ("name", "namePrefix") or (
                interactive and one.flag.parameter in ("parallelism", "backoffLimit")
            )
            if not told_here and not (one.flag.parameter == "preemptible" and not interactive):
                yield one

    def _rules(self, kind: "Kind", spec: JsonObject) -> Iterator[str]:
        given = self.words.given
        for name in ("name", "namePrefix"):
            if name in spec and not NAME.fullmatch(spec[name]["value"]):
                yield BAD_NAME
        yield from _lengths(spec)
        if kind.name == "interactive":
            if "parallelism" in spec:
                yield NEVER_PARALLEL
            if "backoffLimit" in spec:
                yield "--backoff-limit cannot be combined with --interactive"
        elif given.get("preemptible") is not None:
            yield "--preemptible requires --interactive"
        yield from self._without_base(kind, spec)

    def _without_base(self, kind: "Kind", spec: JsonObject) -> Iterator[str]:
        """Mistakes that a base workload could still fix."""
        from shared.parameters import sentences
        from shared.parameters.catalogue import PART_OF_GPU

        if "baseWorkload" in spec:
            return
        if self.words.given.get("address") and _value(spec, "serviceType", "").casefold() != "portforward":
            yield "--address requires --service-type portforward"
        if _value(spec, "tty", False) and not _value(spec, "stdin", False):
            yield NO_STDIN
        parallelism = _value(spec, "parallelism", 1)
        if kind.name == "training" and "completions" not in spec and isinstance(parallelism, int) and parallelism > 1:
            yield PARALLEL
        if _value(spec, "mps", False) and "mps" in kind.values.model_fields and not _shares_gpu(spec):
            yield f"--mps: {sentences.needs_any(PART_OF_GPU.words)}"


def completed(made: Draft, base: Mapping[str, Any] | None, governed: Collection[str] | None) -> Draft:
    """The draft with the default values that `submit` always writes, unless another source sets them.

    `base` is the base workload's `spec`, or None if not known; `governed` are the parameters that the policy
    mentions, or None if not known. If the base sets a job name, the job gets its own name instead.
    """
    spec, stem = dict(made.spec), made.stem
    if made.base is None and governed is not None and "imagePullPolicy" not in {*spec, *governed}:
        spec["imagePullPolicy"] = {"value": ALWAYS}
    if base and not {"name", "namePrefix"} & spec.keys():
        prefix = base.get("namePrefix") or base.get("jobNamePrefix")
        if prefix and NAME.fullmatch(str(prefix.get("value"))):
            stem = prefix["value"]
        elif "name" in base:
            spec["namePrefix"] = {"value": DEFAULT_PREFIX}
    return replace(made, spec=spec, stem=stem)


def all_mistakes(wrong: Sequence[str]) -> str:
    """One message with all mistakes."""
    if len(wrong) == 1:
        return wrong[0]
    return "\n".join([f"{len(wrong)} problems:", *(f"  {one}" for one in wrong)])


def joined(words: Iterable[str]) -> str:
    """The words joined into a string that a shell splits into them again, quoted only if needed."""
    return " ".join(word if _plain(word) else shlex.quote(word) for word in words)


def _plain_value(entry: Any) -> Any:
    if isinstance(entry, Mapping) and "items" in entry:
        return {label: item["value"] for label, item in entry["items"].items()}
    return entry["value"] if isinstance(entry, Mapping) else entry


def _plain(word: str) -> bool:
    try:
        return split(f"{word} x") == [word, "x"]  # a backslash at its end would escape the blank
    except ValueError:
        return False


def _value(spec: Mapping[str, Any], name: str, default: Any) -> Any:
    return spec[name]["value"] if name in spec else default


def _lengths(spec: Mapping[str, Any]) -> Iterator[str]:
    """Names that are too long for a job."""
    from shared.resolution.cross import lengths_of

    flags = {"name": "--name", "namePrefix": "--job-name-prefix"}
    for name, sentence in lengths_of(*(_value(spec, name, None) for name in flags)):
        yield f"{flags[name]}: {sentence}"


def _shares_gpu(spec: Mapping[str, Any]) -> bool:
    gpu = _value(spec, "gpu", "")
    return "gpuMemory" in spec or bool(re.fullmatch(r"0*\.\d*[1-9]\d*", gpu))
