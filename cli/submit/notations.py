"""Parses items written as one word of a command line, such as `--port 30022:22`, into items of a resource.

Pure. Values are kept as written; the catalogue checks their form.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

WHOLE: Final = re.compile(r"[+-]?\d{1,20}", re.ASCII)
NO_LABEL: Final = re.compile(r"[^A-Za-z0-9_.-]+")
LONGEST_LABEL: Final = 63

MODES: Final = {"": None, "ro": True, "rw": False}
"""Suffixes of a mounted path, and whether each makes the mount read-only."""
WRITABLE: Final = "readwrite"
PROPAGATION: Final = "mount-propagation"
NAME_OF_ITEM: Final = "name of the item"
SPELLINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "gitSync": {"repository": "source", "path": "target", "name": NAME_OF_ITEM},
    "s3": {"path": "target", "name": NAME_OF_ITEM},
}
"""Other names of members in later versions, by parameter."""
CODE: Final = "/code"
"""Default directory for cloned repositories."""
CLAIM_MEMBERS: Final = {
    "claimname": "claimName",
    "storageclass": "storageClass",
    "size": "size",
    "path": "path",
    "accessmode": "accessModes",
    "accessmodes": "accessModes",
    "volumemode": "volumeMode",
}
CLAIM_WORDS: Final[Mapping[str, tuple[str, str | bool]]] = {
    "ro": ("readOnly", True),
    "rw": ("readOnly", False),
    "ephemeral": ("ephemeral", True),
    "accessmode-rwo": ("accessModes", "ReadWriteOnce"),
    "accessmode-rom": ("accessModes", "ReadOnlyMany"),
    "accessmode-rwm": ("accessModes", "ReadWriteMany"),
}
"""Members of a claim that are given as a word without a value."""


class NotationError(ValueError):
    """The text does not match its notation. The message shows the expected notation and never repeats the text."""


class Item(NamedTuple):
    """One item as it is written in a resource."""

    label: str
    value: Any


class Subject(NamedTuple):
    """The parameter that items belong to."""

    parameter: str
    members: Mapping[str, str]
    """The family of each member, by name; empty if items are single values."""


class Notation(NamedTuple):
    """A way to write items in one word."""

    form: str
    """The form that help shows."""
    read: Callable[[str, Subject], Item]
    """Parses one word into an item."""
    comma: str = ""
    """Regular expression that separates items in one word; empty if the flag must be repeated instead."""
    open: bool = True
    """Whether messages may repeat the text, because it cannot contain a password."""
    named: bool = False
    """Whether users name the item themselves, so that repeating it replaces it."""


def integer(text: str) -> int | str:
    """The text as a whole number; the text itself if it is not one, which is refused later."""
    return int(text) if WHOLE.fullmatch(text.strip()) else text


def pair(text: str, _: Subject) -> Item:
    """`NAME=VALUE`."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise NotationError("must be written as NAME=VALUE")
    return Item(name.strip(), value)


def name(text: str, _: Subject) -> Item:
    """A word that is its own label."""
    if not text.strip():
        raise NotationError("cannot be blank")
    return Item(text.strip(), text.strip())


def port(text: str, subject: Subject) -> Item:
    """`EXTERNAL:CONTAINER`, or one number for both sides; or `container=80,external=8080,service-type=NodePort`."""
    if "=" in text:
        return _port_by_members(text, subject)
    parts = text.strip().split(":")
    if len(parts) > 2 or not all(parts):
        raise NotationError("must be written as PORT or EXTERNAL:CONTAINER")
    value: dict[str, Any] = {"container": integer(parts[-1])}
    if len(parts) == 2:
        value["external"] = integer(parts[0])
    return Item(f"port-{parts[-1]}", value)


def _port_by_members(text: str, subject: Subject) -> Item:
    known = {_dashed(member): member for member in subject.members}
    stated = {known[name]: written for name, written in _members(text, known)}
    value = {name: integer(one) if subject.members[name] == "integer" else one for name, one in stated.items()}
    return Item(f"port-{value.get('container', '')}", value)


