"""Capacity that pods request and nodes offer: GPUs, CPUs and memory, in readable units. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from shared.jobs import PHASES_AT_END
from shared.objects import JsonObject
from shared.outputs.naming import GPU, GPU_FRACTION_ANNOTATION, GPU_MEMORY_ANNOTATION, MIG
from shared.parameters.amounts import amount_of

BINARY: Final = (("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))
NOTHING: Final = Decimal(0)


@dataclass(frozen=True)
class Gpus:
    """GPUs in every form of request: whole GPUs and fractions, GPU memory, and slices."""

    count: Decimal = NOTHING
    memory: Decimal = NOTHING
    """Bytes."""
    slices: Mapping[str, Decimal] = field(default_factory=dict)
    """Number of slices, by profile."""

    def __add__(self, other: "Gpus") -> "Gpus":
        names = {*self.slices, *other.slices}
        slices = {name: self.slices.get(name, NOTHING) + other.slices.get(name, NOTHING) for name in names}
        return Gpus(self.count + other.count, self.memory + other.memory, slices)

    def times(self, number: int) -> "Gpus":
        """The amount multiplied by a number."""
        slices = {name: count * number for name, count in self.slices.items()}
        return Gpus(self.count * number, self.memory * number, slices)

    def __str__(self) -> str:
        """`1`, `0.5`, `2000Mi`, `2 mig-1g.5gb`; `0` for none."""
        parts = [number(self.count)] if self.count else []
        parts += [size(self.memory)] if self.memory else []
        parts += [f"{number(count)} mig-{name}" for name, count in sorted(self.slices.items()) if count]
        return ", ".join(parts) or "0"


@dataclass(frozen=True)
class Amounts:
    """Amounts of resources that are requested, available or used."""

    gpus: Gpus = field(default_factory=Gpus)
    cpu: Decimal = NOTHING
    """Processors."""
    memory: Decimal = NOTHING
    """Bytes."""

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.gpus + other.gpus, self.cpu + other.cpu, self.memory + other.memory)

    def times(self, number: int) -> "Amounts":
        """The amount multiplied by a number."""
        return Amounts(self.gpus.times(number), self.cpu * number, self.memory * number)


def total(amounts: Iterable[Amounts]) -> Amounts:
    """The sum of the amounts."""
    return sum(amounts, Amounts())


def requested(pod: JsonObject) -> Amounts:
    """What a pod, or each pod of a template, requests: the sum of its containers, or an init container if that
    requests more."""
    spec, annotations = pod.get("spec") or {}, (pod.get("metadata") or {}).get("annotations") or {}
    together = total(_of_container(one) for one in spec.get("containers") or [])
    first = [_of_container(one) for one in spec.get("initContainers") or []]
    cpu = max([together.cpu, *(one.cpu for one in first)])
    memory = max([together.memory, *(one.memory for one in first)])
    shared = Gpus(
        _read(annotations.get(GPU_FRACTION_ANNOTATION)), _read(annotations.get(GPU_MEMORY_ANNOTATION)) * 2**20
    )
    return Amounts(together.gpus + shared, cpu, memory)


def _of_container(container: JsonObject) -> Amounts:
    resources = container.get("resources") or {}
    return of_list({**(resources.get("limits") or {}), **(resources.get("requests") or {})})


def of_list(resources: Mapping[str, Any]) -> Amounts:
    """The amounts of a list of resources, such as a node's `allocatable`."""
    slices = {name.removeprefix(MIG): _read(text) for name, text in resources.items() if name.startswith(MIG)}
    gpus = Gpus(_read(resources.get(GPU)), slices=slices)
    return Amounts(gpus, _read(resources.get("cpu")), _read(resources.get("memory")))


def _read(quantity: object) -> Decimal:
    """The amount; zero if it is invalid, because one invalid pod must not hide all others."""
    try:
        return amount_of(str(quantity)) if quantity is not None else NOTHING
    except ValueError:
        return NOTHING


def holds(pod: JsonObject) -> bool:
    """Whether the pod holds its requested resources: it is assigned to a node and has not ended."""
    placed = bool((pod.get("spec") or {}).get("nodeName"))
    return placed and (pod.get("status") or {}).get("phase") not in PHASES_AT_END


def number(amount: Decimal) -> str:
    """A count with at most three decimal places: `0.5`, `128`."""
    return f"{amount.quantize(Decimal('0.001')).normalize():f}" if amount else "0"


def size(amount: Decimal) -> str:
    """Bytes in the largest unit that fits, with at most one decimal place: `1.5Gi`."""
    for unit, bytes_of in BINARY:
        if amount >= bytes_of:
            return f"{(amount / bytes_of).quantize(Decimal('0.1')).normalize():f}{unit}"
    return number(amount)


def share(part: Decimal, whole: Decimal) -> str:
    """The part as a whole percentage of the whole; `-` if the whole is zero."""
    return f"{part * 100 / whole:.0f}%" if whole else "-"
