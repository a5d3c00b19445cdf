"""The types of parameters' values: what may be written, and what it means.

A value's text is kept as its author wrote it; where it stands for an amount, `amount` gives it in exact decimal
arithmetic. Whatever is not of the form is refused with a sentence of `sentences`.
"""

import re
import shlex
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from shared.parameters import sentences
from shared.parameters.amounts import DURATION, QUANTITY, amount_of, seconds_of
from shared.parameters.forms import Choice as Choice
from shared.parameters.forms import Family as Family
from shared.parameters.forms import Text as Text
from shared.parameters.forms import wrong
from shared.parameters.shown import Cell

LARGEST = 2**63 - 1
"""The largest amount that Kubernetes can hold."""
LARGEST_COUNT = 2**31 - 1
"""The largest count (of pods, retries, seconds) that Kubernetes can hold."""
SUBDOMAIN = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
"""A name of a resource, as Kubernetes takes most of them, or a domain; no longer than 253 characters."""


def too_many(things: Decimal) -> str | None:
    """The sentence for more things than Kubernetes counts: it counts their thousandths."""
    most = LARGEST // 1000
    return sentences.no_greater_than(most) if things > most else None


class Amount(Text):
    """Text that stands for a number: a bare number is taken for its text; two of them compare by `amount`."""

    longest: ClassVar[int] = 64
    units: ClassVar[tuple[str, ...]] = ()
    """Units that people usually write it with."""

    @cached_property
    def amount(self) -> Decimal:
        """What the text stands for, exactly."""
        raise NotImplementedError

    @property
    def meaning(self) -> object:
        """Its amount."""
        return self.amount

    @classmethod
    def text_of(cls, raw: object) -> str | None:
        """The text itself, or a bare number's; true and false are no numbers."""
        if isinstance(raw, float):
            return format(Decimal(repr(raw)), "f")
        return str(raw) if isinstance(raw, str | int) and not isinstance(raw, bool) else None

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Text or a bare whole number."""
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
        """The number, exactly."""
        return Decimal(self)

    def mistake(self) -> str | None:
        """The form, and no more than Kubernetes can hold."""
        return super().mistake() or (sentences.no_greater_than(LARGEST) if self.amount > LARGEST else None)


class Gpus(DecimalText):
    """GPUs: a whole number, or a fraction of one; one and a half cannot be had."""

    form = sentences.GPUS

    def fits(self) -> bool:
        """A decimal number that is whole or less than one."""
        return super().fits() and (self.amount < 1 or self.amount == self.amount.to_integral_value())

    def mistake(self) -> str | None:
        """The form, and no more than Kubernetes can count."""
        return super().mistake() or too_many(self.amount)


class Quantity(Amount):
    """A Kubernetes quantity: `1Gi`, `500M`, `1e3`; its text is kept, two compare by what they amount to."""

    family = Family.QUANTITY
    form = sentences.QUANTITY
    pattern = QUANTITY
    units: ClassVar[tuple[str, ...]] = ("Mi", "Gi", "Ti", "M", "G", "T")

    @cached_property
    def amount(self) -> Decimal:
        """Bytes for memory, exactly."""
        return amount_of(self)

    def mistake(self) -> str | None:
        """The form, and no more than Kubernetes can hold."""
        return super().mistake() or (sentences.no_greater_than(LARGEST) if self.amount > LARGEST else None)


class Duration(Amount):
    """A duration as Go writes it: `30s`, `1h30m`, `1.5h`; `amount` is in seconds."""

    family = Family.DURATION
    form = sentences.DURATION
    pattern = DURATION
    units: ClassVar[tuple[str, ...]] = ("s", "m", "h")

    @cached_property
    def amount(self) -> Decimal:
        """Seconds, exactly."""
        return seconds_of(self)

    def mistake(self) -> str | None:
        """The form, and no more seconds than Kubernetes can hold."""
        limit = f"{LARGEST_COUNT}s"
        return super().mistake() or (sentences.no_greater_than(limit) if self.amount > LARGEST_COUNT else None)


class Line(Text):
    """Text of one line."""

    form = sentences.LINE
    pattern = re.compile(r"[^\x00-\x1f\x7f]{1,253}")


class ItemLabel(Text):
    """What an item is called by those who add, change or delete it."""

    form = sentences.LABEL_OF_ITEM
    pattern = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


class JobName(Text):
    """A DNS-1035 label: the job and what belongs to it are named so."""

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
        """The words as a shell would see them; variables such as ${RUNAI_PROJECT} are left as they are."""
        return tuple(shlex.split(self))

    def fits(self) -> bool:
        """Whether every quote is closed."""
        try:
            return bool(self.words)
        except ValueError:
            return False


class EnvironmentName(Text):
    """The name of an environment variable."""

    form = sentences.ENVIRONMENT_NAME
    pattern = re.compile(r"[-._A-Za-z][-._A-Za-z0-9]*")


class LabelKey(Text):
    """A key that Kubernetes takes for a label or an annotation."""

    form = sentences.LABEL_KEY
    pattern = re.compile(rf"(?:(?=[^/]{{1,253}}/){SUBDOMAIN}/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?")


class LabelValue(Text):
    """A value that Kubernetes takes for a label."""

    form = sentences.LABEL_VALUE
    pattern = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
    blank = True


class AnnotationValue(Text):
    """Any text."""

    longest = 32768
    blank = True


class AbsolutePath(Text):
    """A path from the root."""

    form = sentences.ABSOLUTE_PATH
    pattern = re.compile(r"/[^\x00]*")


class MountPath(AbsolutePath):
    """Where something is mounted in the container."""

    form = sentences.MOUNT_PATH
    pattern = re.compile(r"/[^\x00:]*")


class TargetPath(MountPath):
    """Where something is mounted in the container, or where a device appears in it."""

    form = sentences.TARGET_PATH

    def fits(self) -> bool:
        """A path from the root that never steps back."""
        return super().fits() and ".." not in self.split("/")


class SourcePath(AbsolutePath):
    """A directory of a node, or one that a server exports."""

    form = sentences.SOURCE_PATH

    def fits(self) -> bool:
        """A path from the root that never steps back."""
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
    """How a single port is reached, in Kubernetes' own words."""

    LOAD_BALANCER = "LoadBalancer"
    NODE_PORT = "NodePort"
    CLUSTER_IP = "ClusterIP"


class Usage(StrEnum):
    """What a workload is for; its spelling is the API's own."""

    SUBMIT = "Submit"
    TEMPLATE = "Template"


def whole(raw: object) -> object:
    """`raw` where it is a whole number; no text, and neither true nor false."""
    if isinstance(raw, bool | str):
        raise wrong(sentences.must_be(sentences.WHOLE_NUMBER))
    return raw


def true_or_false(raw: object) -> object:
    """`raw` where it is true or false; no text and no number."""
    if not isinstance(raw, bool):
        raise wrong(sentences.must_be(sentences.TRUE_OR_FALSE))
    return raw


Boolean = Annotated[bool, BeforeValidator(true_or_false)]
Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT), BeforeValidator(whole)]
"""How many of something, or none."""
PositiveCount = Annotated[int, Field(ge=1, le=LARGEST_COUNT), BeforeValidator(whole)]
"""How many of something, at least one."""
Port = Annotated[int, Field(ge=1, le=65535), BeforeValidator(whole)]


class Members(BaseModel):
    """The value of an item that has members: closed and frozen, camelCase outside; all members come from one source."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, use_attribute_docstrings=True
    )


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
