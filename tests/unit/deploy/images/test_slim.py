"""What is left out of installed packages, on libraries of this very Python."""

import base64
import csv
import hashlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import uvloop.loop

from deploy.images.inside.slim import loaded, slim


@pytest.mark.parametrize(
    ("package", "use"),
    [
        ("uvloop", "uvloop.run(__import__('asyncio').sleep(0))"),
        ("orjson", "orjson.dumps({})"),
        ("yaml", "yaml.CLoader"),
    ],
)
def test_a_library_without_its_debug_information_works_as_before(package: str, use: str, tmp_path: Path) -> None:
    """A fresh Python uses the slim copy, and it is no larger than the original."""
    original = Path(str(importlib.import_module(package).__file__)).parent
    copy = shutil.copytree(original, tmp_path / package)
    slim(tmp_path)
    code = f"import {package}; {use}; print({package}.__file__)"
    command, environment = [sys.executable, "-c", code], {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
    assert (done.stdout, done.stderr) == (f"{copy / '__init__.py'}\n", "")
    assert size(copy) <= size(original)


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.so"))


def test_debug_information_is_most_of_uvloop() -> None:
    """The reason for all this: less than a quarter is left."""
    content = Path(uvloop.loop.__file__).read_bytes()
    assert len(loaded(content)) < len(content) / 4


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fELF\x01\x01 32 bits", b"\x7fELF\x02\x02 big-endian"])
def test_what_is_no_library_of_a_known_kind_stays_as_it_is(content: bytes) -> None:
    """Nothing is cut that is not understood."""
    assert loaded(content) == content


def test_a_library_that_is_slim_stays_as_it_is() -> None:
    """To slim twice is to slim once."""
    once = loaded(Path(uvloop.loop.__file__).read_bytes())
    assert loaded(once) == once


def test_the_list_of_installed_files_is_true_afterwards(tmp_path: Path) -> None:
    """RECORD has each file that is there with its hash, and none that was left out."""
    package = tmp_path / "thing"
    info = tmp_path / "thing-1.dist-info"
    package.mkdir()
    info.mkdir()
    (package / "a,b.py").write_text("x = 1\n")
    (package / "fast.pyx").write_text("cdef int x\n")
    shutil.copy(uvloop.loop.__file__, package / "fast.so")
    rows = ["../../bin/thing,sha256=0,1", '"thing/a,b.py",sha256=0,1', "thing/fast.pyx,sha256=0,1"]
    rows += ["thing/fast.so,sha256=0,1", "thing-1.dist-info/RECORD,,"]
    (info / "RECORD").write_text("\n".join(rows) + "\n")
    slim(tmp_path)
    recorded = {row[0]: row[1:] for row in csv.reader((info / "RECORD").read_text().splitlines())}
    assert sorted(recorded) == ["thing-1.dist-info/RECORD", "thing/a,b.py", "thing/fast.so"]
    digest = base64.urlsafe_b64encode(hashlib.sha256((package / "fast.so").read_bytes()).digest()).decode().rstrip("=")
    assert recorded["thing/fast.so"] == [f"sha256={digest}", str((package / "fast.so").stat().st_size)]
    assert importlib.util.find_spec("uvloop"), "the original is not touched"
