"""What an identity token must say before it counts. Pure: its signature is checked elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

SKEW: Final = 60.0
"""Seconds by which the provider's clock may differ."""
SYSTEM: Final = "system:"
"""How the cluster's own users and groups begin."""


@dataclass(frozen=True)
class Wanted:
    """What is expected of a token."""

    issuer: str
    client: str
    nonce: str | None
    """What the sign-in began with; None when a token is renewed, whose nonce need not be there."""
    now: float
    subject: str | None = None
    """Whose token is renewed; None at sign-in."""


def mistakes(claims: Mapping[str, Any], wanted: Wanted) -> list[str]:
    """Return what is wrong with a token's claims, each as the end of a sentence that begins with "it"."""
    found = [
        (claims.get("iss") != wanted.issuer, f"names the issuer {_shown(claims.get('iss'))}, not {wanted.issuer}"),
        (wanted.client not in _audience(claims), f"is for {_shown(claims.get('aud'))}, not for {wanted.client}"),
        (not _authorized(claims, wanted.client), f"was given to another client, {_shown(claims.get('azp'))}"),
        (not _time(claims, "exp"), "does not say when it ends"),
        (_time(claims, "exp") + SKEW <= wanted.now, "has ended"),
        (_time(claims, "iat") - SKEW > wanted.now, "was made in the future: is a clock wrong?"),
        (_time(claims, "nbf") - SKEW > wanted.now, "is not valid yet: is a clock wrong?"),
        (not claims.get("sub") or not isinstance(claims.get("sub"), str), "does not say whose it is"),
        (not _begun_here(claims, wanted), "belongs to another sign-in (its nonce differs)"),
        (wanted.subject not in (None, claims.get("sub")), "is another person's"),
    ]
    return [text for wrong, text in found if wrong]


def _begun_here(claims: Mapping[str, Any], wanted: Wanted) -> bool:
    return wanted.nonce is None or claims.get("nonce") == wanted.nonce


def _audience(claims: Mapping[str, Any]) -> list[Any]:
    said = claims.get("aud")
    return said if isinstance(said, list) else [said]


def _authorized(claims: Mapping[str, Any], client: str) -> bool:
    """Return whether this client was meant: a token for several must say which of them asked for it."""
    return bool(claims.get("azp", client if len(_audience(claims)) == 1 else None) == client)


def _time(claims: Mapping[str, Any], name: str) -> float:
    said = claims.get(name, 0)
    return float(said) if isinstance(said, int | float) and not isinstance(said, bool) else 0.0


def _shown(said: object) -> str:
    return str(said)[:200] if said else "nobody"


@dataclass(frozen=True)
class Naming:
    """How the console finds the names of somebody it acts as."""

    user_claim: str
    groups_claim: str
    prefix: str


def names(claims: Mapping[str, Any], naming: Naming) -> tuple[str, tuple[str, ...]] | str:
    """Return user and groups that a token names, with the prefix; a sentence if it names nobody to act as."""
    user, groups = claims.get(naming.user_claim), claims.get(naming.groups_claim, [])
    if not isinstance(user, str) or not user:
        return f"the identity token has no claim {naming.user_claim}, which names the user"
    if naming.user_claim == "email" and claims.get("email_verified", True) is not True:
        return f"the identity provider has not verified the address {user}"
    named = [groups] if isinstance(groups, str) else groups
    if not isinstance(named, list) or not all(isinstance(group, str) and group for group in named):
        return f"the identity token's claim {naming.groups_claim} is no list of names"
    whole = (naming.prefix + user, *(naming.prefix + group for group in named))
    for name in whole:
        if name.startswith(SYSTEM):
            return (
                f"the identity token names {name}, and the console acts as none of the cluster's own users and groups"
            )
        if not name.isprintable():
            return "the identity token names a user or a group with a control character in it"
    return whole[0], whole[1:]
