"""The presentation of parameters: titles, sections, units and examples, and the relations between parameters.

The catalogue holds this as plain data. Descriptions, documentation, flags, checks and forms are derived from it.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final, NamedTuple

from pydantic.fields import FieldInfo


class Rank(StrEnum):
    """How soon a form shows a parameter."""

    BASIC = "basic"
    """Always shown."""
    MORE = "more"
    """Shown when its section is opened."""
    RARE = "rare"
    """Deprecated, historic or without effect: shown only if it is set or wrong."""


class Suggests(StrEnum):
    """What a form or a completion can suggest for a value, as far as the user may see it."""

    WORKLOADS = "workloads of the same kind"
    IMAGES = "images of earlier jobs"
    NODE_TYPES = "types of the cluster's nodes"
    NODE_POOLS = "node pools of the cluster"
    NODE_LABELS = "labels of the cluster's nodes"
    SECRETS = "Secrets of the project"
    CLAIMS = "storage claims of the project"
    STORAGE_CLASSES = "storage classes of the cluster"


class Section(NamedTuple):
    """A group of parameters, in documents, in help and in forms."""

    title: str
    sentence: str


SECTIONS: Final = (
    Section("Workload", "What the workload is for, what it builds on and what its job is called."),
    Section("Container", "What runs, and how it starts."),
    Section("Resources", "GPUs, CPU and memory that the job asks for."),
    Section("Storage", "Directories, claims, repositories and buckets that the container sees."),
    Section("Network", "How the job is reached."),
    Section("Access", "Who the container runs as, and what it may do."),
    Section("Scheduling", "Which nodes the job runs on, and whether it can be preempted."),
    Section("Distribution", "How many workers a distributed job has, and what runs them."),
    Section("Tools", "What runs beside or inside the container to work with it."),
    Section("Lifecycle", "How many pods run, how often they are tried again and how long they are kept."),
    Section("Scaling", "How the number of replicas follows the load."),
    Section("Internal", "What the system sets itself."),
)
"""Every section, in the order that documents and forms show them."""


class State(Enum):
    """The state of an amount that a condition requires, if it does not require a certain value."""

    FRACTION = "less than 1"
    SOME = "greater than 0"


@dataclass(frozen=True, slots=True)
class When:
    """A condition: another parameter has a value; by default, it is a switch that is on."""

    parameter: str
    value: str | bool | State = True


@dataclass(frozen=True, slots=True, init=False)
class Either:
    """A condition: one of several holds. `words` describes them to people."""

    words: str
    conditions: tuple[When, ...]

    def __init__(self, words: str, *conditions: When) -> None:
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "conditions", conditions)


Condition = When | Either


class Follows(NamedTuple):
    """A built-in default that applies only while a switch is on."""

    parameter: str
    value: str | bool


@dataclass(frozen=True, slots=True)
class Cell:
    """The presentation of a member of a value: the heading of its column, and how it is written.

    `example` is YAML. The member's type says whether it is secret.
    """

    title: str
    example: str
    unit: str = ""
    suggests: Suggests | None = None


@dataclass(frozen=True, slots=True, init=False)
class Shown:
    """The presentation of a parameter: its place in the form, its flags, how it is written and what it depends on."""

    section: str
    flags: tuple[str, ...]
    title: str
    rank: Rank
    unit: str
    headings: tuple[str, ...]
    suggests: Suggests | None
    example: str
    becomes: str
    aliases: tuple[str, ...]
    wrapped: bool
    required: bool
    required_with: When | None
    only_with: Condition | None
    not_with: tuple[str, ...]
    idle: tuple[str, ...]
    follows: Follows | None

    def __init__(
        self,
        section: str,
        *flags: str,
        title: str,
        example: str,
        becomes: str,
        rank: Rank = Rank.MORE,
        unit: str = "",
        headings: tuple[str, ...] = ("Label",),
        suggests: Suggests | None = None,
        aliases: tuple[str, ...] = (),
        wrapped: bool = True,
        required: bool = False,
        required_with: When | None = None,
        only_with: Condition | None = None,
        not_with: tuple[str, ...] = (),
        idle: tuple[str, ...] = (),
        follows: Follows | None = None,
    ) -> None:
        """`example` is YAML of the value, or of one item; `becomes` says what it turns into in the created resources.

        `aliases` are other names of the same parameter. `wrapped` is False for entries of the spec without `value`.
        `headings` are, for items, those of the label and of a value without members. Some source must state a value
        that is `required`; `required_with` requires one under a condition, and `only_with` allows one only under a
        condition. A value is refused if any switch of `not_with` is on. A value that is `idle` means the same as none.
        """
        for name, value in locals().copy().items():
            if name != "self":
                object.__setattr__(self, name, value)


def shown_of(info: FieldInfo) -> Shown:
    """The presentation of the parameter that a field of the catalogue declares."""
    return next(extra for extra in info.metadata if isinstance(extra, Shown))
