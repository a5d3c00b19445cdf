"""The clusters of a kubeconfig: its contexts, each a server and a user."""

from typing import NamedTuple

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


def contexts(kubeconfig: str | None) -> list[Context]:
    """Every context of the kubeconfig, by name. Stop if it cannot be read."""
    from shared.kubernetes.fields import UnusableError
    from shared.kubernetes.kubeconfig import Cluster
    from shared.kubernetes.reading import MissingError, read_existing

    try:
        config = read_existing(kubeconfig)
    except MissingError as error:
        raise Stop(Exit.UNREACHABLE, str(error)) from error
    except UnusableError as error:
        raise Stop(Exit.UNREACHABLE, f"invalid kubeconfig: {error}") from error
    return sorted(
        Context(
            name, config.clusters.get(one.cluster, Cluster()).server, one.user, one.namespace, name == config.current
        )
        for name, one in config.contexts.items()
    )
