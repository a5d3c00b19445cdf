"""Installs what a cluster needs before the services start: our kinds, admission policies, accounts and namespaces."""

import json
import time
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.local.errors import PlatformError
from deploy.local.kubectl import Kubectl
from deploy.local.seals import SealKeys
from shared.names import GLOBAL_NAMESPACE, OURS, PART_OF, SUBMITTED_BY_ANNOTATION

DEPLOY: Final = Path(__file__).parents[1]
NAMESPACES: Final = Path(__file__).parent / "namespaces.yaml"
ADMITTED_WITHIN: Final = 60.0
"""Seconds."""


def install(kubectl: Kubectl) -> None:
    """Install or update the kinds, policies and accounts; existing namespaces of projects are left unchanged."""
    crds, rights = DEPLOY / "crds", DEPLOY / "rights"
    _apply(kubectl, crds)
    kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", str(crds))
    _apply(kubectl, DEPLOY / "admission")
    _apply(kubectl, rights / "namespace.yaml", rights)
    _make_namespaces(kubectl)


def publish(kubectl: Kubectl, seals: SealKeys) -> None:
    """Let everyone who may read our namespace know the public keys of seals."""
    how = ("--server-side", "--force-conflicts", "--field-manager=slipway-local")
    kubectl("apply", *how, "-f", "-", given=json.dumps(seals.manifest))


def _apply(kubectl: Kubectl, *paths: Path) -> None:
    files = [word for path in paths for word in ("-f", str(path))]
    kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=slipway-local", *files)


def respect_others(kubectl: Kubectl) -> None:
    """Raise PlatformError if another installation, such as the original, has kinds with these names in the cluster."""
    ours = {path.stem for path in (DEPLOY / "crds").glob("*.yaml")}
    there = {item["metadata"]["name"]: item["metadata"] for item in kubectl.json("get", "crds")["items"]}
    theirs = [name for name in sorted(ours & set(there)) if there[name].get("labels", {}).get(PART_OF) != OURS]
    if theirs:
        raise PlatformError(another_installation(", ".join(theirs), " ".join(theirs)))


def another_installation(listed: str, spaced: str) -> str:
    """Say why Slipway is not installed beside definitions of others, given as a sentence and a command write them."""
    return (
        f"the cluster has {listed} of another installation, which Slipway does not replace; use another cluster, or "
        "delete these definitions with all their workloads and policies if nobody needs them: kubectl delete crd "
        f"{spaced}"
    )


def wait_until_admitted(kubectl: Kubectl, within: float = ADMITTED_WITHIN) -> None:
    """Wait until the API server accepts and stamps workloads. PlatformError if it does not within that time.

    It may refuse them for some seconds after our kinds are installed, until its admission policies have read them, and
    for a moment it does not know new policies.
    """
    specs = [yaml.safe_load(path.read_text())["spec"] for path in (DEPLOY / "crds").glob("*workloads*")]
    probes: list[Any] = [
        {
            "apiVersion": f"{spec['group']}/{version['name']}",
            "kind": spec["names"]["kind"],
            "metadata": {"name": "probe", "namespace": GLOBAL_NAMESPACE},
            "spec": {"usage": "Template"},
        }
        for spec in specs
        for version in spec["versions"]
    ]
    deadline = time.monotonic() + within
    while True:
        try:
            _probe(kubectl, probes)
        except PlatformError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
        else:
            return


def _probe(kubectl: Kubectl, probes: list[Any]) -> None:
    """Raise PlatformError unless the API server accepts and stamps every probe."""
    stamp = SUBMITTED_BY_ANNOTATION.replace(".", "\\.")
    shown = f"-o=jsonpath={{.metadata.annotations.{stamp}}}{{'\\n'}}"
    stamped = kubectl("create", "--dry-run=server", shown, "-f", "-", given=yaml.safe_dump_all(probes)).split()
    if len(stamped) < len(probes):
        raise PlatformError("the API server does not apply Slipway's admission policies")


def _make_namespaces(kubectl: Kubectl) -> None:
    there = {item["metadata"]["name"] for item in kubectl.json("get", "namespaces")["items"]}
    missing = [each for each in yaml.safe_load_all(NAMESPACES.read_text()) if each["metadata"]["name"] not in there]
    if missing:
        kubectl("create", "-f", "-", given=yaml.safe_dump_all(missing))
