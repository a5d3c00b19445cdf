"""The Docker engine as these tests use it: what is theirs has a label, and goes even after a run that was killed."""

from typing import Final

import docker
import psutil
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from testcontainers.core.config import ConnectionMode, testcontainers_config

OWNER: Final = "slipway.test-run"
"""Label of each container and network of these tests: the process that made it, as `<process id>-<time of start>`."""


def this_run() -> dict[str, str]:
    """The label of what this process makes."""
    return {OWNER: _named(psutil.Process())}


def sweep(client: docker.DockerClient) -> None:
    """Remove containers and networks of runs that have ended without removing them, as after SIGKILL."""
    for container in client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True):
        if not _lives(container.labels[OWNER]):
            _gone(lambda made=container: made.remove(force=True, v=True))
    for network in client.networks.list(filters={"label": OWNER}):
        if not _lives((network.attrs.get("Labels") or {}).get(OWNER, "")):
            _gone(network.remove)


def configure(client: docker.DockerClient) -> str:
    """Set testcontainers up for an engine on this machine; return what is not as usual, in a sentence, if anything.

    Its cleaner (Ryuk) removes what a killed run leaves at once. Where its image cannot be had, the next run does.
    """
    settings = testcontainers_config
    settings.sleep_time = min(settings.sleep_time, 0.1)
    if settings.tc_host_override is None:  # inside a container, it would take its gateway for the engine's host
        settings.connection_mode_override, settings.tc_host_override = ConnectionMode.docker_host, "127.0.0.1"
    if settings.ryuk_disabled:
        return ""
    try:
        client.images.get(settings.ryuk_image)
    except ImageNotFound:
        try:
            client.images.pull(settings.ryuk_image)
        except DockerException:
            settings.ryuk_disabled = True
            return f"{settings.ryuk_image} cannot be pulled: what a killed run leaves is removed by the next run"
    return ""


def _gone(remove: object) -> None:
    assert callable(remove)
    try:
        remove()
    except NotFound:  # another run removes it, too
        pass
    except APIError as error:
        if "already in progress" not in str(error):
            raise


def _named(process: psutil.Process) -> str:
    return f"{process.pid}-{process.create_time():.2f}"


def _lives(owner: str) -> bool:
    number = owner.partition("-")[0]
    try:
        return number.isdigit() and _named(psutil.Process(int(number))) == owner
    except psutil.Error:
        return False


def is_local(client: docker.DockerClient) -> bool:
    """Whether the engine is reached by a socket of this machine, and so can mount its folders."""
    return str(client.api.base_url).startswith("http+docker:")
