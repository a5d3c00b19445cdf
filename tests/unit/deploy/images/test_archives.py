"""Archives that depend on nothing but their files."""

import os
import tarfile
from pathlib import Path

from deploy.images.archives import packed


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    """Neither times, nor owners' umasks, nor the order in which files are found make a difference."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, mode, when in ((first, 0o600, 1_000_000_000), (second, 0o664, 1_700_000_000)):
        folder.mkdir()
        (folder / "file").write_text("content")
        (folder / "file").chmod(mode)
        os.utime(folder / "file", (when, when))
    one = packed({"a/b/file": first / "file", "link": "a/b/file", "text": b"bytes"})
    other = packed({"text": b"bytes", "link": "a/b/file", "a/b/file": second / "file"})
    assert one.getvalue() == other.getvalue()


def test_what_an_archive_holds(tmp_path: Path) -> None:
    """Folders come before their files; programs stay executable, links lead where they say."""
    program = tmp_path / "program"
    program.write_text("#!/bin/true")
    program.chmod(0o744)
    with tarfile.open(fileobj=packed({"bin/run": program, "bin/also": "run", "etc/text": b"bytes"})) as tar:
        held = [(entry.name, entry.mode, entry.linkname, entry.uid, entry.uname) for entry in tar]
    assert held == [
        ("bin", 0o755, "", 0, ""),
        ("etc", 0o755, "", 0, ""),
        ("bin/also", 0o755, "run", 0, ""),
        ("bin/run", 0o755, "", 0, ""),
        ("etc/text", 0o644, "", 0, ""),
    ]
