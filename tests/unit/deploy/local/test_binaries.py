"""Sources of the control plane's programs."""

import fcntl
import hashlib
import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local import golang
from deploy.local.binaries import cache, find, processor, provide
from deploy.local.download import Releases
from deploy.local.errors import PlatformError
from deploy.local.progress import Progress
from deploy.local.versions import ETCD, GO, KUBERNETES
from tests.unit.deploy.local.mirror import HANG, Mirror, kubernetes_path, mirror


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache and no programs elsewhere."""
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def releases() -> Iterator[tuple[Mirror, Releases]]:
    """A mirror, its address, and short time-outs."""
    with mirror() as server:
        yield server, Releases(server.url, server.url, patience=2.0)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what was built, by a build that takes no time."""
    names: list[str] = []

    def build(name: str, target: Path, _: Path, __: Progress) -> None:
        names.append(name)
        target.write_text("built")

    monkeypatch.setattr(golang, "build", build)
    return names


def test_what_the_cache_holds_is_neither_downloaded_nor_built(
    releases: tuple[Mirror, Releases], built: list[str]
) -> None:
    """A program in the cache is used as it is: the mirror is not asked and nothing is built."""
    kept = _program(cache() / "kubectl")
    assert provide(["kubectl"], releases=releases[1]) == {"kubectl": kept}
    assert (releases[0].asked, built) == ([], [])


def test_assets_of_the_same_version_come_before_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs in KUBEBUILDER_ASSETS win over the cache if their API server has our version."""
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    _program(tmp_path / "kube-apiserver", f"echo Kubernetes v{KUBERNETES}")
    kept, own = _program(cache() / "kwok"), _program(tmp_path / "etcd")
    _program(cache() / "etcd")
    assert find(["etcd", "kwok"]) == {"etcd": own, "kwok": kept}


def test_assets_of_another_version_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs in KUBEBUILDER_ASSETS are ignored if their API server has another version."""
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    _program(tmp_path / "kube-apiserver", "echo Kubernetes v1.28.0")
    _program(tmp_path / "etcd")
    kept = _program(cache() / "etcd")
    assert find(["etcd"]) == {"etcd": kept}


def test_what_is_missing_is_named_with_what_to_do() -> None:
    """The error names every missing program and the command that provides it."""
    with pytest.raises(PlatformError, match=r"missing programs: etcd, kwok; run `make binaries`"):
        find(["etcd", "kwok"])


def test_a_download_with_its_published_checksum_is_taken(releases: tuple[Mirror, Releases], built: list[str]) -> None:
    """A download that matches its published checksum is kept, executable, and nothing is built."""
    releases[0].publish("kubectl", b"official")
    path = provide(["kubectl"], releases=releases[1])["kubectl"]
    assert path.read_bytes() == b"official"
    assert path.stat().st_mode & 0o111
    assert built == []


def test_etcd_is_taken_out_of_its_archive(releases: tuple[Mirror, Releases], built: list[str]) -> None:
    """etcd is published in an archive: the one program inside it is kept."""
    name = f"etcd-v{ETCD}-linux-{processor()}"
    archive = _archive(f"{name}/etcd", b"official")
    releases[0].files[f"/v{ETCD}/{name}.tar.gz"] = archive
    releases[0].files[f"/v{ETCD}/SHA256SUMS"] = f"{hashlib.sha256(archive).hexdigest()}  {name}.tar.gz\n".encode()
    assert provide(["etcd"], releases=releases[1])["etcd"].read_bytes() == b"official"
    assert built == []


