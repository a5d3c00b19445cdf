"""What the console knows of a person who has signed in: it is kept in the browser, sealed, and nowhere else."""

import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Final, Literal

import orjson

from shared.kubernetes.kubeconfig import User

SESSION: Final = "slipway"
"""The name of the cookie."""
FRESH: Final = 60.0
"""Seconds before a token's end from which a new one is asked for."""
SKEW: Final = 5.0
"""Seconds before its end from which a token is not used any more: a call takes time."""

Way = Literal["provider", "token", "link"]


@dataclass(frozen=True)
class Session:
    """Somebody who has signed in; times are in seconds since 1970."""

    way: Way
    token: str = field(repr=False, default="")
    """What the API server is given; empty if the console acts as this person instead."""
    ends: float = 0.0
    """When the token ends; 0 if that is not known."""
    over: float = 0.0
    """When the person has to sign in again, however often the token was renewed."""
    refresh: str = field(repr=False, default="")
    """What the provider renews the token for; empty if it does not."""
    subject: str = ""
    """The provider's own name for the person, which never changes."""
    acts_as: str = ""
    groups: tuple[str, ...] = ()
    """Who the console acts as, if it has no token of the person."""
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def user(self) -> User:
        """Return how calls of the API server identify this person."""
        if self.acts_as:
            return User(acts_as=self.acts_as, acts_as_groups=self.groups)
        return User(token=self.token)

    def expired(self, now: float | None = None) -> bool:
        """Return whether nothing can be done with it any more."""
        moment = time.time() if now is None else now
        return moment >= self.over or bool(self.ends and moment >= self.ends - SKEW)

    def due(self, now: float | None = None) -> bool:
        """Return whether a new token should be asked for."""
        moment = time.time() if now is None else now
        return bool(self.refresh and self.ends and moment < self.over and moment >= self.ends - FRESH)


def packed(session: Session) -> bytes:
    """Return the session as it is sealed."""
    return orjson.dumps(asdict(session))


def unpacked(content: bytes) -> Session | None:
    """Return a session that this or another version of the console has sealed; None if it cannot be used."""
    try:
        said = orjson.loads(content)
        session = Session(**{**said, "groups": tuple(said["groups"])})
    except (ValueError, TypeError, KeyError):
        return None
    return session if session.token or session.acts_as else None
