"""What kubeconfig files say, merged and checked as kubectl does. Pure: the files are read elsewhere.

The first file that sets the current context, or that names an entry, wins; an entry is never mixed from two files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from shared.kubernetes.fields import Fields, UnusableError

T = TypeVar("T")

FOR_LOGINS: Final = "client.authentication.k8s.io/exec"
"""The extension of a cluster that is handed to login programs."""
PROXIES: Final = ("http", "https", "socks5")
"""Schemes of proxies that a kubeconfig may name."""
API: Final = "client.authentication.k8s.io/"
UNSAID_MODE: Final = (f"{API}v1beta1", f"{API}v1alpha1")
"""Versions in which a login program need not say whether it reads the terminal."""
MODES: Final = ("Never", "IfAvailable", "Always")


@dataclass(frozen=True)
class Cluster:
    """How a server is reached and recognised."""

    server: str = ""
    server_name: str = ""
    insecure: bool = False
    authority: str = ""
    authority_data: bytes = b""
    proxy: str = ""
    uncompressed: bool = False
    for_logins: Any = None
    """What a login program is told about this cluster besides its address."""


@dataclass(frozen=True)
class Login:
    """A program that prints credentials (`exec`)."""

    command: str
    args: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    version: str
    hint: str
    wants_cluster: bool
    mode: str


@dataclass(frozen=True)
class Provider:
    """A login that kubectl itself renews (`auth-provider`)."""

    name: str
    settings: Mapping[str, str]


@dataclass(frozen=True)
class User:
    """How a caller identifies, and as which other user it acts."""

    certificate: str = ""
    certificate_data: bytes = b""
    key: str = ""
    key_data: bytes = b""
    token: str = ""
    token_file: str = ""
    username: str = ""
    password: str = ""
    acts_as: str = ""
    acts_as_uid: str = ""
    acts_as_groups: tuple[str, ...] = ()
    acts_as_extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    login: Login | None = None
    provider: Provider | None = None
    file: str = ""
    """The kubeconfig that names this user."""


@dataclass(frozen=True)
class Context:
    """A cluster, a user and a namespace, by their names."""

    cluster: str = ""
    user: str = ""
    namespace: str = ""


@dataclass(frozen=True)
class Kubeconfig:
    """One kubeconfig, or several merged."""

    current: str = ""
    contexts: Mapping[str, Context] = field(default_factory=dict)
    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    users: Mapping[str, User] = field(default_factory=dict)


@dataclass(frozen=True)
class Chosen:
    """The cluster and the user of one context."""

    cluster: Cluster
    user: User = User()
    context: str = ""


def parsed(said: Any, file: str) -> Kubeconfig:
    """Return what a kubeconfig says; `file` is its absolute path. UnusableError if kubectl would refuse it."""
    if not isinstance(said, dict | None):
        raise UnusableError(f"{file} is not a kubeconfig")
    try:
        return _parsed(Fields(said, "", os.path.dirname(file)), file)  # noqa: PTH120 - the text alone counts
    except UnusableError as error:
        raise UnusableError(f"{file}: {error}") from error


def _parsed(whole: Fields, file: str) -> Kubeconfig:
    if whole.text("kind") not in ("", "Config") or whole.text("apiVersion") not in ("", "v1"):
        raise UnusableError("it is not a kubeconfig: expected kind Config and apiVersion v1")
    return Kubeconfig(
        whole.text("current-context"),
        _by_name(whole, "contexts", "context", _context),
        _by_name(whole, "clusters", "cluster", _cluster),
        _by_name(whole, "users", "user", lambda fields: _user(fields, file)),
    )


def merged(files: Iterable[Kubeconfig]) -> Kubeconfig:
    """Return what the files say together."""
    whole = Kubeconfig()
    for one in files:
        whole = Kubeconfig(
            whole.current or one.current,
            _first(whole.contexts, one.contexts),
            _first(whole.clusters, one.clusters),
            _first(whole.users, one.users),
        )
    return whole


def _first(these: Mapping[str, T], those: Mapping[str, T]) -> dict[str, T]:
    return {**these, **{name: entry for name, entry in those.items() if name not in these}}


def chosen(config: Kubeconfig, wanted: str | None = None) -> Chosen | None:
    """Return the cluster and user of the wanted context, else of the current one; None if there is none.

    UnusableError if the context leads nowhere.
    """
    name = wanted or config.current
    if not name:
        return None
    if name not in config.contexts:
        raise UnusableError(f"it has no context {name}; available contexts: {_names(config)}")
    context = config.contexts[name]
    if not context.cluster:
        raise UnusableError(f"context {name} names no cluster")
    if context.cluster not in config.clusters:
        raise UnusableError(f"context {name} refers to cluster {context.cluster}, which does not exist")
    cluster, user = config.clusters[context.cluster], config.users.get(context.user, User())
    if context.user and context.user not in config.users and is_secure(cluster):
        raise UnusableError(f"context {name} refers to user {context.user}, which does not exist")
    check(cluster, context.cluster)
    check_user(user, context.user)
    return Chosen(cluster, user, name)


def without_context(config: Kubeconfig) -> UnusableError:
    """Return the error of a kubeconfig that has no current context."""
    return UnusableError(f"no current-context is set; available contexts: {_names(config)}")


def is_secure(cluster: Cluster) -> bool:
    """Return whether the server is reached by TLS; only then do credentials leave this machine."""
    return _scheme(cluster.server) == "https"


def check(cluster: Cluster, name: str) -> None:
    """Raise UnusableError if the cluster contradicts itself."""
    if not cluster.server:
        raise UnusableError(f"cluster {name} names no server")
    if cluster.authority and cluster.authority_data:
        raise UnusableError(f"cluster {name} has both certificate-authority and certificate-authority-data")
    if cluster.insecure and (cluster.authority or cluster.authority_data):
        raise UnusableError(f"cluster {name} has both a certificate-authority and insecure-skip-tls-verify")
    if cluster.proxy and _scheme(cluster.proxy) not in PROXIES:
        raise UnusableError(f"cluster {name}: invalid proxy-url: expected a URL of {', '.join(PROXIES)}")


def check_user(user: User, name: str) -> None:
    """Raise UnusableError if the user contradicts itself."""
    basic = user.username or user.password
    if basic and (user.token or user.token_file):
        raise UnusableError(f"user {name} has both a token and a username")
    if user.certificate or user.certificate_data:
        for one, path, data in (
            ("client-certificate", user.certificate, user.certificate_data),
            ("client-key", user.key, user.key_data),
        ):
            if path and data:
                raise UnusableError(f"user {name} has both {one} and {one}-data")
        if not user.key and not user.key_data:
            raise UnusableError(f"user {name} has a client-certificate and no client-key")
    if (user.acts_as_uid or user.acts_as_groups or user.acts_as_extra) and not user.acts_as:
        raise UnusableError("as-uid, as-groups and as-user-extra require `as`, the user to act as")
    if user.login and user.provider:
        raise UnusableError(f"user {name} has both exec and auth-provider")
    if user.login:
        _check_login(user.login, name)


def _check_login(login: Login, user: str) -> None:
    if not login.command:
        raise UnusableError(f"user {user}: exec names no command")
    if not login.version:
        raise UnusableError(f"user {user}: exec names no apiVersion")
    if not login.mode:
        raise UnusableError(f"user {user}: exec names no interactiveMode: expected one of {', '.join(MODES)}")
    if login.mode not in MODES:
        raise UnusableError(f"user {user}: invalid interactiveMode: expected one of {', '.join(MODES)}")
    if any(not name for name, _ in login.env):
        raise UnusableError(f"user {user}: a variable of exec has no name")


def _by_name(whole: Fields, plural: str, single: str, read: Callable[[Fields], T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for one in whole.each(plural):
        name = one.text("name")
        if name in found:
            raise UnusableError(f"{one.where}: the name {name} is there twice")
        found[name] = read(one.inner(single))
    return found


def _context(fields: Fields) -> Context:
    return Context(fields.text("cluster"), fields.text("user"), fields.text("namespace"))


def _cluster(fields: Fields) -> Cluster:
    extensions = {one.text("name"): one.anything("extension") for one in fields.each("extensions")}
    return Cluster(
        server=fields.text("server"),
        server_name=fields.text("tls-server-name"),
        insecure=fields.flag("insecure-skip-tls-verify"),
        authority=fields.path("certificate-authority"),
        authority_data=fields.data("certificate-authority-data"),
        proxy=fields.text("proxy-url"),
        uncompressed=fields.flag("disable-compression"),
        for_logins=extensions.get(FOR_LOGINS),
    )


def _user(fields: Fields, file: str) -> User:
    provider = fields.inner("auth-provider")
    return User(
        certificate=fields.path("client-certificate"),
        certificate_data=fields.data("client-certificate-data"),
        key=fields.path("client-key"),
        key_data=fields.data("client-key-data"),
        token=fields.text("token"),
        token_file=fields.path("tokenFile"),
        username=fields.text("username"),
        password=fields.text("password"),
        acts_as=fields.text("as"),
        acts_as_uid=fields.text("as-uid"),
        acts_as_groups=fields.texts("as-groups"),
        acts_as_extra=fields.by_key("as-user-extra", Fields.texts),
        login=_login(fields.inner("exec")) if fields.has("exec") else None,
        provider=Provider(provider.text("name"), provider.by_key("config", Fields.text))
        if fields.has("auth-provider")
        else None,
        file=file,
    )


def _login(fields: Fields) -> Login:
    version, mode = fields.text("apiVersion"), fields.text("interactiveMode")
    command = fields.text("command")
    return Login(
        command=fields.path("command") if os.sep in command else command,
        args=fields.texts("args"),
        env=tuple((one.text("name"), one.text("value")) for one in fields.each("env")),
        version=version,
        hint=fields.text("installHint"),
        wants_cluster=fields.flag("provideClusterInfo"),
        mode=mode or ("IfAvailable" if version in UNSAID_MODE else ""),
    )


def _names(config: Kubeconfig) -> str:
    return ", ".join(config.contexts) or "none"


def _scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme
    except ValueError:
        return ""
