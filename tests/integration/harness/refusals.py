"""Captures what the API server refuses, and its message."""

from collections.abc import Coroutine
from typing import Any

import pytest

from shared.objects import Manifest
from tests.integration.harness.cluster import ApiError

STAMP, JOB_NAME, FAILURE = "run.ai/submitted-by", "run.ai/job-name", "run.ai/failure"
JOB_SINCE = "run.ai/job-since"
SUBMITTER = "run.ai/submitter"
SUBMITTED = "a submitted workload cannot be changed; create another one"
USAGE = "cannot be changed; create another workload"
TOO_LARGE = "the workload is larger than 512 KiB, which is the limit"


async def refusal(asked: Coroutine[Any, Any, Any]) -> str:
    """The message with which the API server refuses the request."""
    with pytest.raises(ApiError) as caught:
        await asked
    return str(caught.value.body["message"])


def raw(kind: str, name: str, namespace: str, spec: Any) -> Manifest:
    """A resource with its spec as given."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "run.ai/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}
