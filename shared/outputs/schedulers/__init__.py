"""Making a job for the scheduler that is to place it, one file per scheduler: each a pure function of the job."""

from collections.abc import Callable
from typing import Final

from shared.objects import Manifest
from shared.outputs.naming import Names
from shared.outputs.schedulers import default, kai, kueue, runai
from shared.schedulers import Scheduler

Schedule = Callable[[Manifest, Names], Manifest]
"""The job (what comes last of a submission's outputs) as its scheduler wants it; the one given may be changed."""

SCHEDULERS: Final[dict[Scheduler, Schedule]] = {
    Scheduler.DEFAULT: default.schedule,
    Scheduler.KAI: kai.schedule,
    Scheduler.KUEUE: kueue.schedule,
    Scheduler.RUNAI: runai.schedule,
}
