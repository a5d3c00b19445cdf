"""How a service identifies itself to the broker, and how it recognises the broker.

The files are read again at each connection, so that a password or an authority can be replaced under a running service.
TLS comes first: a service says who it is to nobody but the broker that it trusts, whatever answers at its address.
"""

import ssl
from pathlib import Path
from typing import Any, Final, NamedTuple

from faststream.nats.security import NatsSecurity, NatsUserPassword

from shared.distrust import distrust
from shared.process.settings import SharedSettings
from shared.process.system import plain

REFUSED: Final = "authorization violation"
"""What the broker says to a wrong name or password, in any case of letters."""

FIRST: Final = "; its tls settings need handshake_first: true"


class Trouble(NamedTuple):
    """Why the broker cannot be used: a word for counting, and one sentence."""

    kind: str
    sentence: str


class Login:
    """The credentials of one service, as its settings name them."""

    def __init__(self, settings: SharedSettings) -> None:
        self._folder, self._authority = settings.nats_login, settings.nats_ca
        self._url = settings.nats_url
        self._untrusted = ""
        """Why the authority's file is of no use; empty if it is."""
        encrypted = self._authority or any(url.strip().startswith("tls:") for url in settings.nats_url.split(","))
        self._tls = ssl.create_default_context() if encrypted else None
        if self._tls and self._authority:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nothing yet
            self._trust(self._tls)
        self._known = self._content()

    @property
    def security(self) -> NatsSecurity:
        """Return what the connection is made with."""
        first = self._tls is not None
        if self._folder is None:
            return NatsSecurity(ssl_context=self._tls, tls_handshake_first=first)
        # the client calls these at each connection, which FastStream's types do not say
        name: Any = lambda: self._read("username")  # noqa: E731
        password: Any = lambda: self._read("password")  # noqa: E731
        return NatsUserPassword(name, password, ssl_context=self._tls, tls_handshake_first=first)

    def changed(self) -> bool:
        """Return whether the files have changed since the last call. A new authority is trusted from now on."""
        content = self._content()
        if content == self._known:
            return False
        self._known = content
        if self._tls and self._authority:
            self._trust(self._tls)
        return True

    def trouble(self, error: Exception) -> Trouble:
        """Return why the broker cannot be used."""
        if REFUSED in str(error).lower():
            where = self._folder or "SLIPWAY_NATS_LOGIN, which is unset"
            return Trouble("password", f"the broker refuses the user or the password in {where}")
        if isinstance(error, ssl.SSLCertVerificationError):
            return Trouble("certificate", self._untrusted or f"the broker shows {distrust(error, self._to_check)}")
        if isinstance(error, ssl.SSLError):
            return Trouble("tls", f"the broker does not begin with TLS ({error.reason}){FIRST}")
        if isinstance(error, TimeoutError):
            return Trouble("silence", f"the broker does not answer in time{FIRST if self._tls else ''}")
        if isinstance(error, OSError) and error.filename:
            return Trouble("file", f"cannot read {error.filename}: {error.strerror}")
        if isinstance(error, OSError) and error.errno:
            return Trouble("address", f"{self._url} cannot be reached: {plain(error)}")
        kind = "permission" if "permissions violation" in str(error).lower() else "other"
        return Trouble(kind, str(error).removeprefix("nats: ") or type(error).__name__)

    def _read(self, name: str) -> str:
        assert self._folder
        return (self._folder / name).read_text(encoding="utf-8").strip()

    @property
    def _to_check(self) -> str:
        return f"check {self._authority or 'SLIPWAY_NATS_CA, which is unset'}"

    def _trust(self, context: ssl.SSLContext) -> None:
        """Trust the authority as well. What the file no longer holds is trusted until the process ends.

        Nothing is trusted until the file can be read, so the broker's certificate is not trusted then.
        """
        self._untrusted = ""
        try:
            context.load_verify_locations(self._authority)
        except ssl.SSLError:
            self._untrusted = f"{self._authority} contains no certificate of an authority"
        except OSError as error:
            self._untrusted = f"cannot read {self._authority}: {error.strerror}"

    def _content(self) -> tuple[bytes, ...]:
        files = [self._folder / name for name in ("username", "password")] if self._folder else []
        return tuple(_bytes(path) for path in [*files, *([self._authority] if self._authority else [])])


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
