"""Creates the parts of a project, or completes existing ones."""

from typing import Any, Final

from cli.cluster.project_parts import missing, otherwise
from cli.shell.exits import Exit, Stop, note
from shared.inquiry.texts import printable
from shared.names import GLOBAL_NAMESPACE, PROJECT_LABEL, RBAC, resource_path
from shared.objects import JsonObject

PLURALS: Final = {
    "Namespace": ("namespaces", "v1"),
    "Role": ("roles", f"{RBAC}/v1"),
    "RoleBinding": ("rolebindings", f"{RBAC}/v1"),
}
CREATED, UNCHANGED, COMPLETED = RESULTS = ("created", "unchanged", "completed")


async def ensure(api: Any, project: str, manifest: JsonObject, given: bool) -> str:
    """Create the resource, or add what it lacks; return what was done."""
    from shared.errors import AlreadyExistsError, NotFoundError

    plural, version = PLURALS[manifest["kind"]]
    namespace, name = manifest["metadata"].get("namespace"), manifest["metadata"]["name"]
    try:
        await api.create(resource_path(plural, namespace, None, version), manifest)
    except AlreadyExistsError:
        stored = await api.get(resource_path(plural, namespace, name, version))
    except NotFoundError:
        if namespace != GLOBAL_NAMESPACE:
            raise
        return f"skipped: namespace {GLOBAL_NAMESPACE} does not exist"
    else:
        return CREATED
    if not given and stored.get("subjects"):  # the default group only applies to new bindings
        return UNCHANGED
    return await _complete(api, project, manifest, stored)


async def _complete(api: Any, project: str, manifest: JsonObject, stored: JsonObject) -> str:
    different = otherwise(manifest, stored)
    if PROJECT_LABEL in different:
        of = f"label {PROJECT_LABEL} of namespace {stored['metadata']['name']} says {different[PROJECT_LABEL]}"
        raise Stop(Exit.REFUSED, printable(f"that is another project's: {of}"))
    for label, value in different.items():
        note(printable(f"label {label} of {stored['metadata']['name']} stays {value}"))
    patch = missing(manifest, stored)
    if not patch:
        return UNCHANGED
    plural, version = PLURALS[manifest["kind"]]
    metadata = {**patch.get("metadata", {}), "resourceVersion": stored["metadata"]["resourceVersion"]}
    path = resource_path(plural, stored["metadata"].get("namespace"), stored["metadata"]["name"], version)
    await api.patch(path, {**patch, "metadata": metadata})
    return COMPLETED
