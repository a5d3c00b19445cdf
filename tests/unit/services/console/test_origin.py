"""Who may send a request: pages of the console, and nobody else's."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from services.console.origin import host_problem, path_within, sender_problem, trusted

HERE = "https://slipway.example.com"
NAVIGATES = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),  # another port of the machine, or a sister's host
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": HERE}, False),  # what browsers say of themselves counts first
        ({"Sec-Fetch-Site": "", "Origin": HERE}, False),
        ({"Origin": HERE}, True),
        ({"Origin": HERE.upper()}, True),
        ({"Origin": "null"}, False),
        ({"Origin": "http://slipway.example.com"}, False),
        ({"Origin": f"{HERE}:8443"}, False),
        ({"Origin": f"{HERE}.evil.example"}, False),
        ({"Origin": f"{HERE}, https://evil.example"}, False),
        ({"Referer": f"{HERE}/p"}, False),
        ({}, False),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "MADE-UP"])
def test_only_a_page_of_the_console_changes_anything(method: str, headers: dict[str, str], allowed: bool) -> None:
    """Whatever the method, only a request that says that it comes from here counts."""
    assert (sender_problem(method, headers, HERE) is None) == allowed


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site", **NAVIGATES}, True),  # a link, or the provider's way back
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, False),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "object"}, False),
    ],
)
def test_another_site_may_link_to_a_page_and_not_load_it(headers: dict[str, str], allowed: bool) -> None:
    """So that nobody learns from sizes or times what a person may see."""
    assert (sender_problem("GET", headers, HERE) is None) == allowed


@pytest.mark.parametrize(
    ("host", "address", "allowed"),
    [
        ("slipway.example.com", HERE, True),
        ("SLIPWAY.example.com", HERE, True),
        ("evil.example", HERE, False),
        ("slipway.example.com:8443", HERE, False),
        ("127.0.0.1:8088", HERE, False),
        ("127.0.0.1:8088", None, True),
        ("localhost:9999", None, True),
        ("[::1]:8088", None, True),
        ("rebound.evil.example:8088", None, False),
        ("localhost.evil.example", None, False),
        ("127.0.0.1@evil.example", None, False),
        ("[bad", None, False),
        ("", None, False),
    ],
)
def test_a_name_that_is_bent_to_this_machine_finds_nothing(host: str, address: str | None, allowed: bool) -> None:
    """The console answers under its own name only; without one, under those of its own machine."""
    assert (host_problem(host, address) is None) == allowed


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("/p/team-a/new/training?base=a&gpu=2", "/p/team-a/new/training?base=a&gpu=2"),
        ("/", "/"),
        ("", "/"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/p\r\nSet-Cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
        ("/sign-out", "/"),
        ("/sign-in?next=/sign-in", "/"),
        ("p", "/"),
        ("/" + "a" * 5000, "/"),
        ("/sign-in/done", "/sign-in/done"),
    ],
)
def test_the_way_back_stays_in_the_console(text: str, where: str) -> None:
    """Whatever a link says, nobody is led elsewhere after the sign-in."""
    assert path_within(text) == where


@given(st.text(alphabet=st.sampled_from("/\\.:@?#%\t\r\n ae1") | st.characters(), max_size=40))
def test_no_text_leads_out_of_the_console(text: str) -> None:
    """As a browser reads the way back, it is on the console's own host."""
    where = path_within(text)
    assert URL(HERE).join(URL(where, encoded=True)).host == "slipway.example.com"
    assert where.isprintable()
    assert where.startswith("/")


@pytest.mark.parametrize(
    ("peer", "believed"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("11.0.0.1", False),
        ("fd00::1%eth0", True),
        ("fe80::1", False),
        (None, False),
        ("", False),
        ("10.1.2.3, 11.0.0.1", False),
    ],
)
def test_a_proxy_is_known_by_its_address(peer: str | None, believed: bool) -> None:
    """Also if it is written as one of version 6."""
    assert trusted(peer, (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))) == believed
    assert not trusted(peer, ())
