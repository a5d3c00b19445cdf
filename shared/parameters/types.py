"""The types of parameters' values: how they are written, and what they mean.

A value's text is kept as its author wrote it. If it stands for an amount, `amount` is the exact decimal number.
Everything that does not have the form is refused with a sentence of `sentences`.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache, cached_property
from typing import Annotated, Any, ClassVar, Final, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from shared.parameters import sentences
from shared.parameters.amounts import DURATION, QUANTITY, amount_of, seconds_of
from shared.parameters.forms import Choice as Choice
from shared.parameters.forms import Family as Family
from shared.parameters.forms import Text as Text
from shared.parameters.forms import is_blank, wrong
from shared.parameters.shown import Cell
from shared.parameters.words import AnsiQuotesError, UnclosedError, split

LARGEST = 2**63 - 1
"""The largest amount that Kubernetes can hold."""
LARGEST_COUNT = 2**31 - 1
"""The largest count (of pods, retries, seconds) that Kubernetes can hold."""
SUBDOMAIN = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
"""The form of most names of Kubernetes resources, and of domains: at most 253 characters."""


def too_many(things: Decimal) -> str | None:
    """The sentence for an amount that is too large for Kubernetes, which counts in thousandths."""
    most = LARGEST // 1000
    return sentences.no_greater_than(most) if things > most else None


class Amount(Text, ABC):
    """Text that stands for a number. A bare number is read as its text, and two values compare by `amount`."""

    longest: ClassVar[int] = 64
    units: ClassVar[tuple[str, ...]] = ()
    """Units in which people usually write it."""

    @cached_property
    @abstractmethod
    def amount(self) -> Decimal:
        """The exact number that the text stands for."""

    @property
    def meaning(self) -> object:
        """The amount of the text."""
        return self.amount

    @classmethod
    def text_of(cls, raw: object) -> str | None:
        """The text itself, or that of a bare number; true and false are not numbers."""
        if isinstance(raw, float):
            return format(Decimal(repr(raw)), "f")
        return str(raw) if isinstance(raw, str | int) and not isinstance(raw, bool) else None

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema of text or a bare whole number."""
        return {
            "x-kubernetes-int-or-string": True,
            "maxLength": cls.longest,
            "description": sentences.described(cls.form),
        }


class DecimalText(Amount):
    """A decimal number as text, so that 0.5 survives every reader: `"1"`, `"0.5"`."""

    family = Family.NUMBER
    form = sentences.DECIMAL
    pattern = re.compile(r"(\d+\.?\d*|\.\d+)", re.ASCII)

    @cached_property
    def amount(self) -> Decimal:
        """The exact number."""
        return Decimal(self)

    def mistake(self) -> str | None:
        """The form, and no more than Kubernetes can hold."""
        return super().mistake() or (sentences.no_greater_than(LARGEST) if self.amount > LARGEST else None)


class Gpus(DecimalText):
    """A number of GPUs: a whole number, or a fraction of one GPU. One and a half is invalid."""

    form = sentences.GPUS
    pattern = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)

    def fits(self) -> bool:
        """Whether the number is whole or less than one."""
        return super().fits() and (self.amount < 1 or self.amount == self.amount.to_integral_value())

    def mistake(self) -> str | None:
        """The mistake if the form is wrong, or the number is too large for Kubernetes to count."""
        return super().mistake() or too_many(self.amount)


class Quantity(Amount):
    """A Kubernetes quantity: `1Gi`, `500M`, `1e3`. Its text is kept, and two quantities compare by amount."""

    family = Family.QUANTITY
    form = sentences.QUANTITY
    pattern = QUANTITY
    units: ClassVar[tuple[str, ...]] = ("Mi", "Gi", "Ti", "M", "G", "T")

    @cached_property
    def amount(self) -> Decimal:
        """The exact amount, in bytes for memory."""
        return amount_of(self)

    def mistake(self) -> str | None:
        """The form, and no more than Kubernetes can hold."""
        return super().mistake() or (sentences.no_greater_than(LARGEST) if self.amount > LARGEST else None)


class Cores(Quantity):
    """A number of CPU cores, as a quantity: `0.5`, `500m`. A policy may have steps for it, as for any number."""

    family = Family.NUMBER
    form = sentences.DECIMAL
    units: ClassVar[tuple[str, ...]] = ()


