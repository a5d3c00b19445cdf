"""The clusters of a kubeconfig: its contexts, each a server and a user."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cli.shell.exits import Exit, Stop
from shared.names import project_of
from shared.objects import JsonObject


class Context(NamedTuple):
    """One cluster of the kubeconfig, as shown to users."""

    name: str
    server: str
    user: str
    namespace: str
    current: bool
    """Whether it is the kubeconfig's current context."""

    @property
    def project(self) -> str:
        """The project of its namespace; empty if there is none."""
        return project_of(self.namespace) or ""

    def to_json(self) -> JsonObject:
        """The context as JSON."""
        return {name: value for name, value in self._asdict().items() if value not in ("", None)}


def kubeconfig_files(kubeconfig: str | None) -> str:
    """The kubeconfig files, of which KUBECONFIG may list several."""
    return kubeconfig or os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())


def contexts(kubeconfig: str | None) -> list[Context]:
    """Every context of the kubeconfig, by name. Stop if it cannot be read."""
    from shared.kubernetes.slim import slim_configuration

    slim_configuration()
    from kubernetes.aio.config.kube_config import KubeConfigMerger

    try:
        merged = KubeConfigMerger(kubeconfig_files(kubeconfig)).config  # type: ignore[no-untyped-call]  # untyped
        return sorted(_read(_plain(merged)))
    except Exception as error:  # its parsers raise all kinds of exceptions
        raise Stop(Exit.UNREACHABLE, f"invalid kubeconfig: {' '.join(str(error).split())}") from error


def what_is_wrong(kubeconfig: str | None, context: str | None) -> str | None:
    """What is wrong with the kubeconfig and where; None if nothing is. `context` is the requested one."""
    import yaml

    known: dict[str, dict[str, JsonObject]] = {"contexts": {}, "clusters": {}}
    wanted = context or ""
    for file in kubeconfig_files(kubeconfig).split(os.pathsep):
        path = Path(file).expanduser()
        if not path.exists():
            continue
        try:
            read = yaml.safe_load(path.read_text())
        except (OSError, ValueError, yaml.YAMLError) as error:
            return f"{file} is not valid YAML: {' '.join(str(error).split())}"
        if not isinstance(read, dict):
            return f"{file} {'is empty' if read is None else 'is not a kubeconfig'}"
        wanted = wanted or str(read.get("current-context") or "")
        for part, found in known.items():
            entries = read.get(part)
            named = entries if isinstance(entries, list) else ()
            found.update({str(one.get("name")): one for one in named if isinstance(one, dict)})
    return _missing(known, wanted)


def _missing(known: Mapping[str, Mapping[str, JsonObject]], wanted: str) -> str | None:
    those = ", ".join(known["contexts"]) or "none"
    if not wanted:
        return f"no current-context is set; available contexts: {those}"
    if wanted not in known["contexts"]:
        return f"it has no context {wanted}; available contexts: {those}"
    means = known["contexts"][wanted].get("context")
    name = means.get("cluster") if isinstance(means, dict) else None
    if not name:
        return f"context {wanted} names no cluster"
    return None if name in known["clusters"] else f"context {wanted} refers to cluster {name}, which does not exist"


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
    """The values of a kubeconfig without the parser's wrappers."""
    value = getattr(node, "value", node)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
