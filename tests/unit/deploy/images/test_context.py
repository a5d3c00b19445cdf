"""What the build gets, and when an image is stale."""

import re
import shutil
import tarfile
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.images import bases
from deploy.images.build import ROOT, labels
from deploy.images.context import context, key


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("shared", "services"):
        (tmp_path / name / "inner").mkdir(parents=True)
        (tmp_path / name / "inner" / "code.py").write_text("x = 1\n")
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_text('[project]\nversion = "1.2.3"\n')
    return tmp_path


def test_the_image_holds_the_services_and_what_they_share(checkout: Path) -> None:
    """Neither compiled files nor other folders get in; the bill of materials and the version do."""
    (checkout / "cli").mkdir()
    (checkout / "shared" / "__pycache__").mkdir()
    (checkout / "shared" / "__pycache__" / "code.pyc").write_text("")
    with tarfile.open(fileobj=context(checkout, [], [], "{}")) as tar:
        held = [entry.name for entry in tar if entry.isfile() and entry.name.startswith("sources/")]
    assert held == [
        "sources/sbom.cdx.json",
        "sources/services/inner/code.py",
        "sources/shared/inner/code.py",
        "sources/slipway-1.2.3.dist-info/METADATA",
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "shared" / "inner" / "code.py").write_text("x = 2\n"),
        lambda root: (root / "shared" / "inner" / "code.py").rename(root / "shared" / "code.py"),
        lambda root: (root / "services" / "data.yaml").write_text("{}"),
        lambda root: (root / "requirements.lock").write_text("more"),
    ],
    ids=["edit", "move", "new file", "dependencies"],
)
def test_an_image_is_stale_once_anything_in_it_changes(checkout: Path, change: Callable[[Path], object]) -> None:
    """Its name changes with its content, so no test runs yesterday's code."""
    before = key(checkout, "sha256:base")
    change(checkout)
    assert key(checkout, "sha256:base") != before


def test_an_image_is_not_stale_for_what_is_not_in_it(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tests, pages and compiled files make no new image, nor does another place; another base does."""
    before = key(checkout, "sha256:base")
    (checkout / "tests").mkdir()
    (checkout / "tests" / "test_new.py").write_text("")
    copy = shutil.copytree(checkout, tmp_path_factory.mktemp("elsewhere"), dirs_exist_ok=True)
    assert key(copy, "sha256:base") == before
    assert key(checkout, "sha256:other") != before


def test_the_default_base_is_the_newest_python_that_slipway_supports() -> None:
    """The Dockerfile and the classifiers agree."""
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    versions = [
        tuple(map(int, found[1].split("."))) for text in classifiers if (found := re.search(r":: (3\.\d+)$", text))
    ]
    assert bases.default() == "docker.io/library/python:{}.{}-slim".format(*max(versions))


def test_a_checkout_without_a_history_has_no_revision(checkout: Path) -> None:
    """As one made with `git archive`: what is not known is not made up."""
    assert labels(checkout, "python:3.13-slim", None) == {
        "org.opencontainers.image.version": "1.2.3",
        "org.opencontainers.image.base.name": "python:3.13-slim",
    }


def test_a_checkout_with_a_history_names_its_commit() -> None:
    """In full, and with a mark if something is not committed."""
    if not (ROOT / ".git").exists():
        assert "org.opencontainers.image.revision" not in labels(ROOT, "python", None)
    else:
        assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?", labels(ROOT, "python", None)["org.opencontainers.image.revision"])
