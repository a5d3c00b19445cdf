"""Value types for the placement of pods, their user and rights, and their addresses."""

import re
from functools import cached_property
from typing import Annotated, ClassVar, Final
from urllib.parse import urlsplit

from shared.parameters import sentences
from shared.parameters.shown import Cell
from shared.parameters.storage import Address
from shared.parameters.types import (
    LARGEST_COUNT,
    SUBDOMAIN,
    Choice,
    Count,
    LabelKey,
    LabelValue,
    Members,
    Port,
    Quantity,
    Text,
    too_many,
)

_EVERY: Final = """
    ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH
    FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE
    NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE
    SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM
"""
CAPABILITIES: Final = frozenset(_EVERY.split())
"""All capabilities of Linux, and the word for all of them at once."""


class Capability(Text):
    """A Linux capability, in upper or lower case, with or without CAP_; blank if the label names it."""

    form = sentences.CAPABILITY
    blank = True
    omissible = True

    @staticmethod
    def named(text: str) -> str:
        """The capability in Kubernetes' spelling, such as NET_ADMIN; empty if there is none of that name."""
        name = text.upper().removeprefix("CAP_")
        return name if name in CAPABILITIES else ""

    @property
    def meaning(self) -> object:
        """The capability in Kubernetes' spelling."""
        return self.named(self) or str(self)

    def fits(self) -> bool:
        """Whether the text is a capability or blank."""
        return not self or bool(self.named(self))


class ExtendedResource(Text):
    """The name of a resource that nodes offer besides CPU and memory."""

    form = sentences.RESOURCE_NAME
    ours: ClassVar = re.compile(r"nvidia\.com/(gpu|mig-).*")
    longest_domain: ClassVar = 253 - len("requests.")
    """The most characters of the domain, since a quota calls the resource `requests.<name>`."""

    def fits(self) -> bool:
        """Whether the name has a domain that is not Kubernetes' own. GPUs have their own parameters and policies."""
        domain, slash, _ = self.partition("/")
        of_kubernetes = domain == "kubernetes.io" or domain.endswith(".kubernetes.io") or domain.startswith("requests.")
        named = (
            bool(slash) and len(domain) <= self.longest_domain and not of_kubernetes and not self.ours.fullmatch(self)
        )
        return named and LabelKey.pattern is not None and LabelKey.pattern.fullmatch(self) is not None


class WholeQuantity(Quantity):
    """A quantity without fractions, since extended resources cannot be divided."""

    form = sentences.WHOLE_QUANTITY
    units: ClassVar[tuple[str, ...]] = ()

    def mistake(self) -> str | None:
        """The mistake if the form is wrong, the amount is too large for Kubernetes, or it is not whole."""
        return super().mistake() or (sentences.must_be(self.form) if self.amount % 1 else None) or too_many(self.amount)


class MigProfile(Choice):
    """The profile of a MIG device, which is a part of a GPU split by hardware."""

    G1_5 = "1g.5gb"
    G1_10 = "1g.10gb"
    G2_10 = "2g.10gb"
    G2_20 = "2g.20gb"
    G3_20 = "3g.20gb"
    G3_40 = "3g.40gb"
    G4_20 = "4g.20gb"
    G4_40 = "4g.40gb"
    G7_40 = "7g.40gb"
    G7_80 = "7g.80gb"


class GroupList(Text):
    """A list of group ids."""

    form = sentences.GROUP_LIST
    pattern = re.compile(r"\s*\d{1,10}\s*(?:[;,]\s*\d{1,10}\s*)*[;,]?\s*", re.ASCII)

    @cached_property
    def groups(self) -> tuple[int, ...]:
        """The group ids, each once, in the order in which they are written."""
        return tuple(dict.fromkeys(int(part) for part in re.split(r"[;,]", self) if part.strip()))

    @property
    def meaning(self) -> object:
        """The groups, regardless of order."""
        return frozenset(self.groups)

    def fits(self) -> bool:
        """Whether every number is a valid group id."""
        return super().fits() and all(group <= LARGEST_COUNT for group in self.groups)


class LabelText(LabelValue):
    """The value of a node label."""

    form = sentences.LABEL_TEXT
    blank = False


class NodePools(Text):
    """Names of node pools, the one wanted most first."""

    form = sentences.NODE_POOLS

    @cached_property
    def pools(self) -> tuple[str, ...]:
        """The names in their order."""
        return tuple(part for part in re.split(r"[\s,;]+", self) if part)

    @property
    def meaning(self) -> object:
        """The names in their order."""
        return self.pools

    def fits(self) -> bool:
        """Whether every name is a valid label value and appears once."""
        pattern = LabelText.pattern
        named = all(pattern is not None and pattern.fullmatch(pool) for pool in self.pools)
        return bool(self.pools) and named and len(set(self.pools)) == len(self.pools)


class Operator(Choice):
    """How a toleration is compared with a taint."""

    EQUAL = "Equal"
    EXISTS = "Exists"


class Effect(Choice):
    """What a taint does."""

    NO_SCHEDULE = "NoSchedule"
    NO_EXECUTE = "NoExecute"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"


class Toleration(Members):
    """A taint of nodes that pods bear."""

    operator: Annotated[Operator, Cell("Operator", example="Equal")]
    """Whether the taint has the same value (Equal), or any (Exists)."""
    key: Annotated[LabelKey, Cell("Key", example="spot")]
    """Key of the taint."""
    value: Annotated[LabelValue | None, Cell("Value", example="'true'")] = None
    """Value of the taint. Required for operator Equal, and only allowed then."""
    effect: Annotated[Effect | None, Cell("Effect", example="NoSchedule")] = None
    """Effect of the taint: NoSchedule, NoExecute or PreferNoSchedule; any effect by default."""
    seconds: Annotated[Count | None, Cell("Time on the node", unit="seconds", example="300")] = None
    """How long a pod stays on a node that got the taint, in seconds; without limit by default. Only for effect
    NoExecute."""


class PublicAddress(Address):
    """An address under which a port is reached from outside the cluster."""

    form = sentences.EXPOSED_URL
    pattern = re.compile(rf"https?://{SUBDOMAIN}(?:/[-A-Za-z0-9._~/]*)?")

    @property
    def host(self) -> str:
        """The address's host."""
        return urlsplit(self).hostname or ""

    @property
    def path(self) -> str:
        """The address's path, or `/` if it has none."""
        return urlsplit(self).path or "/"

    def fits(self) -> bool:
        """Whether the host is a name, not a number, and the path has no empty, `.` or `..` step."""
        if not super().fits() or len(self.host) > 253:
            return False
        numeric = self.host.replace(".", "").isdigit()
        steps = self.path.removeprefix("/").removesuffix("/").split("/")
        return not numeric and (self.path == "/" or not {"", ".", ".."} & set(steps))


class ExposedUrl(Members):
    """A port of the container, reached over http from outside the cluster."""

    container: Annotated[Port, Cell("Container port", example="8080")]
    """Port that the container listens on."""
    url: Annotated[PublicAddress | None, Cell("URL", example="https://lab.example.com/notes")] = None
    """Address under which it is reached; defaults to /<project>/<job>/<port> of the cluster's own host."""
