"""Archives of images that are made from files."""

import io
import json
import tarfile
from pathlib import Path

from tests.node.archives import Image


def test_an_archive_holds_files_links_and_how_to_start(tmp_path: Path) -> None:
    """A runtime that imports it finds the name, the command and one layer, whose programs can be run."""
    program = tmp_path / "program"
    program.write_text("x")
    program.chmod(0o755)
    image = Image("localhost/x:v1", {"bin/x": program, "srv/a": b"text"}, {"bin/y": "x"}, command=["x"])
    outer = files(image.archive())
    (manifest,) = json.loads(outer["manifest.json"])
    assert manifest["RepoTags"] == ["localhost/x:v1"]
    started = json.loads(outer[manifest["Config"]])["config"]
    assert (started["Cmd"], started["Entrypoint"], started["User"]) == (["x"], None, "65532:65532")
    layer = outer["layer.tar"]
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        modes = {entry.name: oct(entry.mode) for entry in tar}
        assert tar.getmember("bin/y").linkname == "x"
    assert modes == {
        "bin": "0o755", "srv": "0o755", "tmp": "0o1777", "bin/x": "0o755", "srv/a": "0o644", "bin/y": "0o777",
    }  # fmt: skip


def test_equal_files_give_an_equal_archive(tmp_path: Path) -> None:
    """Neither times nor places of files on this machine get in."""
    for name in ("one", "two"):
        (tmp_path / name).write_text("x")
    first, second = (Image("localhost/x:v1", {"x": tmp_path / name}).archive() for name in ("one", "two"))
    assert first == second


def files(archive: bytes) -> dict[str, bytes]:
    """The content of each file of the archive."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        found = {entry.name: tar.extractfile(entry) for entry in tar if entry.isfile()}
        return {name: file.read() for name, file in found.items() if file}
