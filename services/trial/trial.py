"""Submit the workloads of some manifests in one project, wait until they are Submitted, and delete them."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog

from shared.errors import NotFoundError, PermanentError, SlipwayError, TransientError
from shared.kubernetes.api import Api
from shared.names import resource_path
from shared.objects import Manifest
from shared.parameters.kinds import KINDS

PAUSE: Final = 0.5
"""Seconds between two looks."""
PLURALS: Final = {kind.workload: kind.workload_plural for kind in KINDS}
log = structlog.get_logger()


class TrialError(Exception):
    """A workload was not submitted; the message says why."""


def prepared(manifests: Sequence[Manifest], namespace: str, ending: str) -> Sequence[Manifest]:
    """Return the workloads with this namespace, and names with this ending; templates come first."""
    names = {one["metadata"]["name"]: f"{one['metadata']['name']}-{ending}" for one in manifests}
    made = [_renamed(one, namespace, names) for one in manifests]
    return sorted(made, key=lambda one: not _is_template(one))


def _renamed(manifest: Manifest, namespace: str, names: Mapping[str, str]) -> Manifest:
    metadata = {**manifest["metadata"], "name": names[manifest["metadata"]["name"]], "namespace": namespace}
    spec = dict(manifest["spec"])
    if base := spec.get("baseWorkload"):
        spec["baseWorkload"] = names.get(base, base)
    return {**manifest, "metadata": metadata, "spec": spec}


def _is_template(manifest: Manifest) -> bool:
    return bool(manifest["spec"].get("usage") == "Template")


async def submit(api: Api, workloads: Sequence[Manifest], within: float) -> None:
    """Create the workloads in turn, wait for each one that is no template, and delete all of them.

    TrialError says which one was not Submitted within this time, in seconds, and why.
    """
    if all(_is_template(workload) for workload in workloads):
        raise TrialError("there is nothing to submit: TRIAL_MANIFESTS must be a folder with a workload, as `*.yaml`")
    made: list[str] = []
    try:
        for workload in workloads:
            path = resource_path(PLURALS[workload["kind"]], workload["metadata"]["namespace"])
            made.append(f"{path}/{workload['metadata']['name']}")  # it may exist even if no answer arrives
            try:
                await api.create(path, workload)
            except PermanentError:
                made.pop()
                raise
            log.info("created", kind=workload["kind"], name=workload["metadata"]["name"])
            if not _is_template(workload):
                await _wait(api, made[-1], within)
    finally:
        for path in reversed(made):
            await _delete(api, path)


async def _wait(api: Api, path: str, within: float) -> None:
    deadline, told = time.monotonic() + within, 0
    status: Mapping[str, Any] = {}
    while time.monotonic() < deadline:
        try:
            status = (await api.get(path)).get("status") or {}
        except TransientError as error:
            log.warning("trying again", reason=str(error))
        events = status.get("events") or []
        for event in events[told:]:
            log.info(event["message"], reason=event["reason"])
        told = len(events)
        if status.get("phase") == "Submitted":
            log.info("submitted", job=status.get("jobName"))
            return
        if status.get("phase") == "Failed":
            raise TrialError(f"the workload failed: {events[-1]['message'] if events else 'no reason is recorded'}")
        await asyncio.sleep(PAUSE)
    last = f"its last event: {events[-1]['message']}" if (events := status.get("events")) else "no event was recorded"
    raise TrialError(f"no outcome after {within:g} s, {last}; are the pods of all services ready?")


async def _delete(api: Api, path: str) -> None:
    try:
        await api.delete(path)
    except NotFoundError:
        pass
    except SlipwayError as error:
        log.warning("not deleted", path=path, reason=str(error))
