"""The Run:ai scheduler. Every job already has its queue label, priority names and shared-GPU annotations."""

from typing import Final

from shared.objects import Manifest
from shared.outputs.naming import Names
from shared.outputs.schedulers.job import place_by

NAME: Final = "runai-scheduler"


def schedule(job: Manifest, names: Names) -> Manifest:
    """Set the scheduler of the job."""
    place_by(job, NAME)
    return job
