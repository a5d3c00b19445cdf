"""Brings the node up and down by hand: `python -m tests.node up | down`."""

from deploy.local.entry import run
from tests.node.node import Node


def _up() -> None:
    node = Node().start()
    print(f"The node is up: export KUBECONFIG={node.kubeconfig}\n`python -m tests.node down` ends it.")


def _down() -> None:
    Node().stop()


if __name__ == "__main__":
    raise SystemExit(run("tests.node", {"up": _up, "down": _down}))
