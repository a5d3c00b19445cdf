"""Find and read the kubeconfig, or the account that Kubernetes gives to a pod."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

try:  # in C: ten times faster
    from yaml import CSafeLoader as Fastest
except ImportError:  # no wheel for this platform
    from yaml import SafeLoader as Fastest  # type: ignore[assignment]

from shared.kubernetes.fields import UnusableError
from shared.kubernetes.kubeconfig import Chosen, Cluster, Kubeconfig, User, chosen, merged, parsed, without_context

ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""The folder in which a pod finds its token and the authority of its cluster."""
UNCONFIGURED: Final = "no cluster configured: use --kubeconfig FILE or set KUBECONFIG"


class MissingError(UnusableError):
    """There is no kubeconfig, and this is not a pod."""


class UnconfiguredError(MissingError):
    """Nothing names a kubeconfig, there is none in its usual place, and this is not a pod."""


class _Loader(Fastest):
    """Reads YAML as kubectl does, where what looks like a date is text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def choose(kubeconfig: str | None, context: str | None) -> Chosen:
    """Return the cluster and user of the context, else of the current one, else of the pod that this is.

    UnusableError says what is missing or wrong.
    """
    environment = os.environ
    config = read(kubeconfig)
    found = chosen(config, context) or of_the_pod(environment)
    if found:
        return found
    if not any(map(_there, files(kubeconfig))):
        raise _missing(kubeconfig)
    if config == Kubeconfig():
        raise UnusableError(f"{', '.join(filter(_there, files(kubeconfig)))} is empty")
    raise without_context(config)


def read(kubeconfig: str | None) -> Kubeconfig:
    """Return the kubeconfig: this file, else those of KUBECONFIG, else ~/.kube/config. Absent ones are empty."""
    if kubeconfig and not _there(kubeconfig):
        raise _missing(kubeconfig)
    return merged(_parsed(file) for file in files(kubeconfig))


def read_existing(kubeconfig: str | None) -> Kubeconfig:
    """Return the kubeconfig; MissingError if there is none at all."""
    if not any(map(_there, files(kubeconfig))):
        raise _missing(kubeconfig)
    return read(kubeconfig)


def files(kubeconfig: str | None) -> list[str]:
    """Return the paths of the kubeconfig's files, which need not exist, each once.

    A home folder is only that of the variable HOME, as for kubectl; without one, no file is looked for.
    """
    if kubeconfig:
        return [kubeconfig]
    if listed := os.environ.get("KUBECONFIG"):
        return [file for file in dict.fromkeys(listed.split(os.pathsep)) if file]
    home = os.environ.get("HOME")
    return [str(Path(home, ".kube", "config"))] if home else []


def of_the_pod(environment: Mapping[str, str]) -> Chosen | None:
    """Return the cluster and account of the pod that this process runs in; None if it runs in none."""
    host, port = (environment.get(f"KUBERNETES_SERVICE_{part}") for part in ("HOST", "PORT"))
    token, authority = ACCOUNT / "token", ACCOUNT / "ca.crt"
    if not host or not port or not token.is_file():
        return None
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    return Chosen(Cluster(server=server, authority=str(authority)), User(token_file=str(token)))


def why_no_pod(environment: Mapping[str, str]) -> str:
    """Return what is missing for the account of a pod."""
    unset = [name for name in (f"KUBERNETES_SERVICE_{part}" for part in ("HOST", "PORT")) if not environment.get(name)]
    if unset:
        return f"{' and '.join(unset)} {'is' if len(unset) == 1 else 'are'} not set: this is no pod"
    return f"{ACCOUNT / 'token'} does not exist: the pod needs automountServiceAccountToken: true"


def _there(file: str) -> bool:
    return os.path.exists(file)  # noqa: PTH110 - the other raises errors for some names


def _missing(kubeconfig: str | None) -> MissingError:
    named = kubeconfig or os.environ.get("KUBECONFIG")
    return MissingError(f"kubeconfig not found: {named}") if named else UnconfiguredError(UNCONFIGURED)


def _parsed(file: str) -> Kubeconfig:
    try:
        content = Path(file).read_bytes()
    except FileNotFoundError:
        return Kubeconfig()
    except OSError as error:
        raise UnusableError(f"cannot read {file}: {error.strerror}") from error
    return parsed(_first_document(content, file), str(Path(file).absolute()))


def _first_document(content: bytes, file: str) -> Any:
    try:
        loader = _Loader(content)
        try:
            return loader.get_data() if loader.check_data() else None  # type: ignore[no-untyped-call]  # of the C one
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnusableError(f"{file} is not valid YAML: {' '.join(str(error).split())}") from error
