"""Brings the node up and down by hand: `python -m tests.node up | down`."""

import sys

from deploy.local.errors import PlatformError
from tests.node.node import Node


def main() -> int:
    """Run the command given by the argument; return 0 on success, or print a message and return 1."""
    commands = {"up": _up, "down": _down}
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in commands:
        print(f"usage: python -m tests.node {' | '.join(commands)}", file=sys.stderr)
        return 2
    try:
        commands[name]()
    except PlatformError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _up() -> None:
    node = Node().start()
    print(f"The node is up: export KUBECONFIG={node.kubeconfig}\n`python -m tests.node down` ends it.")


def _down() -> None:
    Node().stop()


if __name__ == "__main__":
    raise SystemExit(main())
