"""A login program gets the terminal only if it may ask there, is heard at once, and leaves nothing behind."""

import asyncio
import base64
import os
import pty
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.local.certificates import Authority, Pair
from shared.errors import LoginError
from shared.kubernetes import tls
from shared.kubernetes.access import Access
from shared.kubernetes.fields import UnusableError
from shared.kubernetes.kubeconfig import API, Chosen, Cluster, Login, User
from shared.kubernetes.tls import tls_for

PRINTS = """printf '{"kind": "ExecCredential", "apiVersion": "%s", "status": {"token": "%s"%s}}' """


def login(script: str, mode: str = "Never") -> Login:
    """A login program that is a script of the shell."""
    return Login("sh", ("-c", script), (), f"{API}v1", "install it", False, mode)


def access(login: Login) -> Access:
    return Access(Chosen(Cluster(server="https://127.0.0.1:1"), User(login=login)))


@contextmanager
def input_of(descriptor: int) -> Iterator[None]:
    """Make this the standard input while inside."""
    kept = os.dup(0)
    os.dup2(descriptor, 0)
    try:
        yield
    finally:
        os.dup2(kept, 0)
        os.close(kept)


@pytest.mark.parametrize(("mode", "asks"), [("IfAvailable", True), ("Always", True), ("Never", False)])
async def test_at_a_terminal_it_may_ask(mode: str, asks: bool) -> None:
    """It reads what the person types, unless it said that it never asks."""
    near, far = pty.openpty()
    os.write(near, b"typed\n")
    script = f"read said; {PRINTS} {API}v1 \"got-${{said:-nothing}}-$(test -t 0 && echo terminal)\" ''"
    with input_of(far):
        said = (await access(login(script, mode)).headers())["Authorization"]
    os.close(near)
    os.close(far)
    assert said == ("Bearer got-typed-terminal" if asks else "Bearer got-nothing-")


async def test_without_a_terminal_one_that_must_ask_is_not_run() -> None:
    """What is piped to the command is not for it, and it would wait for ever."""
    reading, writing = os.pipe()
    os.write(writing, b"for the container\n")
    with input_of(reading), pytest.raises(LoginError, match="asks at a terminal, and standard input is none"):
        await access(login("cat >&2", "Always")).headers()
    assert os.read(reading, 100) == b"for the container\n"
    os.close(reading)
    os.close(writing)


async def test_what_it_writes_for_the_person_is_seen_while_it_runs(tmp_path: Path) -> None:
    """A device code must be seen before it is used: here, the program waits until it was."""
    os.mkfifo(tmp_path / "seen")
    reading, writing = os.pipe()
    kept = os.dup(2)
    os.dup2(writing, 2)
    try:
        script = f"echo open https://login.example >&2; read code <{tmp_path}/seen; {PRINTS} {API}v1 $code ''"
        asked = asyncio.create_task(access(login(script)).headers())
        assert await asyncio.to_thread(os.read, reading, 100) == b"open https://login.example\n"
        await asyncio.to_thread((tmp_path / "seen").write_text, "code-7\n")
        assert (await asked)["Authorization"] == "Bearer code-7"
    finally:
        os.dup2(kept, 2)
        for descriptor in (kept, reading, writing):
            os.close(descriptor)


async def test_many_calls_log_in_once_and_again_when_the_time_is_over(tmp_path: Path) -> None:
    """A login may need a person; its result is used until it says it is over."""
    script = f"echo run >>{tmp_path}/runs; {PRINTS} {API}v1 t "
    later, over = (f', "expirationTimestamp": "{year}-01-01T00:00:00Z"' for year in (2999, 2001))
    for said, runs in ((later, 1), (over, 20)):
        (tmp_path / "runs").write_text("")
        one = access(login(f"{script} '{said}'"))
        await asyncio.gather(*(one.headers() for _ in range(20)))
        assert len((tmp_path / "runs").read_text().splitlines()) == runs


async def test_one_that_is_not_installed_says_how_to_install_it() -> None:
    """The kubeconfig's hint is all that the person has."""
    missing = Login("no-such-login", (), (), f"{API}v1", "run get-login", False, "Never")
    with pytest.raises(LoginError, match="no-such-login of the kubeconfig failed: it is not installed; run get-login"):
        await access(missing).headers()


async def test_one_that_is_interrupted_does_not_outlive_the_command(tmp_path: Path) -> None:
    """Ctrl-C ends the login, too."""
    os.mkfifo(tmp_path / "begun")
    task = asyncio.create_task(access(login(f"echo $$ >{tmp_path}/begun; exec sleep 600")).headers())
    pid = int(await asyncio.to_thread((tmp_path / "begun").read_text))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


# ------------------------------------------------------------ certificates
@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Authority(tmp_path / "ca").client("ann")


def test_a_key_never_lies_in_a_folder(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is killed cannot remove a file."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr(tls, "NamedTemporaryFile", refuse)
    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    assert tls_for(Cluster(), tls.Pair(pair.certificate, pair.key)).verify_mode == ssl.CERT_REQUIRED


def test_a_system_without_files_in_memory_removes_them_at_once(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as macOS."""
    monkeypatch.delattr(os, "memfd_create")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    tls_for(Cluster(), tls.Pair(pair.certificate, pair.key))
    assert list((tmp_path / "t").iterdir()) == []


def test_what_cannot_be_used_gets_a_sentence(pair: Pair, tmp_path: Path) -> None:
    """A key of another certificate, an encrypted key, an authority that is none."""
    other = Authority(tmp_path / "ca").client("bob")
    with pytest.raises(UnusableError, match="the client certificate and its key cannot be used"):
        tls_for(Cluster(), tls.Pair(pair.certificate, other.key))
    encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + base64.b64encode(b"x" * 60) + b"\n-----END ENCRYPTED"
    with pytest.raises(UnusableError, match=r"cannot be used|is encrypted"):
        tls_for(Cluster(), tls.Pair(pair.certificate, encrypted + b" PRIVATE KEY-----\n"))
    with pytest.raises(UnusableError, match="the certificate-authority data contains no certificate"):
        tls_for(Cluster(authority_data=b"hello"), None)
