"""The clusters that a kubeconfig knows: its contexts, each a server and somebody to be there."""

import os
from pathlib import Path
from typing import Any, NamedTuple

from cli.exits import Exit, Stop
from shared.names import project_of

JsonObject = dict[str, Any]


class Context(NamedTuple):
    """One cluster as a person meets it."""

    name: str
    server: str
    user: str
    namespace: str
    current: bool
    """Whether the kubeconfig means it where nothing is said."""

    @property
    def project(self) -> str:
        """The project of its namespace, empty for none."""
        return project_of(self.namespace) or ""

    def to_json(self) -> JsonObject:
        """The same for programs."""
        return {name: value for name, value in self._asdict().items() if value not in ("", None)}


def kubeconfig_files(kubeconfig: str | None) -> str:
    """The files that are meant, as KUBECONFIG writes several."""
    return kubeconfig or os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())


def contexts(kubeconfig: str | None) -> list[Context]:
    """Every context of the kubeconfig, by name. Stop where it cannot be read."""
    from shared.slim import slim_configuration

    slim_configuration()
    from kubernetes.aio.config.kube_config import KubeConfigMerger

    try:
        merged = KubeConfigMerger(kubeconfig_files(kubeconfig)).config  # type: ignore[no-untyped-call]
        return sorted(_read(_plain(merged)))
    except Exception as error:  # it can be wrong in as many ways as its parsers have exceptions
        raise Stop(Exit.UNREACHABLE, f"the kubeconfig cannot be used: {' '.join(str(error).split())}") from error


def _read(config: JsonObject) -> list[Context]:
    servers = {one["name"]: one.get("cluster") or {} for one in config.get("clusters") or []}
    found = []
    for one in config.get("contexts") or []:
        context = one.get("context") or {}
        server = str(servers.get(context.get("cluster"), {}).get("server") or "")
        user, namespace = str(context.get("user") or ""), str(context.get("namespace") or "")
        found.append(Context(str(one["name"]), server, user, namespace, one["name"] == config.get("current-context")))
    return found


def _plain(node: Any) -> Any:
    """The values of a configuration without what the reader wraps them in."""
    value = getattr(node, "value", node)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
