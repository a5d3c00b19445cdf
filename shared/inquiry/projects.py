"""Projects as users see them: which project an object belongs to, and whether a project exists."""

from typing import Any

from shared.errors import ForbiddenError, NotFoundError
from shared.inquiry.errors import MissingError
from shared.names import GLOBAL_NAMESPACE, PROJECT_PREFIX, project_of, resource_path


def place(item: dict[str, Any]) -> str:
    """The project's name, or `(global)`; any other namespace is shown as such."""
    namespace = item["metadata"]["namespace"]
    if namespace == GLOBAL_NAMESPACE:
        return "(global)"
    return project_of(namespace) or f"(namespace {namespace})"


async def must_exist(api: Any, project: str) -> None:
    """Raise MissingError if the project's namespace does not exist, as far as the user may know."""
    namespace = PROJECT_PREFIX + project
    try:
        await api.get(resource_path("namespaces", None, namespace, "v1"))
    except ForbiddenError:
        return
    except NotFoundError as error:
        raise MissingError(f"project {project} not found: namespace {namespace} does not exist") from error
