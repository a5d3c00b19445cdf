"""Which proxy of the environment a server is reached through, as Go's programs decide it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

PORTS: Final = {"http": 80, "https": 443}


def proxy_for(server: str, environment: Mapping[str, str]) -> str | None:
    """Return the environment's proxy for the server; None if there is none, and always for this very machine."""
    try:
        url = urlsplit(server)
        host, port = (url.hostname or "").lower(), url.port or PORTS.get(url.scheme, 0)
    except ValueError:  # not an address at all: the call itself reports that
        return None
    proxy, spared = (_either(environment, f"{name}_proxy") for name in (url.scheme, "no"))
    address = _address(host)
    if host == "localhost" or (address and address.is_loopback):
        return None
    if any(_covers(entry.strip().lower(), host, port, address) for entry in spared.split(",")):
        return None
    return proxy or None


def _either(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name.upper()) or environment.get(name) or ""


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _covers(entry: str, host: str, port: int, address: IPv4Address | IPv6Address | None) -> bool:
    """Return whether an entry of NO_PROXY covers the server.

    It is `*`, a range of addresses, an address, a name with all its subdomains (`.name`: these only); the last two may
    have a port.
    """
    if entry == "*":
        return True
    if "/" in entry:
        return address is not None and _within(address, entry)
    name, wanted = _with_port(entry)
    if wanted and wanted != str(port):
        return False
    if address or _address(name):
        return address is not None and address == _address(name)
    name = name.removeprefix("*") if name.startswith("*.") else name
    return bool(name) and (host.endswith(name if name.startswith(".") else f".{name}") or host == name)


def _within(address: IPv4Address | IPv6Address, block: str) -> bool:
    try:
        return address in ip_network(block, strict=False)
    except ValueError:
        return False


def _with_port(entry: str) -> tuple[str, str]:
    """Split `name:port`, `address:port` and `[address]:port`; the port is empty if there is none."""
    if _address(entry):
        return entry, ""
    name, colon, port = entry.rpartition(":")
    return (name.removeprefix("[").removesuffix("]"), port) if colon else (entry, "")