def volume(text: str, _: Subject) -> Item:
    """`SOURCE:TARGET[:ro|rw][:NFS_SERVER]`."""
    source, target, mode, server, *_rest = [*text.split(":", 3), "", "", ""]
    if not source or not target:
        raise NotationError("must be written as SOURCE:TARGET[:ro|:rw][:NFS_SERVER]")
    value: dict[str, Any] = {"sourcePath": source, "targetPath": target, **_mode(mode)}
    if server:
        value["nfsServer"] = server
    return Item(label_of("volume", target), value)


def host_path(text: str, _: Subject) -> Item:
    """`path=PATH,mount=PATH[,readwrite]`; read-only by default."""
    value = _mounted(text, {"path": "sourcePath", "mount": "targetPath", PROPAGATION: PROPAGATION})
    if value.pop(PROPAGATION, "None") != "None":
        raise NotationError("a single volume has no mount propagation of its own; use --mount-propagation")
    return Item(label_of("volume", str(value.get("targetPath", ""))), value)


def nfs(text: str, _: Subject) -> Item:
    """`path=PATH,server=HOST,mountpath=PATH[,readwrite]`; read-only by default."""
    value = _mounted(text, {"path": "sourcePath", "server": "nfsServer", "mountpath": "targetPath"})
    return Item(label_of("volume", str(value.get("targetPath", ""))), value)


def _mounted(text: str, members: Mapping[str, str]) -> dict[str, Any]:
    parts = [part for part in text.split(",") if part.strip().casefold() != WRITABLE]
    stated = {members[name]: written for name, written in _members(",".join(parts), members, (WRITABLE,))}
    return {**stated, "readOnly": len(parts) == len(text.split(","))}


def claim(text: str, _: Subject) -> Item:
    """`[STORAGE_CLASS]:SIZE:PATH[:ro]` for a new claim, `CLAIM:PATH[:ro]` for one that exists."""
    parts = text.split(":")
    if len(parts) == 4 or (len(parts) == 3 and not parts[1].startswith("/")):
        storage_class, size, path, mode = [*parts, ""][:4]
        value: dict[str, Any] = {"size": size, "path": path, **_mode(mode)}
        if storage_class:
            value["storageClass"] = storage_class
    elif len(parts) in (2, 3):
        claim_name, path, mode = [*parts, ""][:3]
        value = {"claimName": claim_name, "existingPvc": True, "path": path, **_mode(mode)}
    else:
        raise NotationError("must be written as [STORAGE_CLASS]:SIZE:PATH[:ro] or CLAIM:PATH[:ro]")
    return Item(label_of("pvc", path), value)


def existing_claim(text: str, _: Subject) -> Item:
    """`claimname=NAME,path=PATH`."""
    value = _claim(text, ("claimname", "path"), ("ro", "rw"))
    value["existingPvc"] = True
    return Item(label_of("pvc", str(value.get("path", ""))), value)


def new_claim(text: str, _: Subject) -> Item:
    """`storageclass=CLASS,size=SIZE,path=PATH` and words such as `ro` and `ephemeral`."""
    value = _claim(text, CLAIM_MEMBERS, CLAIM_WORDS)
    return Item(label_of("pvc", str(value.get("path", ""))), value)


def members(text: str, subject: Subject) -> Item:
    """`member=value,member=value`, labelled by its mount path or by what it refers to."""
    value: dict[str, Any] = {}
    others = SPELLINGS.get(subject.parameter, {})
    for name, written in _members(text, [*subject.members, *others]):
        member = others.get(name, name)
        value[member] = integer(written) if subject.members.get(member) == "integer" else written
    if subject.parameter == "gitSync":
        value.setdefault("target", CODE)
    if label := value.pop(NAME_OF_ITEM, None):
        return Item(label, value)
    prefix, speaking = LABELS.get(subject.parameter, (subject.parameter, ()))
    return Item(label_of(prefix, *(str(value[member]) for member in speaking if member in value)), value)


