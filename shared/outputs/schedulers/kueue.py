"""Kueue. A job waits, suspended, in the LocalQueue with the project's name until there is room.

The cluster's own scheduler then places its pods.
"""

from typing import Final

from shared.names import KUEUE_QUEUE_LABEL
from shared.objects import Manifest
from shared.outputs.naming import Names, label_value
from shared.outputs.schedulers.job import templates

SUSPENDED_BY_RUN_POLICY: Final = ("MPIJob", "PyTorchJob")
"""Jobs that Kueue suspends and resumes through their run policy.

The runner sees the label and suspends what runs a RunaiJob. Kueue holds the pods of kinds that cannot be suspended
(a Deployment, a StatefulSet).
"""
QUEUED_BY_POD: Final = ("Service",)
"""Kinds that Kueue does not know; it knows their pods."""


def schedule(job: Manifest, names: Names) -> Manifest:
    """Put the job into the project's queue, which starts it."""
    queue = {KUEUE_QUEUE_LABEL: label_value(names.project)}
    job["metadata"]["labels"] |= queue
    if job["kind"] in QUEUED_BY_POD:
        for template in templates(job):
            template["metadata"]["labels"] |= queue
    if job["kind"] in SUSPENDED_BY_RUN_POLICY:
        job["spec"]["runPolicy"]["suspend"] = True
    return job
