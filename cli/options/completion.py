"""Completes names from the cluster, quickly, and silently if there are none.

Users cannot see messages during completion and must not wait long, so any failure completes nothing.
"""

import asyncio
import contextlib
import io
import os
from collections.abc import Iterable, Iterator
from typing import Any, Final

import click

from cli.options.kinds import READ_SWITCHES, kinds_from
from cli.shell.preferences import default_project
from shared.names import GLOBAL_NAMESPACE, PROJECT_PREFIX, WORKLOAD_UID_LABEL, project_of, resource_path

SUBMITS: Final = "slipway.submits"
"""Key in the click context of a submit command for the kinds that it can submit, the default first."""
PATIENCE: Final = 3.0
"""Seconds after which completion gives up."""
MOST: Final = "500"
"""Largest number of objects to read of each kind."""


def complete(what: str, ctx: click.Context, incomplete: str) -> list[str]:
    """Names of workloads, templates, jobs, pods, projects, nodes or clusters with this prefix; none after any
    failure."""
    try:
        with contextlib.redirect_stderr(io.StringIO()), _silence():
            found = _clusters(ctx) if what == "cluster" else asyncio.run(_patiently(what, ctx))
    except Exception:  # noqa: BLE001 - see above
        return []
    return sorted({name for name in found if name.startswith(incomplete)})


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep login programs from the terminal while inside: the person is typing there."""
    with open(os.devnull, "r+b", buffering=0) as nothing:  # noqa: PTH123 - a device
        kept = [(number, os.dup(number)) for number in (0, 2)]
        try:
            for number, _ in kept:
                os.dup2(nothing.fileno(), number)
            yield
        finally:
            for number, copy in kept:
                os.dup2(copy, number)
                os.close(copy)


def _clusters(ctx: click.Context) -> Iterable[str]:
    from cli.cluster.contexts import contexts

    return [one.name for one in contexts(_given(ctx, "kubeconfig"))]


async def _patiently(what: str, ctx: click.Context) -> Iterable[str]:
    from cli.cluster.connection import cluster

    async with asyncio.timeout(PATIENCE), cluster(_given(ctx, "kubeconfig")) as api:
        if what == "project":
            return [project for name in await _names(api, _path("namespaces")) if (project := project_of(name))]
        if what == "node":
            return await _names(api, _path("nodes"))
        project = _given(ctx, "project") or default_project()
        namespace = PROJECT_PREFIX + project if project else None
        lookup = {"workload": _workloads, "template": _templates, "job": _jobs, "pod": _pods}[what]
        return await lookup(api, namespace, ctx)


async def _workloads(api: Any, namespace: str | None, ctx: click.Context) -> Iterable[str]:
    paths = [resource_path(plural, place) for plural in _plurals(ctx) for place in _places(namespace)]
    return await _of_all(_names(api, path) for path in paths)


async def _templates(api: Any, namespace: str | None, ctx: click.Context) -> Iterable[str]:
    """Templates, which are the base workloads that users type; submitted workloads can be bases too."""
    if not any(ctx.params.get(name) for name in READ_SWITCHES):
        kinds = ctx.meta[SUBMITS]
        ctx.params["interactive" if ctx.params.get("jupyter") else kinds[0]] = True  # the kind that it submits then
    paths = [resource_path(plural, place) for plural in _plurals(ctx) for place in _places(namespace)]
    return await _of_all(_template_names(api, path) for path in paths)


async def _jobs(api: Any, namespace: str | None, ctx: click.Context) -> Iterable[str]:
    from shared.inquiry.jobs import JOB_KINDS, OURS_ONLY

    ours = {"labelSelector": WORKLOAD_UID_LABEL}
    return await _of_all(_names(api, kind.path(namespace), ours if kind in OURS_ONLY else {}) for kind in JOB_KINDS)


async def _pods(api: Any, namespace: str | None, ctx: click.Context) -> Iterable[str]:
    job = _given(ctx, "job") or _given(ctx, "name")
    path = resource_path("pods", namespace, None, "v1")
    return await _names(api, path, {"labelSelector": f"release={job}"} if job else {})


async def _of_all(lookups: Iterable[Any]) -> Iterable[str]:
    """Everything found, without what the user may not see or the cluster does not have."""
    answers = await asyncio.gather(*lookups, return_exceptions=True)
    return [name for answer in answers if not isinstance(answer, BaseException) for name in answer]


async def _names(api: Any, path: str, params: dict[str, str] | None = None) -> list[str]:
    from shared.kubernetes.api import NAMES_ONLY

    answer = await api.get(path, {"limit": MOST, **(params or {})}, accept=NAMES_ONLY)
    return [str(item["metadata"]["name"]) for item in answer.get("items") or []]


async def _template_names(api: Any, path: str) -> list[str]:
    answer = await api.get(path, {"limit": MOST})
    return [str(item["metadata"]["name"]) for item in answer["items"] if item["spec"].get("usage") == "Template"]


def _plurals(ctx: click.Context) -> list[str]:
    """The kinds whose switch is on, or all kinds."""
    from shared.parameters.kinds import KINDS

    switches = {name: True for name in READ_SWITCHES if ctx.params.get(name)}
    return [kind.workload_plural for kind in (kinds_from(**switches) if switches else KINDS)]


def _places(namespace: str | None) -> list[str]:
    return [namespace, GLOBAL_NAMESPACE] if namespace else [GLOBAL_NAMESPACE]


def _path(plural: str) -> str:
    return resource_path(plural, None, None, "v1")


def _given(ctx: click.Context, name: str) -> str | None:
    value = ctx.params.get(name)
    return value if isinstance(value, str) else None
