"""Projects as people meet them: where an object belongs, and whether a project is there."""

from typing import Any

from shared.errors import ForbiddenError, NotFoundError
from shared.inquiry.errors import MissingError
from shared.names import GLOBAL_NAMESPACE, PROJECT_PREFIX, project_of, resource_path


def place(item: dict[str, Any]) -> str:
    """The project's name, or `(global)`; a namespace that is neither is named as such."""
    namespace = item["metadata"]["namespace"]
    if namespace == GLOBAL_NAMESPACE:
        return "(global)"
    return project_of(namespace) or f"(namespace {namespace})"


async def must_exist(api: Any, project: str) -> None:
    """Raise MissingError if the project's namespace does not exist, as far as this person may know."""
    namespace = PROJECT_PREFIX + project
    try:
        await api.get(resource_path("namespaces", None, namespace, "v1"))
    except ForbiddenError:
        return
    except NotFoundError as error:
        raise MissingError(f"there is no project {project}: namespace {namespace} does not exist") from error
