"""`python -m services.bootstrap.credentials`: make what is random once, and never change it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import structlog
import yaml

from services.bootstrap import secrets
from services.bootstrap.settings import BootstrapSettings
from shared.errors import AlreadyExistsError, SlipwayError, TransientError
from shared.kubernetes.api import Api
from shared.kubernetes.fields import UnusableError
from shared.names import GLOBAL_NAMESPACE, resource_path
from shared.objects import Manifest
from shared.parameters.kinds import KINDS
from shared.process.beginning import begin
from shared.process.settings import SharedSettings

PAUSE: Final = 2.0
"""Seconds between two tries."""
PLURALS: Final = {"Secret": "secrets", "ConfigMap": "configmaps"} | {kind.policy: kind.policy_plural for kind in KINDS}
LACKS: Final = "the key of seals is new, and this ConfigMap is not: add the public key unless it is there"
"""Without it, creators refuse what the resolver seals from now on."""
log = structlog.get_logger()

T = TypeVar("T")


def main() -> None:
    """Make everything that is missing; exit with 1 and the reason if that is impossible."""
    shared, settings = begin("bootstrap", BootstrapSettings)
    try:
        asyncio.run(_run(shared, settings))
    except (SlipwayError, UnusableError, OSError) as error:
        raise SystemExit(f"bootstrap: {error}") from error


async def _run(shared: SharedSettings, settings: BootstrapSettings) -> None:
    api = await Api.connect(shared.kubeconfig, timeout=shared.api_timeout, agent="slipway-bootstrap")
    try:
        await Maker(api, settings).make_all()
    finally:
        await api.close()


class Maker:
    """Makes what the settings name, unless it exists."""

    def __init__(self, api: Api, settings: BootstrapSettings) -> None:
        self._api, self._settings = api, settings

    async def make_all(self) -> None:
        """Make everything that is missing. SlipwayError says, after `within` seconds, what cannot be made."""
        settings = self._settings
        for name, user in settings.logins.items():
            await self._ensure(secrets.login(settings.namespace, name, user))
        if settings.authority:
            signer, _ = await self._known(settings.authority, secrets.authority)
            if settings.certificate:
                made = secrets.certificate(settings.namespace, settings.certificate, settings.hosts, signer)
                await self._ensure(made)
        if settings.seal:
            sealing, new = await self._known(settings.seal, secrets.seal)
            for namespace in (settings.namespace, GLOBAL_NAMESPACE):
                keys = secrets.seal_keys(namespace, sealing)
                if not await self._ensure(keys) and new:
                    log.warning(LACKS, namespace=namespace, name=keys["metadata"]["name"], add=keys["data"])
        if settings.console:
            await self._ensure(secrets.console_keys(settings.namespace, settings.console))
        if settings.policies:
            await self._begin_with(settings.policies)

    async def _known(self, name: str, make: Callable[[str, str], Manifest]) -> tuple[Manifest, bool]:
        """Return the Secret with this name, as the API server has it, and whether it was missing and is made."""
        namespace = self._settings.namespace
        new = await self._ensure(make(namespace, name))
        path = resource_path("secrets", namespace, name, "v1")
        return await self._persistently(lambda: self._api.get(path)), new

    async def _begin_with(self, file: Path) -> None:
        """Create the policies of the file, each unless its namespace has any of the kind: somebody decided on those."""
        for policy in filter(None, yaml.safe_load_all(await asyncio.to_thread(file.read_text))):
            path = resource_path(PLURALS[policy["kind"]], policy["metadata"]["namespace"])
            if await self._persistently(partial(self._api.names, path)):
                log.info("there are policies already", kind=policy["kind"])
            else:
                await self._ensure(policy)

    async def _ensure(self, manifest: Manifest) -> bool:
        """Create the object unless one of its name exists; return whether it was created."""
        version, metadata = manifest["apiVersion"], manifest["metadata"]
        path = resource_path(PLURALS[manifest["kind"]], metadata["namespace"], api_version=version)
        about = {"kind": manifest["kind"], "namespace": metadata["namespace"], "name": metadata["name"]}
        try:
            await self._persistently(lambda: self._api.create(path, manifest))
        except AlreadyExistsError:
            log.info("exists, and stays as it is", **about)
            return False
        log.info("created", **about)
        return True

    async def _persistently(self, call: Callable[[], Awaitable[T]]) -> T:
        deadline = time.monotonic() + self._settings.within
        while True:
            try:
                return await call()
            except TransientError as error:
                if time.monotonic() > deadline:
                    raise
                log.warning("trying again", reason=str(error))
                await asyncio.sleep(PAUSE)


if __name__ == "__main__":
    main()
