"""Admission policies that a cluster's administrator may have, and that refuse what Slipway writes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.integration.harness.cluster import ApiError, Cluster

_API = "admissionregistration.k8s.io/v1"


@asynccontextmanager
async def forbidding(
    cluster: Cluster,
    name: str,
    namespace: str,
    rule: dict[str, Any],
    message: str,
    probe: Callable[[], Awaitable[object]],
    allowed: str = "false",
) -> AsyncIterator[None]:
    """While inside, the namespace's requests that fit the `rule` are refused with the message, unless `allowed`.

    The policy is called `<name>-<namespace>`. `allowed` is a CEL expression. `probe` makes such a request: the policy
    counts once it is refused.
    """
    name, where = f"{name}-{namespace}", {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    policy = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": allowed, "message": message}],
    }
    binding = {"policyName": name, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": where}}
    for kind, spec in (("ValidatingAdmissionPolicy", policy), ("ValidatingAdmissionPolicyBinding", binding)):
        await cluster.create({"apiVersion": _API, "kind": kind, "metadata": {"name": name}, "spec": spec})

    async def refused() -> bool:
        try:
            await probe()
        except ApiError as error:
            return message in str(error)
        return False

    await cluster.wait_for("the admission policy to count", refused)
    yield
    await cluster.delete("validatingadmissionpolicybindings", name)
    await cluster.delete("validatingadmissionpolicies", name)
