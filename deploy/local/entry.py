"""How a module with commands is run: `python -m deploy.local up`."""

import sys
from collections.abc import Callable, Mapping

from deploy.local.errors import PlatformError

Commands = Mapping[str, Callable[[], int | None]]
"""What each command does; it returns its exit code, or nothing for 0."""


def run(module: str, commands: Commands) -> int:
    """Run the command that the only argument names; return its exit code, 1 with a message, or 2 with the usage."""
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in commands:
        print(f"usage: python -m {module} {' | '.join(commands)}", file=sys.stderr)
        return 2
    try:
        return commands[name]() or 0
    except PlatformError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
