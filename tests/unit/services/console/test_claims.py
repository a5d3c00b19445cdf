"""What an identity token must say, and whom the console acts as."""

from typing import Any

import pytest

from services.console.claims import Naming, Wanted, mistakes, names

NOW = 1_000_000.0
WANTED = Wanted("https://id.example", "slipway", "n1", NOW)
GOOD: dict[str, Any] = {
    "iss": "https://id.example", "aud": "slipway", "sub": "jane", "exp": NOW + 300, "iat": NOW, "nonce": "n1",
}  # fmt: skip
NAMING = Naming("email", "groups", "oidc:")


@pytest.mark.parametrize(
    ("lie", "sentence"),
    [
        ({"iss": "https://evil.example"}, "names the issuer https://evil.example, not https://id.example"),
        ({"iss": "https://id.example/"}, "names the issuer https://id.example/, not https://id.example"),
        ({"iss": None}, "names the issuer nobody"),
        ({"aud": "other"}, "is for other, not for slipway"),
        ({"aud": ["other"]}, "is for ['other'], not for slipway"),
        ({"aud": {"slipway": 1}}, "is for {'slipway': 1}, not for slipway"),
        ({"aud": ["slipway", "other"]}, "was given to another client, nobody"),
        ({"aud": ["slipway", "other"], "azp": "other"}, "was given to another client, other"),
        ({"azp": "other"}, "was given to another client, other"),
        ({"exp": NOW - 61}, "has ended"),
        ({"exp": None}, "does not say when it ends"),
        ({"exp": "tomorrow"}, "does not say when it ends"),
        ({"exp": True}, "does not say when it ends"),
        ({"iat": NOW + 61}, "was made in the future: is a clock wrong?"),
        ({"nbf": NOW + 61}, "is not valid yet: is a clock wrong?"),
        ({"nonce": "n2"}, "belongs to another sign-in (its nonce differs)"),
        ({"nonce": None}, "belongs to another sign-in (its nonce differs)"),
        ({"sub": ""}, "does not say whose it is"),
        ({"sub": ["jane"]}, "does not say whose it is"),
    ],
)
def test_every_lie_of_a_token_is_named(lie: dict[str, Any], sentence: str) -> None:
    """One wrong claim is enough, and is said in its own words."""
    found = mistakes({**GOOD, **lie}, WANTED)
    assert found
    assert found[0].startswith(sentence)


def test_a_true_token_is_accepted() -> None:
    """Also for several clients, if it says that it was given to this one, and with clocks a little apart."""
    assert mistakes(GOOD, WANTED) == []
    assert mistakes({**GOOD, "aud": ["slipway", "api"], "azp": "slipway"}, WANTED) == []
    assert mistakes({**GOOD, "exp": NOW - 59, "iat": NOW + 59, "nbf": NOW + 59}, WANTED) == []


def test_a_renewed_token_is_of_the_same_person() -> None:
    """Its nonce need not be there; another person's is refused."""
    renewed = Wanted("https://id.example", "slipway", None, NOW, "jane")
    assert mistakes({**GOOD, "nonce": None}, renewed) == []
    assert mistakes({**GOOD, "sub": "eve"}, renewed) == ["is another person's"]


def test_all_mistakes_are_named_at_once() -> None:
    """An empty token has several."""
    assert len(mistakes({}, WANTED)) >= 5


@pytest.mark.parametrize(
    ("claims", "prefix", "found"),
    [
        ({"email": "j@x", "groups": ["a", "b"]}, "oidc:", ("oidc:j@x", ("oidc:a", "oidc:b"))),
        ({"email": "j@x", "groups": "a"}, "oidc:", ("oidc:j@x", ("oidc:a",))),
        ({"email": "j@x"}, "oidc:", ("oidc:j@x", ())),
        ({"email": "j@x", "groups": ["system:masters"]}, "oidc:", ("oidc:j@x", ("oidc:system:masters",))),
        ({"email": "j@x", "groups": ["system:masters"]}, "", "names system:masters, and the console acts as none"),
        ({"email": "system:admin"}, "", "names system:admin, and the console acts as none"),
        ({"email": "n:x", "groups": ["a"]}, "system:", "names system:n:x, and the console acts as none"),
        ({}, "oidc:", "has no claim email"),
        ({"email": ""}, "oidc:", "has no claim email"),
        ({"email": ["j@x"]}, "oidc:", "has no claim email"),
        ({"email": "j@x", "email_verified": False}, "oidc:", "has not verified the address j@x"),
        ({"email": "j@x", "email_verified": "true"}, "oidc:", "has not verified the address j@x"),
        ({"email": "j@x", "groups": [1]}, "oidc:", "is no list of names"),
        ({"email": "j@x", "groups": [""]}, "oidc:", "is no list of names"),
        ({"email": "j@x", "groups": {"a": 1}}, "oidc:", "is no list of names"),
        ({"email": "j@x\r\nImpersonate-Group: system:masters"}, "oidc:", "a control character"),
        ({"email": "j@x", "groups": ["a\nb"]}, "oidc:", "a control character"),
    ],
)
def test_the_console_acts_as_nobody_of_the_cluster_itself(
    claims: dict[str, Any], prefix: str, found: tuple[str, tuple[str, ...]] | str
) -> None:
    """Names get the prefix; whatever would be one of the cluster's own, or is no name, is refused."""
    said = names(claims, Naming("email", "groups", prefix))
    if isinstance(found, str):
        assert isinstance(said, str)
        assert found in said
    else:
        assert said == found
