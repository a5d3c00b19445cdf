"""The Docker engine where there is none."""

import os
import subprocess

import pytest

from deploy.images.build import ROOT, server_image, service_image
from deploy.local.errors import PlatformError

NOWHERE = "unix:///nowhere/docker.sock"


def test_where_no_engine_answers_one_sentence_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests in containers fail with it; they are never skipped."""
    monkeypatch.setenv("DOCKER_HOST", NOWHERE)
    with pytest.raises(PlatformError, match=r"(?s)^no Docker engine answers \(.*\): .*apt-get install docker\.io"):
        service_image()


def test_a_server_that_nobody_knows_is_named_with_those_that_are_known() -> None:
    """The sentence lists the names."""
    with pytest.raises(PlatformError, match=r"^no image is made of redis: expected nats, etcd, kube-apiserver, "):
        server_image("redis")


def test_the_starter_of_engines_leaves_a_named_one_to_its_owner() -> None:
    """Where DOCKER_HOST names an engine, none is started; the sentence names it, and nothing is printed as started."""
    command = [str(ROOT / ".ci" / "docker"), "start"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "DOCKER_HOST": NOWHERE}
    )
    assert (done.returncode, done.stdout) == (69, "")
    assert done.stderr == (
        f"no Docker engine: DOCKER_HOST is {NOWHERE}, where none answers: start that one, or unset it\n"
    )


def test_the_starter_of_engines_ends_nothing_that_is_no_engine() -> None:
    """A number that belongs to another process by now is left alone."""
    with subprocess.Popen(["sleep", "60"]) as other:
        subprocess.run([str(ROOT / ".ci" / "docker"), "stop", str(other.pid)], check=True)
        assert other.poll() is None
        other.kill()
