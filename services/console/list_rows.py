"""Rows of the lists: what is shown of a job, a workload, a template or a policy. Pure."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple
from urllib.parse import quote

from shared.inquiry.authors import stamps_of
from shared.inquiry.frozen import job_name
from shared.inquiry.job_facts import FINISHED, gpus, image, node, pods
from shared.inquiry.jobs import Job
from shared.inquiry.projects import place as place_of
from shared.objects import JsonObject
from shared.parameters.kinds import KINDS
from shared.resolution.choice import applying

LONGEST: Final = 80
"""Characters of a cell: what is longer is cut in a list, and whole in the details."""
NUMBER: Final = re.compile(r"(?<![.\d])\d+", re.ASCII)
"""The whole part of a number in a text."""
DIGITS: Final = 12
KIND_OF: Final = {kind.workload: kind.name for kind in KINDS}
OF_POLICY: Final = {kind.policy: kind.name for kind in KINDS}
APPLIES, WITHOUT_EFFECT = "Applies", "No effect"


@dataclass(frozen=True, slots=True)
class Row:
    """One object of a list, with texts that are shown as they are."""

    key: str
    """Distinguishes it from all others of its list, and is fit for an `id`."""
    name: str
    address: str
    """Where its details are, below the project: a page has many of these."""
    created: str
    """When it was created, in RFC 3339."""
    status: str
    kind: str
    user: str
    cells: tuple[str, ...]
    """The texts of the list's own columns."""
    why: str = ""
    """What keeps it from running, or from having an effect."""
    text: str = field(init=False, repr=False, compare=False)
    """All that a search looks at, in small letters."""

    def __post_init__(self) -> None:
        every = " ".join((self.name, self.status, self.kind, self.user, *self.cells)).lower()
        object.__setattr__(self, "text", every)


class Column(NamedTuple):
    """A column of a list: its name in the address, its title, and whether it is left out on narrow screens."""

    name: str
    title: str
    narrow: str = ""
    """The class of the look that hides it when there is too little room."""


class Columns(NamedTuple):
    """The columns of a list: those that all lists have, and its own ones."""

    own: tuple[Column, ...]
    states: bool = True
    """Whether its rows have a status."""
    default: str = "-age"
    acts: bool = False
    """Whether its rows can be chosen, to do something with them."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it can be sorted by."""
        return "name", *(["status"] if self.states else []), "age", *(column.name for column in self.own)

    def order(self, sort: str) -> tuple[str, bool]:
        """The column to sort by, and whether backwards."""
        wanted = sort or self.default
        return wanted.removeprefix("-"), wanted.startswith("-")

    def value(self, row: Row, name: str) -> str:
        """What the row is sorted by: numbers in a text count as numbers, so that job-10 comes after job-9."""
        common = {"name": row.name, "status": row.status, "age": row.created}
        if name in common:
            text = common[name]
        else:
            text = row.cells[next(index for index, column in enumerate(self.own) if column.name == name)]
        return text if name == "age" else NUMBER.sub(lambda found: found[0].zfill(DIGITS), text.lower())


JOBS: Final = Columns(
    (
        Column("node", "Node", "from-m"),
        Column("image", "Image", "from-m"),
        Column("user", "User", "from-m"),
        Column("gpus", "GPUs (requested)"),
        Column("pods", "Pods (pending)", "from-l"),
    ),
    acts=True,
)
WORKLOADS: Final = Columns(
    (
        Column("kind", "Kind"),
        Column("job", "Job", "from-m"),
        Column("base", "Base workload", "from-l"),
        Column("user", "Submitted by", "from-m"),
    )
)
TEMPLATES: Final = Columns(
    (
        Column("kind", "Kind"),
        Column("place", "Project"),
        Column("image", "Image", "from-m"),
        Column("user", "Written by"),
    ),
    states=False,
    default="name",
)
POLICIES: Final = Columns((Column("kind", "Kind"), Column("place", "Project")), default="name")


