"""The Run:ai scheduler. The queue label, the priority's names and the annotations of shared GPUs are its own words,
which every job carries."""

from typing import Final

from shared.objects import Manifest
from shared.outputs.naming import Names
from shared.outputs.schedulers.job import place_by

NAME: Final = "runai-scheduler"


def schedule(job: Manifest, names: Names) -> Manifest:
    """Have it placed by that scheduler."""
    place_by(job, NAME)
    return job
