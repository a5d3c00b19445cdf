"""Ports, once chosen, stay the same."""

import socket
from pathlib import Path

import pytest

from deploy.local import ports as module
from deploy.local.ports import RANGE, HeldPort, Ports, free_port, is_free


def test_a_port_is_chosen_once_and_remembered(tmp_path: Path) -> None:
    """Every part gets a port of its own in the range, and the same one next time."""
    ports = Ports(tmp_path)
    chosen = {name: ports[name] for name in ("etcd", "nats", "watcher")}
    assert len(set(chosen.values())) == 3
    assert all(port in RANGE for port in chosen.values())
    assert {name: Ports(tmp_path)[name] for name in chosen} == chosen


def test_a_given_port_is_taken_as_it_is(tmp_path: Path) -> None:
    """A port that the user sets is used without a check."""
    assert Ports(tmp_path, {"etcd": 2379})["etcd"] == 2379


def test_a_port_that_somebody_took_meanwhile_is_chosen_anew(tmp_path: Path) -> None:
    """A remembered port is replaced if somebody else listens on it now."""
    ports = Ports(tmp_path)
    before = ports["nats"]
    assert ports.choose_if_taken("nats") == before
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", before))
        stranger.listen()
        assert not is_free(before)
        after = ports.choose_if_taken("nats")
    assert after != before
    assert ports["nats"] == after


def test_a_port_promised_to_another_part_is_not_chosen() -> None:
    """A port that is reserved for one part is never offered to another."""
    taken = set(RANGE) - {20001}
    assert not is_free(20001) or free_port(taken) == 20001


def test_platforms_that_choose_at_the_same_time_choose_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Platforms that start at the same time never choose the same port."""
    held = HeldPort()
    others = set(RANGE) - {held.number}
    with pytest.raises(OSError, match="no port between 20000 and 30000 is free"):
        free_port(others)  # although nothing listens there yet
    two = [held.number, free_port()]
    del held
    monkeypatch.setattr(module, "RANGE", two)
    ours, theirs = Ports(tmp_path / "ours"), Ports(tmp_path / "theirs")
    assert sorted([ours["etcd"], theirs["etcd"]]) == sorted(two)
