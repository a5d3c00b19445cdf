"""Who may send a request to the console: pages of the console itself. Pure.

Browsers say with each request what page it comes from. A request that changes something counts only if it comes from a
page of this console, and what another site loads is only ever a page that the person goes to.
"""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

READS: Final = frozenset({"GET", "HEAD"})
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
LONGEST: Final = 2048
"""Letters of an address to go to after the sign-in."""
DONE: Final = "/sign-in/done"
"""The page that sends people back to the tab where their form waits."""
Network = IPv4Network | IPv6Network


def host_problem(host: str, address: str | None) -> str | None:
    """Return why the console does not answer at this host; None if it does.

    `address` is the console's own; without one, it answers on its own machine only.
    """
    if address is None:
        if _name_of(f"http://{host}") in LOOPBACK:
            return None
        return "this console has no CONSOLE_ADDRESS, so that it answers on its own machine only"
    return None if host.lower() == urlsplit(address).netloc.lower() else f"this console is at {address}"


def sender_problem(method: str, headers: Mapping[str, str], address: str) -> str | None:
    """Return why a request is refused because of the page that sends it; None if it is not.

    `address` is where the request goes: scheme, host and port.
    """
    site = headers.get("Sec-Fetch-Site")
    if method in READS:
        went = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
        if site in (None, "same-origin", "none") or went:
            return None
        return "another site must not load this"
    if site is not None:
        return None if site == "same-origin" else "only a page of this console may send this"
    origin = headers.get("Origin", "")
    if origin and origin.lower() == address.lower():
        return None
    return f"this needs the header Sec-Fetch-Site: same-origin, or Origin: {address}"


def path_within(text: str) -> str:
    """Return where to go after the sign-in: a path of this console, whatever the text says; `/` if it is none."""
    plain = text.isascii() and text.isprintable() and len(text) <= LONGEST and not set(text) & set('\\ "<>')
    if not plain or not text.startswith("/") or text.startswith(("//", "/sign-", "/signed-")):
        return text if text == DONE else "/"
    parts = urlsplit(text)
    return text if not parts.scheme and not parts.netloc and not parts.path.startswith("//") else "/"


def trusted(peer: str | None, networks: tuple[Network, ...]) -> bool:
    """Return whether a request comes from one of the networks."""
    try:
        address = ip_address((peer or "").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)


def on_this_machine(address: str) -> bool:
    """Return whether an address is one of the machine that asks."""
    return _name_of(address) in LOOPBACK


def _name_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