class Duration(Amount):
    """A Go duration: `30s`, `1h30m`, `1.5h`; `amount` is in seconds."""

    family = Family.DURATION
    form = sentences.DURATION
    pattern = DURATION
    units: ClassVar[tuple[str, ...]] = ("s", "m", "h")

    @cached_property
    def amount(self) -> Decimal:
        """The exact number of seconds."""
        return seconds_of(self)

    def mistake(self) -> str | None:
        """The mistake if the form is wrong, or the seconds are too many for Kubernetes."""
        limit = f"{LARGEST_COUNT}s"
        return super().mistake() or (sentences.no_greater_than(limit) if self.amount > LARGEST_COUNT else None)


class Line(Text):
    """Text on a single line."""

    form = sentences.LINE
    pattern = re.compile(r"[^\x00-\x1f\x7f]{1,253}")


class ItemLabel(Text):
    """The label of an item, under which it is added, changed or deleted."""

    form = sentences.LABEL_OF_ITEM
    pattern = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


class JobName(Text):
    """A DNS-1035 label, which names the job and everything that belongs to it."""

    form = sentences.JOB_NAME
    pattern = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")


class Image(Text):
    """The name of a container image, as a registry knows it."""

    form = sentences.IMAGE
    pattern = re.compile(r"[^\s\x00-\x1f\x7f]+")


class Words(Text):
    """A command line in one string; `words` are its words."""

    form = sentences.WORDS
    longest = 32768

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words as a POSIX shell splits them; variables such as ${RUNAI_PROJECT} are left as they are."""
        return tuple(split(self))

    def mistake(self) -> str | None:
        """Whether there are words, every quote is closed, and every shell reads the quotes in the same way."""
        try:
            return None if self.words else sentences.must_be(self.form)
        except UnclosedError:
            return sentences.must_be(self.form)
        except AnsiQuotesError:
            return sentences.ansi_quotes()


class EnvironmentName(Text):
    """The name of an environment variable."""

    form = sentences.ENVIRONMENT_NAME
    pattern = re.compile(r"[-._A-Za-z][-._A-Za-z0-9]*")


class LabelKey(Text):
    """A valid key of a Kubernetes label or annotation."""

    form = sentences.LABEL_KEY
    pattern = re.compile(rf"(?:(?=[^/]{{1,253}}/){SUBDOMAIN}/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?")


class LabelValue(Text):
    """A valid value of a Kubernetes label."""

    form = sentences.LABEL_VALUE
    pattern = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
    blank = True


class AnnotationValue(Text):
    """The value of an annotation, which is any text."""

    longest = 32768
    blank = True


class AbsolutePath(Text):
    """A path from the root."""

    form = sentences.ABSOLUTE_PATH
    pattern = re.compile(r"/[^\x00]*")


class MountPath(AbsolutePath):
    """The path of a mount in the container."""

    form = sentences.MOUNT_PATH
    pattern = re.compile(r"/[^\x00:]*")


class TargetPath(MountPath):
    """The path of a mount or of a device in the container."""

    form = sentences.TARGET_PATH

    def fits(self) -> bool:
        """Whether it is a path from the root without `..`."""
        return super().fits() and ".." not in self.split("/")


class SourcePath(AbsolutePath):
    """A directory on a node, or one that a server exports."""

    form = sentences.SOURCE_PATH

    def fits(self) -> bool:
        """Whether it is a path from the root without `..`."""
        return super().fits() and ".." not in self.split("/")


class Host(Text):
    """A host, by name or by address."""

    form = sentences.HOST
    pattern = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9.:]{0,251}[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]{2,45}\]?")


class PullPolicy(Choice):
    """When an image is fetched."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class ServiceType(Choice):
    """How ports are reached from outside the job."""

    PORT_FORWARD = "portforward"
    LOAD_BALANCER = "loadbalancer"
    NODE_PORT = "nodeport"
    CLUSTER_IP = "clusterip"
    INGRESS = "ingress"


class PortService(Choice):
    """How a single port is reached, in Kubernetes' spelling."""

    LOAD_BALANCER = "LoadBalancer"
    NODE_PORT = "NodePort"
    CLUSTER_IP = "ClusterIP"


class Usage(StrEnum):
    """What a workload is for, in the API's spelling."""

    SUBMIT = "Submit"
    TEMPLATE = "Template"


