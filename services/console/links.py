"""One-time links, which sign somebody in on the local platform: each is a file that its first use removes.

The file's name is a digest of what the link says, so that who can only list the folder cannot use a link.
"""

import json
import os
import secrets
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

LASTS: Final = 3600.0
"""Seconds for which a link can be used."""
LETTERS: Final = 24
"""Random bytes in a link."""


def new_link(folder: Path, address: str, token: str, lasts: float = LASTS) -> str:
    """Return a link to the console at `address` that signs in with the API server's `token`, once.

    `folder` is the console's CONSOLE_LINKS. The link works for `lasts` seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    remove_expired(folder)
    secret = secrets.token_urlsafe(LETTERS)
    content = json.dumps({"token": token, "ends": time.time() + lasts})
    made = folder / f".{secrets.token_hex(8)}"
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
    made.rename(_file(folder, secret))  # whole, or not there at all
    return f"{address.rstrip('/')}/sign-in/link?once={secret}"


def redeemed(folder: Path, secret: str) -> str | None:
    """Return the token of a link, for the first who asks; None if it has been used, is too old, or never was."""
    path = _file(folder, secret)
    held = _held(path)
    if held is None:
        return None
    try:
        path.unlink()
    except FileNotFoundError:  # somebody else was faster
        return None
    token, ends = held
    return token if time.time() < ends else None


def remove_expired(folder: Path) -> None:
    """Remove the files of links that nobody has used in time, and those that are no link."""
    for path in folder.glob("*.link"):
        held = _held(path)
        if held is None or time.time() >= held[1]:
            with suppress(FileNotFoundError):
                path.unlink()


def _file(folder: Path, secret: str) -> Path:
    return folder / f"{sha256(secret.encode(errors='replace')).hexdigest()}.link"


def _held(path: Path) -> tuple[str, float] | None:
    try:
        said = json.loads(path.read_bytes())
        return str(said["token"]), float(said["ends"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
