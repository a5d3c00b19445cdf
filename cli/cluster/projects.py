"""Projects as people meet them: where an object belongs, and whether a project is there."""

from typing import Any

from cli.shell.exits import Exit, Stop
from shared.names import GLOBAL_NAMESPACE, PROJECT_PREFIX, project_of, resource_path


def place(item: dict[str, Any]) -> str:
    """The project's name, or `(global)`; a namespace that is neither is named as such."""
    namespace = item["metadata"]["namespace"]
    if namespace == GLOBAL_NAMESPACE:
        return "(global)"
    return project_of(namespace) or f"(namespace {namespace})"


async def must_exist(api: Any, project: str) -> None:
    """Stop where the project's namespace does not exist, as far as this person may know."""
    from shared.errors import ForbiddenError, NotFoundError

    namespace = PROJECT_PREFIX + project
    try:
        await api.get(resource_path("namespaces", None, namespace, "v1"))
    except ForbiddenError:
        return
    except NotFoundError as error:
        raise Stop(Exit.NOT_FOUND, f"there is no project {project}: namespace {namespace} does not exist") from error