def whole(raw: object) -> object:
    """`raw` if it is a whole number; text, true and false are refused."""
    if isinstance(raw, bool | str):
        raise wrong(sentences.must_be(sentences.WHOLE_NUMBER))
    return raw


def true_or_false(raw: object) -> object:
    """`raw` if it is true or false; text and numbers are refused."""
    if not isinstance(raw, bool):
        raise wrong(sentences.must_be(sentences.TRUE_OR_FALSE))
    return raw


Boolean = Annotated[bool, BeforeValidator(true_or_false)]
Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT), BeforeValidator(whole)]
"""A count, which may be zero."""
PositiveCount = Annotated[int, Field(ge=1, le=LARGEST_COUNT), BeforeValidator(whole)]
"""A count of at least one."""
Port = Annotated[int, Field(ge=1, le=65535), BeforeValidator(whole)]


CLOSED: Final = ConfigDict(
    frozen=True,
    extra="forbid",
    alias_generator=to_camel,
    validate_by_name=True,
    use_attribute_docstrings=True,
    hide_input_in_errors=True,  # it would be logged, and may hold a secret
)
"""How everything that people state is read: nothing unknown, nothing changed later, camelCase outside."""


class Members(BaseModel):
    """The value of an item that has members: closed and frozen, camelCase outside; all members come from one source."""

    model_config = CLOSED
    switches: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Switches, by name, that each mean a value of a member: `readWriteMany: true` means `accessModes: ReadWriteMany`.
    """

    spellings: ClassVar[Mapping[str, str]] = {}
    """Other names of members, by the other name."""

    @model_validator(mode="before")
    @classmethod
    def as_meant(cls, raw: Any) -> Any:
        """The members as they are meant: by their own names, without empty text, and with what switches mean."""
        if not isinstance(raw, dict):
            return raw
        kept = {name: value for name, value in raw.items() if not (name in _optional(cls) and is_blank(value))}
        for other, member in cls.spellings.items():
            if other in kept and kept.setdefault(member, kept[other]) != kept.pop(other):
                raise wrong(sentences.two_names(member, other))
        on = {name: kept.pop(name) for name in cls.switches if name in kept}
        for name, value in on.items():
            member, meant = cls.switches[name]
            if true_or_false(value) and kept.setdefault(member, meant) != meant:
                raise wrong(sentences.switch_against(name, member))
        return kept


@cache
def _optional(members: type[Members]) -> frozenset[str]:
    """The names of the members that empty text leaves out."""
    fields = members.model_fields.items()
    return frozenset(
        info.alias or field
        for field, info in fields
        if not info.is_required()
        and any(isinstance(part, type) and _leaves_out(part) for part in get_args(info.annotation) or [info.annotation])
    )


def _leaves_out(plain: type[Any]) -> bool:
    return issubclass(plain, Text | Choice) and plain.absent("")


class PortMapping(Members):
    """A port of the container and where it is reached."""

    container: Annotated[Port, Cell("Container port", example="8080")]
    """Port that the container listens on."""
    external: Annotated[Port | None, Cell("External port", example="30080")] = None
    """Port under which it is reached: of the service, or of the node for service type nodeport. Defaults to the
    container's port, or on a node to one that the cluster chooses."""
    auto_generate: Annotated[Boolean, Cell("Choose a number", example="true")] = False
    """Whether the system chooses that number: on a node the cluster, elsewhere the first free one from the container's
    port on. Not together with external."""
    service_type: Annotated[PortService | None, Cell("Service type", example="NodePort")] = None
    """How this port is reached: LoadBalancer, NodePort or ClusterIP, in upper or lower case. Defaults to the workload's
    serviceType."""


class Volume(Members):
    """A directory of the node, or of an NFS server, mounted into the container."""

    source_path: Annotated[SourcePath, Cell("Source path", example="/mnt/data")]
    """Directory on the node, or on the NFS server if one is given."""
    target_path: Annotated[MountPath, Cell("Target path", example="/data")]
    """Directory in the container where it is mounted."""
    read_only: Annotated[Boolean, Cell("Read only", example="true")] = False
    """Whether the container may only read it."""
    nfs_server: Annotated[Host | None, Cell("NFS server", example="nfs.example.com")] = None
    """NFS server that exports the directory. By default, the directory is on the node."""
