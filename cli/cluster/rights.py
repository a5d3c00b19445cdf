"""Checks rights in advance, for actions that would otherwise be refused too late."""

from typing import Any, Final

from cli.shell.exits import Exit, Stop

PATH: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


async def must_be_allowed(api: Any, verb: str, resource: str, namespace: str) -> None:
    """Stop if the user may not `verb` the core resource, such as `pods/exec`, in the namespace."""
    plural, _, subresource = resource.partition("/")
    attributes = {"verb": verb, "resource": plural, "subresource": subresource, "namespace": namespace}
    question = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = await api.create(PATH, question)
    if not answer["status"]["allowed"]:
        reason = f": {answer['status']['reason']}" if answer["status"].get("reason") else ""
        sentence = f"{resource} is forbidden: you cannot {verb} it in the namespace {namespace}{reason}"
        raise Stop(Exit.NOT_PERMITTED, sentence)
