"""The Docker engine of this machine, and the few things that are asked of it."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, Final, Self

import docker
from docker.errors import APIError, DockerException, ImageNotFound

from deploy.local.errors import PlatformError
from deploy.local.progress import Progress

HOW: Final = (
    "start Docker, or set DOCKER_HOST; on Debian, as root: `apt-get install docker.io`, then `.ci/docker start`, "
    "which `.ci/run` does by itself"
)
"""How to get an engine."""
PATIENCE: Final = 300
"""Seconds that one answer of the engine may take."""


class NotPulledError(PlatformError):
    """Says why an image cannot be pulled."""


class Engine:
    """A connection to the engine that the environment names. Methods raise PlatformError in the engine's own words."""

    def __init__(self, client: Any) -> None:
        self.client = client

    @classmethod
    def connect(cls) -> Self:
        """Connect. PlatformError says how to get an engine if none answers."""
        try:
            client = docker.from_env(timeout=PATIENCE)
            client.ping()
        except DockerException as error:
            raise PlatformError(f"no Docker engine answers ({_reason(error)}): {HOW}") from error
        return cls(client)

    def identity(self, name: str) -> str | None:
        """The identity of this image, if it is here."""
        try:
            return str(self.client.images.get(name).id)
        except ImageNotFound:
            return None

    def digest(self, name: str) -> str | None:
        """The image's digest in the registry that it was pulled from; None if it was made here."""
        known = self.describe(name)["RepoDigests"]
        return str(known[0]).rpartition("@")[2] if known else None

    def describe(self, name: str) -> Mapping[str, Any]:
        """What `docker inspect` shows of this image."""
        return dict(self.client.images.get(name).attrs)

    def provide(self, name: str, variable: str, progress: Progress) -> str:
        """Return the name of an image that this variable names, pulled if it is not here. PlatformError if neither."""
        if not self.identity(name):
            progress.say(f"  pulling {name}")
            try:
                self.pull(name)
            except NotPulledError as error:
                raise PlatformError(f"{error}; {variable} names it: name one that is here or can be pulled") from error
        return name

    def pull(self, name: str) -> None:
        """Pull this image. NotPulledError in the registry's own words."""
        repository, tag = docker.utils.parse_repository_tag(name)
        try:
            self.client.images.pull(repository, tag=tag or "latest")
        except APIError as error:
            raise NotPulledError(f"cannot pull {name}: {_reason(error)}") from error

    def tag(self, name: str, repository: str, tag: str) -> None:
        """Give the image another name, too."""
        self.client.images.get(name).tag(repository, tag)

    def said(self, image: str, *command: str) -> str:
        """Run the command, whose first word is the program, in a container of the image; return what it prints."""
        program, *arguments = command
        try:
            output: bytes = self.client.containers.run(
                image, arguments, entrypoint=[program], remove=True, network_disabled=True
            )
        except DockerException as error:
            raise PlatformError(f"`{program}` does not run in image {image}: {_reason(error)}") from error
        return output.decode()

    def build(
        self,
        context: bytes,
        name: str,
        arguments: Mapping[str, str],
        labels: Mapping[str, str],
        *,
        anew: bool = False,
    ) -> None:
        """Build the context, a tar with a Dockerfile, as the image `name`; `anew` repeats steps that are known."""
        lines = self.client.api.build(
            fileobj=io.BytesIO(context), custom_context=True, tag=name, buildargs=dict(arguments), labels=dict(labels),
            nocache=anew, rm=True, forcerm=True, decode=True,
        )  # fmt: skip
        self._watch(lines, f"building {name} failed")

    def load(self, files: IO[bytes], name: str, changes: Sequence[str]) -> None:
        """Make the image `name` from a tar of its files; `changes` are lines of a Dockerfile."""
        repository, tag = docker.utils.parse_repository_tag(name)
        answer = self.client.api.import_image(src=files, repository=repository, tag=tag, changes=list(changes))
        self._watch(map(json.loads, answer.splitlines()), f"making {name} failed")

    def _watch(self, lines: Iterator[Mapping[str, Any]], what: str) -> None:
        """Read the engine's report; if it has an error, raise it with the last things said before."""
        said: list[str] = []
        try:
            for line in lines:
                said.append(str(line.get("stream", line.get("error", ""))).rstrip())
                if "error" in line:
                    tail = "\n".join(f"  | {text}" for text in said[-15:] if text)
                    raise PlatformError(f"{what}:\n{tail}")
        except APIError as error:
            raise PlatformError(f"{what}: {_reason(error)}") from error


def _reason(error: DockerException) -> str:
    return str(getattr(error, "explanation", None) or error).strip()
