"""Prepares a job for the scheduler that places it. Each scheduler has its own file: a pure function of the job."""

from collections.abc import Callable
from typing import Final

from shared.objects import Manifest
from shared.outputs.naming import Names
from shared.outputs.schedulers import default, kai, kueue, runai
from shared.schedulers import Scheduler

Schedule = Callable[[Manifest, Names], Manifest]
"""Returns the job (the last of a submission's outputs) as its scheduler expects it; it may change its argument."""

SCHEDULERS: Final[dict[Scheduler, Schedule]] = {
    Scheduler.DEFAULT: default.schedule,
    Scheduler.KAI: kai.schedule,
    Scheduler.KUEUE: kueue.schedule,
    Scheduler.RUNAI: runai.schedule,
}
