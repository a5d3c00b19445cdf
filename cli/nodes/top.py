"""The table that `runai top node` prints."""

from typing import Final

from cli.jobs.top import UNKNOWN, _cpu, _figures, _known, _memory, _used_figures
from cli.jobs.usage import Usage
from cli.nodes.node import Node
from shared.inquiry.capacity import number, share, size
from shared.objects import JsonObject

NODES: Final = (
    "NAME",
    "STATUS",
    "GPU CAPACITY",
    "GPU ALLOCATED",
    "CPU CAPACITY",
    "CPU ALLOCATED",
    "CPU USAGE",
    "MEMORY CAPACITY",
    "MEMORY ALLOCATED",
    "MEMORY USAGE",
)


def node_row(one: Node, usage: Usage | None) -> list[str]:
    """The cells of a node; percentages are relative to its capacity."""
    has, taken = one.capacity, one.allocated
    used = (usage or {}).get(("", one.name))
    gpus = f"{taken.gpus} ({share(taken.gpus.count, has.gpus.count)})" if taken else UNKNOWN
    return [
        one.name,
        one.status,
        str(has.gpus),
        gpus,
        number(has.cpu),
        _cpu(taken, has.cpu),
        _cpu(used, has.cpu),
        size(has.memory),
        _memory(taken, has.memory),
        _memory(used, has.memory),
    ]


def node_figures(one: Node, usage: Usage | None) -> JsonObject:
    """A node as JSON: CPUs, bytes, GPUs."""
    used = (usage or {}).get(("", one.name))
    told = {"name": one.name, "status": one.status, "capacity": _figures(one.capacity)}
    return {**told, **_known(allocated=one.allocated), **_used_figures(used)}
