"""Programs that are built on demand, each in its own module."""

import json
from pathlib import Path

import pytest

from deploy.local import golang
from deploy.local.errors import PlatformError
from deploy.local.progress import Progress
from deploy.local.tools import HELM, Module, OwnModule, Tool, provide


@pytest.fixture(autouse=True)
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a Go that downloads a module with checksum h1:right, and builds a text."""
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    told = json.dumps({"Dir": str(tmp_path), "Sum": "h1:right"})
    program = tmp_path / "go"
    program.write_text(
        f"#!/bin/sh\nif [ $1 = mod ]; then echo '{told}'; exit; fi\n"
        'echo "$@" >> $SLIPWAY_CACHE/builds\nwhile [ "x$1" != x-o ]; do shift; done; echo built > "$2"\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(golang, "compiler", lambda home, progress: program)
    return program


def test_a_tool_is_built_once_from_its_module(tmp_path: Path) -> None:
    """A missing tool is built with the versions that its module pins; the next call finds it."""
    tool = Tool("helm", Module("helm.sh/helm/v4", "4.3.2", "h1:right"), "./cmd/helm")
    assert provide([tool]) == provide([tool]) == {"helm": tool.path}
    assert tool.path.read_text() == "built\n"
    (build,) = (tmp_path / "cache" / "builds").read_text().splitlines()
    assert f"-C {tmp_path} -mod=readonly" in build
    assert build.endswith("./cmd/helm")


def test_a_module_with_another_content_is_refused() -> None:
    """A module whose checksum differs is not built, and the sentence names both checksums."""
    tool = Tool("helm", Module("helm.sh/helm/v4", "4.3.2", "h1:wrong"), "./cmd/helm")
    with pytest.raises(PlatformError, match=r"helm\.sh/helm/v4 v4\.3\.2 has checksum h1:right, not h1:wrong"):
        provide([tool])
    assert not tool.path.exists()


def test_a_module_that_cannot_be_downloaded_says_why(go: Path) -> None:
    """The sentence holds Go's own words and what to check."""
    go.write_text('#!/bin/sh\necho \'{"Error": "no such host"}\'; exit 1\n')
    with pytest.raises(PlatformError, match=r"cannot be downloaded: no such host\n.*check the network"):
        Module("example.org/x", "1.0.0", "h1:right").folder(go)


def test_a_module_of_this_repository_is_built_again_when_a_file_changes(tmp_path: Path) -> None:
    """The cache holds a tool under a digest of its module's files."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "main.go").write_text("package main")
    tool = Tool("pause", OwnModule(tmp_path / "own"))
    before = provide([tool], Progress())["pause"]
    (tmp_path / "own" / "main.go").write_text("package main // changed")
    assert tool.path != before
    assert provide([tool])["pause"].name == "pause"


def test_the_version_of_helm_is_stated_once() -> None:
    """The version that the program prints is that of its module."""
    assert isinstance(HELM.module, Module)
    assert HELM.flags == [f"-X helm.sh/helm/v4/internal/version.version=v{HELM.module.version}"]
