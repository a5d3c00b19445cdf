"""The RunaiJob that runs an interactive or a training workload."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP
from typing import Final

from shared.objects import Manifest
from shared.outputs import pod
from shared.outputs.naming import Names
from shared.outputs.replicas import priority
from shared.parameters.catalogue import CommonValues, TrainingValues

API_VERSION: Final = "run.ai/v1"


def build(values: CommonValues, names: Names) -> Iterator[Manifest]:
    """A RunaiJob. An interactive one runs until it is deleted, a training one until it finishes."""
    label = priority(values, names)
    restart = "Never" if isinstance(values, TrainingValues) else "Always"
    yield {
        "apiVersion": API_VERSION,
        "kind": "RunaiJob",
        "metadata": names.metadata(names.job, label),
        "spec": {**lifecycle(values), "template": pod.template(values, names, restart, label)},
    }


def lifecycle(values: CommonValues) -> Manifest:
    """How often a training job is retried and how long it is kept; empty for other kinds."""
    if not isinstance(values, TrainingValues):
        return {}
    spec: Manifest = {
        "parallelism": values.parallelism,
        "completions": values.completions,
        "backoffLimit": values.backoff_limit,
    }
    if values.ttl_after_finish is not None:
        seconds = values.ttl_after_finish.amount.to_integral_value(ROUND_HALF_UP)
        spec["ttlSecondsAfterFinished"] = int(seconds)
    return spec
