"""The console of one platform: where it listens, the key of its sign-ins, and links that sign in."""

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.local.ports import Ports
from deploy.local.processes import write_atomically
from services.console.links import new_link

CONSOLE: Final = "console"
"""The service that shows all of it in a browser."""
SITE: Final = "console-site"
"""The name of the port of its pages."""
KEY_BYTES: Final = 32
"""As AES with 256 bits needs."""


class LocalConsole:
    """What the console of a platform is told, and what signs people in there."""

    def __init__(self, directory: Path, ports: Ports) -> None:
        self._ports, folder = ports, directory / CONSOLE
        self._keys, self._links = folder / "keys", folder / "links"

    @property
    def address(self) -> str:
        """Where a browser finds it. Browsers take `localhost` for safe without TLS."""
        return f"http://localhost:{self._ports[SITE]}"

    def make(self) -> None:
        """Make the key unless it exists. Only this user can read it."""
        if not self._keys.exists():
            write_atomically(self._keys, f"{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n", mode=0o600)

    def environment(self) -> Mapping[str, str]:
        """Its settings at a start: another port if a different program listens on that of before."""
        port = self._ports.choose_if_taken(SITE)
        return {
            "CONSOLE_HOST": "127.0.0.1",
            "CONSOLE_PORT": str(port),
            "CONSOLE_ADDRESS": self.address,
            "CONSOLE_KEYS": str(self._keys),
            "CONSOLE_LINKS": str(self._links),
        }

    def link(self, token: str) -> str:
        """A link that signs in with the API server's token, once, within the hour."""
        return new_link(self._links, self.address, token)
