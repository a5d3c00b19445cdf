"""What a cluster needs before the services start: our kinds, our admission policies, two namespaces."""

from pathlib import Path
from typing import Final

import yaml

from deploy.local.kubectl import Kubectl

DEPLOY: Final = Path(__file__).parents[1]
NAMESPACES: Final = Path(__file__).parent / "namespaces.yaml"


def install(kubectl: Kubectl) -> None:
    """Put them there, or bring them up to date; namespaces that exist stay as they are."""
    for folder in (DEPLOY / "crds", DEPLOY / "admission"):
        if any(folder.glob("*.yaml")):
            kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=slipway-local", "-f", str(folder))
            if folder.name == "crds":
                kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(folder))
    _make_namespaces(kubectl)


def _make_namespaces(kubectl: Kubectl) -> None:
    there = {item["metadata"]["name"] for item in kubectl.json("get", "namespaces")["items"]}
    missing = [each for each in yaml.safe_load_all(NAMESPACES.read_text()) if each["metadata"]["name"] not in there]
    if missing:
        kubectl("create", "-f", "-", given=yaml.safe_dump_all(missing))
