"""Whose rights a call has: those of the person, and never those of the console itself."""

import pytest

from services.console.people import People
from shared.errors import UnauthorizedError
from shared.kubernetes.fields import UnusableError
from shared.kubernetes.kubeconfig import Chosen, Cluster, User

OWN = User(
    token="own", certificate_data=b"c", key_data=b"k", acts_as="boss", acts_as_groups=("system:masters",),
    acts_as_uid="1", acts_as_extra={"scopes": ("all",)}, username="u", password="p",
)  # fmt: skip


def people(server: str = "https://127.0.0.1:1") -> People:
    """People of a cluster at which the console itself may do everything."""
    return People(Chosen(Cluster(server), OWN), 1.0)


def test_a_person_is_known_by_their_token_alone() -> None:
    """No certificate, password or name of the console's own goes with it."""
    assert people()._as(User(token="theirs")) == User(token="theirs")


def test_who_the_console_acts_as_has_no_groups_but_their_own() -> None:
    """What its own kubeconfig says of impersonation is left out."""
    used = people()._as(User(acts_as="jane", acts_as_groups=("lab",)))
    assert (used.acts_as, used.acts_as_groups, used.acts_as_uid, used.acts_as_extra) == ("jane", ("lab",), "", {})
    assert used.token == "own"


@pytest.mark.parametrize("user", [User(), User(token=""), User(token="t", acts_as="jane"), User(acts_as_groups=("a",))])
async def test_nobody_becomes_the_console(user: User) -> None:
    """Without a token and without a name there are no rights, and no call is made."""
    with pytest.raises(UnauthorizedError, match="you are not signed in"):
        await people().person(user)


@pytest.mark.parametrize("server", ["http://127.0.0.1:8001", "127.0.0.1:8001"])
def test_no_token_leaves_without_tls(server: str) -> None:
    """A server that is reached without it takes nobody's token, and would take everybody for its own account."""
    with pytest.raises(UnusableError, match="without TLS"):
        people(server)
