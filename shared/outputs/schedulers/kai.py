"""KAI Scheduler. The queue has the project's name, and each job has one of the scheduler's four priority classes.

It reads the annotations `gpu-fraction` and `gpu-memory`, which pods carry anyway (its installation needs
`global.gpuSharing=true`).
"""

from typing import Final

from shared.objects import Manifest
from shared.outputs.naming import PRIORITY_LABEL, Names, label_value
from shared.outputs.schedulers.job import label, place_by, priority

NAME: Final = "kai-scheduler"
QUEUE_LABEL: Final = "kai.scheduler/queue"
PRIORITIES: Final = {"build": "build", "interactive-preemptible": "build-preemptible", "inference": "inference"}
"""The scheduler's names of our priorities."""
SERVING: Final = "inference"
TRAINING: Final = "train"


def schedule(job: Manifest, names: Names) -> Manifest:
    """Set the scheduler, the project's queue and the scheduler's priority class."""
    place_by(job, NAME)
    label(job, QUEUE_LABEL, label_value(names.project))
    known = priority(job)
    default = SERVING if job["kind"] == "Deployment" else TRAINING
    label(job, PRIORITY_LABEL, PRIORITIES[known] if known else default)
    return job