def key_of(item: JsonObject) -> str:
    """The key of an object's row."""
    return f"r{urlsafe_b64encode(blake2b(str(item['metadata']['uid']).encode(), digest_size=6).digest()).decode()}"


def of_job(job: Job, *, whole: bool = True) -> Row:
    """The row of a job. It leads to the workload that the job was made for, if there was one.

    Unless it is `whole`, some of its pods may not have been read yet: what they decide is left out.
    """
    status = job.status if whole or job.pods or job.status in FINISHED else ""
    labels = job.resource["metadata"].get("labels") or {}
    user, kind = str(labels.get("user") or ""), job.workload and KIND_OF.get(job.workload.kind)
    below = f"{kind}/{quote(job.workload.name)}" if job.workload and kind else f"job/{quote(job.name)}"
    return Row(
        key_of(job.resource),
        job.name,
        below,
        str(job.resource["metadata"].get("creationTimestamp") or ""),
        status,
        job.type,
        _cut(user),
        _cells(node(job), image(job), user, gpus(job, status), pods(job)),
        job.why[:LONGEST],
    )


def of_workload(workload: JsonObject) -> Row | None:
    """The row of a workload that was submitted; None for a template."""
    spec = workload.get("spec") or {}
    if spec.get("usage") == "Template":
        return None
    kind, user = KIND_OF[workload["kind"]], stamps_of(workload).get("submittedBy", "")
    status = (workload.get("status") or {}).get("phase") or "Pending"
    cells = _cells(kind, job_name(workload) or "", str(spec.get("baseWorkload") or ""), user)
    return _row(workload, f"{kind}/{{}}", str(status), kind, _cut(user), cells)


def of_template(workload: JsonObject) -> Row | None:
    """The row of a template; None for another workload."""
    spec = workload.get("spec") or {}
    if spec.get("usage") != "Template":
        return None
    kind, user = KIND_OF[workload["kind"]], stamps_of(workload).get("submittedBy", "")
    stated = spec.get("image")
    text = stated.get("value") if isinstance(stated, Mapping) else stated
    cells = _cells(kind, place_of(workload), str(text or ""), user)
    return _row(workload, f"{kind}/{{}}", "", kind, _cut(user), cells)


def of_policies(policies: Iterable[JsonObject], namespace: str) -> dict[str, Row]:
    """The rows of all policies that matter to a project, by key: for each kind, one of them applies."""
    by_kind: dict[str, list[JsonObject]] = {}
    for policy in policies:
        by_kind.setdefault(policy["kind"], []).append(policy)
    found: dict[str, Row] = {}
    for kind, own in by_kind.items():
        first = next(iter(applying(own, namespace)), None)
        for policy in own:
            status, why = (APPLIES, "") if policy is first else (WITHOUT_EFFECT, _shadowed(policy, first))
            name = OF_POLICY[kind]
            row = _row(policy, f"policies/{name}", status, name, "", _cells(name, place_of(policy)), why)
            found[row.key] = row
    return found


def _shadowed(policy: JsonObject, by: Mapping[str, JsonObject] | None) -> str:
    if by is None:
        return ""
    if by["metadata"]["namespace"] != policy["metadata"]["namespace"]:
        return f"the project has its own: {by['metadata']['name']}"
    return f"{by['metadata']['name']} is older"


def _row(
    item: JsonObject,
    address: str,
    status: str,
    kind: str,
    user: str,
    cells: Sequence[str],
    why: str = "",
) -> Row:
    metadata = item["metadata"]
    created, below = str(metadata.get("creationTimestamp") or ""), address.format(quote(metadata["name"]))
    return Row(key_of(item), metadata["name"], below, created, status, kind, user, tuple(cells), why)


def _cells(*texts: str) -> tuple[str, ...]:
    return tuple(map(_cut, texts))


def _cut(text: str) -> str:
    """The text, without its middle if it is too long: images differ at both ends."""
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return f"{text[: half - 1]}…{text[-half:]}"