LABELS: Final = {
    "gitSync": ("git", ("target",)),
    "s3": ("s3", ("target",)),
    "tolerations": ("toleration", ("key", "effect")),
    "emptyDirVolumes": ("empty-dir", ("path",)),
    "configMapVolumes": ("config-map", ("path",)),
    "secretVolumes": ("secret", ("path",)),
    "exposedUrls": ("url", ("container",)),
}
"""How an item's label is made: from a word, and the members that distinguish it from others."""
PAIRS: Final = r",(?=[^,=\s]+=)"
"""A comma before another NAME=; any other comma belongs to the value."""

NOTATIONS: Final[Mapping[str, Notation]] = {
    "variable": Notation("NAME=VALUE", pair, open=False, named=True),
    "pair": Notation("NAME=VALUE", pair, PAIRS, named=True),
    "name": Notation("NAME", name, ",", named=True),
    "port": Notation("[EXTERNAL:]CONTAINER", port, r",\s*(?=\d)"),
    "volume": Notation("SOURCE:TARGET[:ro|:rw][:NFS_SERVER]", volume, r",(?=/)"),
    "host-path": Notation("path=PATH,mount=PATH[,readwrite]", host_path),
    "nfs": Notation("path=PATH,server=HOST,mountpath=PATH[,readwrite]", nfs),
    "pvc": Notation("[[CLASS]:SIZE|CLAIM]:PATH[:ro]", claim, ","),
    "pvc-exists": Notation("claimname=NAME,path=PATH", existing_claim),
    "pvc-new": Notation("size=SIZE,path=PATH,...", new_claim),
    "members": Notation("MEMBER=VALUE,...", members, open=False),
}
"""Notations by their name in the table of flags."""


def label_of(prefix: str, *texts: str) -> str:
    """A descriptive label that is always the same for the same item: `/a/b` gives `volume-a.b`."""
    words = [NO_LABEL.sub("-", text.strip("/").replace("/", ".")) for text in texts]
    label = "-".join([prefix, *(word for word in words if word)])
    return label[:LONGEST_LABEL].rstrip("-_.")


def free_label(label: str, taken: Collection[str]) -> str:
    """The label, with a number if it is taken, so that no item is lost."""
    number, free = 2, label
    while free in taken:
        suffix = f"-{number}"
        free, number = f"{label[: LONGEST_LABEL - len(suffix)]}{suffix}", number + 1
    return free


def words_of(notation: Notation, text: str) -> list[str]:
    """The texts of the items in one word of the command line."""
    return re.split(notation.comma, text) if notation.comma else [text]


def _mode(mode: str) -> dict[str, bool]:
    if mode not in MODES:
        raise NotationError("the part after the path must be ro or rw")
    read_only = MODES[mode]
    return {} if read_only is None else {"readOnly": read_only}


def _claim(text: str, names: Collection[str], words: Collection[str]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    rest = []
    for part in (part.strip() for part in text.split(",")):
        if part.casefold() in words:
            member, meant = CLAIM_WORDS[part.casefold()]
            value[member] = meant
        else:
            rest.append(part)
    for member, written in _members(",".join(rest), names, words):
        value[CLAIM_MEMBERS[member]] = written
    return value


def _members(text: str, known: Collection[str], words: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """The members given, without empty ones; a comma that starts no member belongs to the value before it.

    `words` are allowed there too, and have already been read.
    """
    found: list[list[str]] = []
    names = {name.casefold(): name for name in known}
    for part in text.split(","):
        member, equals, value = part.partition("=")
        if equals and re.fullmatch(r"\s*[-\w]+\s*", member):
            if member.strip().casefold() not in names:
                raise NotationError(f"unknown field {member.strip()}; expected one of {', '.join([*known, *words])}")
            found.append([names[member.strip().casefold()], value])
        elif found:
            found[-1][1] += f",{part}"
        else:
            raise NotationError(f"must be written as {'=...,'.join(known)}=...")
    for member, value in found:
        if stripped := _unquoted(value.strip()):
            yield member, stripped


def _dashed(member: str) -> str:
    """The name of a member as flags write it: `serviceType` as `service-type`."""
    return re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", member)


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text
