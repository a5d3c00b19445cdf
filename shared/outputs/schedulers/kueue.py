"""Kueue: a job waits, suspended, in the LocalQueue named as the project until there is room; the cluster's own
scheduler then places its pods."""

from typing import Final

from shared.names import KUEUE_QUEUE_LABEL
from shared.objects import Manifest
from shared.outputs.naming import Names, label_value
from shared.outputs.schedulers.job import templates

SUSPENDED_BY_RUN_POLICY: Final = ("MPIJob", "PyTorchJob")
"""Jobs that have a switch, which Kueue turns. What runs a RunaiJob is suspended by the runner, which sees the label;
what has no switch (a Deployment, a StatefulSet) has its pods held by Kueue."""
QUEUED_BY_POD: Final = ("Service",)
"""What Kueue does not know itself, but its pods."""


def schedule(job: Manifest, names: Names) -> Manifest:
    """Put it into the project's queue, to be started by that."""
    queue = {KUEUE_QUEUE_LABEL: label_value(names.project)}
    job["metadata"]["labels"] |= queue
    if job["kind"] in QUEUED_BY_POD:
        for template in templates(job):
            template["metadata"]["labels"] |= queue
    if job["kind"] in SUSPENDED_BY_RUN_POLICY:
        job["spec"]["runPolicy"]["suspend"] = True
    return job