@pytest.mark.parametrize("checksum", ["0" * 128, " ", "not found"])
def test_a_download_with_another_checksum_is_refused_and_built_instead(
    checksum: str, releases: tuple[Mirror, Releases], built: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong, empty or missing checksum never lets a download in; the program is built from source."""
    releases[0].publish("kubectl", b"forged", checksum)
    assert provide(["kubectl"], releases=releases[1])["kubectl"].read_bytes() == b"built"
    assert "refused: the download from" in capsys.readouterr().out


def test_what_is_not_published_is_built_and_the_rest_still_downloaded(
    releases: tuple[Mirror, Releases], built: list[str]
) -> None:
    """One program that is not published does not keep the others from being downloaded."""
    releases[0].publish("kubectl", b"official")
    found = provide(["kube-scheduler", "kubectl", "kwok"], releases=releases[1])
    assert found["kubectl"].read_bytes() == b"official"
    assert built == ["kube-scheduler", "kwok"]


@pytest.mark.parametrize("silent", ["kubectl.sha512", "kubectl"])
def test_a_mirror_that_hangs_is_asked_once_and_given_up(
    silent: str, releases: tuple[Mirror, Releases], built: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A mirror that does not answer costs one time-out, whatever the number of programs."""
    releases[0].publish("kubectl", b"official")
    releases[0].publish("kube-scheduler", b"official")
    path = kubernetes_path(silent)
    releases[0].files[path] = HANG
    provide(["kubectl", "kube-scheduler"], releases=releases[1])
    assert releases[0].asked[-1] == path
    assert releases[0].asked.count(path) == 1
    assert built == ["kubectl", "kube-scheduler"]
    assert "did not answer within 2 s; no further attempts there" in capsys.readouterr().out


def test_a_place_that_is_not_there_costs_one_try(built: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An address that refuses connections is tried once, whatever the number of programs."""
    provide(["kubectl", "kwok"], releases=Releases("http://127.0.0.1:9", "http://127.0.0.1:9"))
    assert built == ["kubectl", "kwok"]
    assert capsys.readouterr().out.count("no further attempts there") == 1


def test_a_place_that_is_not_there_keeps_nothing_from_coming_from_the_other(
    releases: tuple[Mirror, Releases], built: list[str]
) -> None:
    """Kubernetes and etcd come from different places: one that is down does not affect the other."""
    releases[0].publish("kubectl", b"official")
    found = provide(["etcd", "kubectl"], releases=Releases(releases[0].url, "http://127.0.0.1:9", patience=2.0))
    assert found["kubectl"].read_bytes() == b"official"
    assert built == ["etcd"]


def test_a_build_that_fails_shows_its_log_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed build shows the end of its log and a hint, and leaves no half-built file in the cache."""
    go = _program(
        tmp_path / "bin" / "go",
        'if [ "$1" = version ]; then echo go version go1.27.1; exit; fi; echo no space left; exit 3',
    )
    monkeypatch.setenv("PATH", str(go.parent), prepend=":")
    nowhere = Releases("http://127.0.0.1:9", "http://127.0.0.1:9")
    with pytest.raises(
        PlatformError, match=r"(?s)failed with 3; the end of .*build-kwok.log:\n  \| no space left\n.*free disk space"
    ):
        provide(["kwok"], releases=nowhere)
    assert list(cache().iterdir()) == []


@pytest.mark.parametrize(("said", "version"), [("go1.26.8", (1, 26)), ("go1.27rc1", (1, 27)), ("gone", (0,))])
def test_the_version_of_go_is_read(said: str, version: tuple[int, ...], tmp_path: Path) -> None:
    """`go version` is read for releases and candidates; anything else counts as too old."""
    assert golang.go_version(_program(tmp_path / "go", f"echo go version {said} linux/amd64")) == version


def test_a_go_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed Go that is too old is ignored in favour of the pinned one."""
    old = _program(tmp_path / "bin" / "go", "echo go version go1.25.9 linux/amd64")
    monkeypatch.setenv("PATH", str(old.parent), prepend=":")
    brought = _program(tmp_path / f"go-{GO}" / "go" / "bin" / "go")
    assert golang.compiler(tmp_path, Progress()) == brought


def test_two_at_once_make_each_program_once(
    monkeypatch: pytest.MonkeyPatch, built: list[str], releases: tuple[Mirror, Releases]
) -> None:
    """Two processes that need the same program build it once; the second waits for the first."""
    quick, entered, go_on = golang.build, threading.Event(), threading.Event()

    def slow(name: str, target: Path, home: Path, progress: Progress) -> None:
        entered.set()
        assert go_on.wait(10)
        quick(name, target, home, progress)

    monkeypatch.setattr(golang, "build", slow)
    waiting = threading.Event()
    monkeypatch.setattr(fcntl, "flock", _telling(fcntl.flock, waiting))
    first = threading.Thread(target=provide, args=(["kwok"],), kwargs={"releases": releases[1]})
    second = threading.Thread(target=provide, args=(["kwok"],), kwargs={"releases": releases[1]})
    first.start()
    assert entered.wait(10)
    second.start()
    assert waiting.wait(10)
    go_on.set()
    first.join(10)
    second.join(10)
    assert built == ["kwok"]


def _telling(flock: Callable[[Any, int], None], waiting: threading.Event) -> Callable[[Any, int], None]:
    def told(file: Any, operation: int) -> None:
        if not operation & fcntl.LOCK_NB:
            waiting.set()
        flock(file, operation)

    return told


def _program(path: Path, text: str = "true") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def _archive(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
