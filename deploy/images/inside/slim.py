"""Leaves out of installed packages what nothing needs at run time: above all, debug information. Standard library only.

Wheels are often published with it: uvloop's 16 MB hold 1.8 MB of program.
"""

import base64
import csv
import hashlib
import io
import struct
from collections.abc import Iterator
from pathlib import Path

MAGIC = b"\x7fELF\x02\x01"
"""How a program or library of Linux begins, for 64 bits and little-endian, as on every processor with wheels."""
SECTIONS = struct.Struct("<Q")
HEADERS = struct.Struct("<IIQQQQQQ")
LOAD_FROM, SECTIONS_AT, COUNTS = 32, 40, 54
"""Where the header of the file says where its parts are."""
SPARE = (".pyx", ".pxd", ".pyi", ".c", ".h")
"""Sources and types of compiled modules."""


def slim(packages: Path) -> None:
    """Slim everything that is installed in this folder, and make each list of installed files true again."""
    for path in [path for path in packages.rglob("*") if path.is_file()]:
        if path.suffix in SPARE:
            path.unlink()
        elif path.suffix == ".so":
            path.write_bytes(loaded(path.read_bytes()))
    for record in packages.glob("*.dist-info/RECORD"):
        record.write_text("".join(recorded(record, packages)), encoding="utf-8", newline="")


def loaded(content: bytes) -> bytes:
    """Return a library without what follows its last loaded byte: symbols, debug information and the table of these.

    The loader reads the program headers, which stay; anything that is no library of a known kind is returned as it is.
    """
    if not content.startswith(MAGIC):
        return content
    first, (size, count) = SECTIONS.unpack_from(content, LOAD_FROM)[0], struct.unpack_from("<HH", content, COUNTS)
    segments = [HEADERS.unpack_from(content, first + number * size) for number in range(count)]
    end = max([first + size * count, *(offset + length for _, _, offset, _, _, length, _, _ in segments)])
    if end >= len(content):
        return content
    kept = bytearray(content[:end])
    SECTIONS.pack_into(kept, SECTIONS_AT, 0)
    struct.pack_into("<HHH", kept, COUNTS + 4, 0, 0, 0)  # size and number of the sections' headers, and their names
    return bytes(kept)


def recorded(record: Path, packages: Path) -> Iterator[str]:
    """Return the lines of a RECORD for the files that are there, as the format wants them."""
    for name, *_ in csv.reader(io.StringIO(record.read_text(encoding="utf-8"))):
        path = packages / name
        if path == record:
            yield line(name, "", "")
        elif path.is_file():
            digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
            yield line(name, f"sha256={digest}", str(path.stat().st_size))


def line(*fields: str) -> str:
    """One line of a RECORD."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(fields)
    return text.getvalue()
