"""Kubeconfigs are merged and checked as kubectl does; the table of the integration tests compares the two."""

import base64
from typing import Any

import pytest

from shared.kubernetes.fields import UnusableError
from shared.kubernetes.kubeconfig import Chosen, Kubeconfig, chosen, merged, parsed

CA = base64.b64encode(b"ca").decode()


def config(current: str = "here", server: str = "https://a", file: str = "/home/one", **user: Any) -> Kubeconfig:
    """A kubeconfig with one context."""
    said = {
        "current-context": current,
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }
    return parsed(said, file)


def test_of_two_files_the_first_wins_for_the_current_context_and_for_each_name() -> None:
    """A wrong cluster would get the deletions that were meant for another one."""
    first, second = config(server="https://a"), config(current="there", server="https://b", token="t")
    both = merged([parsed(None, "/empty"), parsed({"current-context": "", "users": None}, "/null"), first, second])
    assert (both.current, both.clusters["c"].server, both.users["u"].token) == ("here", "https://a", "")


def test_paths_are_those_beside_the_file_that_names_them() -> None:
    """Two files may come from two places."""
    user = config(file="/far/one", **{"client-key": "pki/../k", "tokenFile": "/t", "client-certificate": ""}).users["u"]
    assert (user.key, user.token_file, user.certificate, user.file) == ("/far/k", "/t", "", "/far/one")


@pytest.mark.parametrize(
    ("command", "meant"), [("./login", "/far/login"), ("bin/login", "/far/bin/login"), ("login", "login"), ("/l", "/l")]
)
def test_a_login_program_is_beside_the_kubeconfig_or_found_by_its_name(command: str, meant: str) -> None:
    """The working folder never chooses the program."""
    asked = {"command": command, "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
    login = config(file="/far/one", exec=asked).users["u"].login
    assert login and login.command == meant


def test_no_current_context_chooses_nothing_and_a_wanted_one_is_found() -> None:
    """The caller knows what to do then: a pod has an account of its own."""
    assert chosen(config(current="")) is None
    found = chosen(config(current=""), "here")
    assert isinstance(found, Chosen)
    assert (found.cluster.server, found.context) == ("https://a", "here")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ([], "/f is not a kubeconfig"),
        ({"kind": "Pod"}, "it is not a kubeconfig: expected kind Config and apiVersion v1"),
        ({"users": {}}, "/f: users: expected a list"),
        ({"users": [1]}, r"/f: users\[0\]: expected a mapping"),
        ({"current-context": 7}, "/f: current-context: expected text; put it in quotes"),
        (
            {"users": [{"name": "u", "user": {"token": 123}}]},
            r"/f: users\[0\].user.token: expected text; put it in quo",
        ),
        ({"users": [{"name": "u"}, {"name": "u"}]}, r"/f: users\[1\]: the name u is there twice"),
        ({"clusters": [{"cluster": {"insecure-skip-tls-verify": "yes"}}]}, "expected true or false"),
        ({"clusters": [{"cluster": {"certificate-authority-data": "?"}}]}, "authority-data: expected base64"),
        ({"users": [{"user": {"as-user-extra": {"a": [1]}}}]}, r"as-user-extra.a\[0\]: expected text"),
        ({"users": [{"user": {"exec": {"env": [{"name": "A", "value": 1}]}}}]}, r"exec.env\[0\].value: expected text"),
    ],
)
def test_what_kubectl_refuses_is_refused_and_where_is_said(said: Any, sentence: str) -> None:
    """Nothing is guessed: a number for a token is another token than the one meant."""
    with pytest.raises(UnusableError, match=sentence):
        parsed(said, "/f")


@pytest.mark.parametrize(
    ("cluster", "user", "sentence"),
    [
        ({"server": ""}, {}, "cluster c names no server"),
        ({"certificate-authority": "a", "certificate-authority-data": CA}, {}, "has both certificate-authority and"),
        ({"certificate-authority": "a", "insecure-skip-tls-verify": True}, {}, "and insecure-skip-tls-verify"),
        ({"proxy-url": "ftp://p"}, {}, "invalid proxy-url: expected a URL of http, https, socks5"),
        ({}, {"token": "t", "username": "u"}, "user u has both a token and a username"),
        ({}, {"client-certificate": "c"}, "user u has a client-certificate and no client-key"),
        (
            {},
            {"client-certificate": "c", "client-key": "k", "client-key-data": CA},
            "both client-key and client-key-data",
        ),
        ({}, {"as-groups": ["g"]}, "require `as`"),
        ({}, {"exec": {}}, "exec names no command"),
        ({}, {"exec": {"command": "c"}}, "exec names no apiVersion"),
        ({}, {"exec": {"command": "c", "apiVersion": "v"}}, "names no interactiveMode: expected one of Never, IfAvail"),
    ],
)
def test_a_contradiction_is_told(cluster: dict[str, Any], user: dict[str, Any], sentence: str) -> None:
    """Of two credentials or two authorities, none is chosen by chance."""
    said = {
        "current-context": "here",
        "clusters": [{"name": "c", "cluster": {"server": "https://a", **cluster}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }
    with pytest.raises(UnusableError, match=sentence):
        chosen(parsed(said, "/f"))
