"""Reading what a job is reached by from outside the cluster."""

import asyncio
from typing import Any

from cli.connection import JsonObject
from cli.exits import note
from cli.job_table import Fronts, by_workload
from cli.tables import printable
from shared.names import WORKLOAD_UID_LABEL, resource_path


async def read_fronts(api: Any, namespace: str, uid: str) -> Fronts:
    """Of the workload with that uid. Nothing where it may not be seen."""
    selector = f"{WORKLOAD_UID_LABEL}={uid}"
    services, ingresses = await asyncio.gather(
        _items(api, resource_path("services", namespace, None, "v1"), selector),
        _items(api, resource_path("ingresses", namespace, None, "networking.k8s.io/v1"), selector),
    )
    return Fronts(by_workload(services), by_workload(ingresses))


async def _items(api: Any, path: str, selector: str) -> list[JsonObject]:
    from shared.errors import ForbiddenError

    try:
        answer = await api.list(path, {"labelSelector": selector})
    except ForbiddenError as error:
        note(f"addresses of jobs are not shown: {printable(str(error))}")
        return []
    return list(answer["items"])
