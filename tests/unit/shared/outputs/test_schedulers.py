"""Jobs as each scheduler wants them, compared as a whole; `pytest --update-data` rewrites tests/data/schedulers."""

from pathlib import Path

import pytest
import yaml

from shared.outputs.schedulers import SCHEDULERS
from shared.outputs.schedulers.job import templates
from shared.schedulers import PLACE_PODS, SCHEDULER_LABEL, Scheduler, scheduler_of
from tests.unit.shared.outputs.cases import CASES
from tests.unit.shared.outputs.scheduled import JOBS, SCHEDULED

DATA = Path(__file__).parents[3] / "data" / "schedulers"


@pytest.mark.parametrize(("scheduler", "name"), SCHEDULED)
def test_jobs_are_as_written_down(scheduler: Scheduler, name: str, request: pytest.FixtureRequest) -> None:
    """Every job for every scheduler is exactly the one in its expected file."""
    manifests = SCHEDULED[scheduler, name].build()
    file = DATA / scheduler / f"{name}.yaml"
    if request.config.getoption("--update-data"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump_all(manifests, sort_keys=False, width=120))
    assert manifests == list(yaml.safe_load_all(file.read_text()))


def test_every_expected_file_is_that_of_a_job() -> None:
    """No expected file is left without a case."""
    found = {(file.parent.name, file.stem) for file in DATA.glob("*/*.yaml")}
    assert found == {(scheduler.value, name) for scheduler, name in SCHEDULED}


def test_every_scheduler_has_its_file() -> None:
    """Every scheduler of the vocabulary has a module that prepares jobs for it."""
    assert set(SCHEDULERS) == set(Scheduler)


@pytest.mark.parametrize("name", CASES)
def test_the_default_scheduler_changes_nothing_of_any_job(name: str) -> None:
    """For the default scheduler a job names no scheduler."""
    assert all("schedulerName" not in template["spec"] for template in templates(CASES[name].build()[-1]))


@pytest.mark.parametrize("scheduler", Scheduler)
@pytest.mark.parametrize("name", JOBS)
def test_all_pods_of_a_job_are_placed_by_one_scheduler(scheduler: Scheduler, name: str) -> None:
    """All pod templates of a job name the same scheduler."""
    placed = {template["spec"].get("schedulerName") for template in templates(SCHEDULED[scheduler, name].build()[-1])}
    assert placed == {f"{scheduler}-scheduler" if scheduler in PLACE_PODS else None}


def test_what_kueue_holds_starts_suspended_and_in_the_projects_queue() -> None:
    """For Kueue a job has the project's queue and starts suspended if the kind allows it."""
    for name in JOBS:
        job = SCHEDULED[Scheduler.KUEUE, name].build()[-1]
        assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team-a"
        assert job["spec"].get("runPolicy", {}).get("suspend", False) is (job["kind"] in ("MPIJob", "PyTorchJob"))


def test_schedulers_are_named_in_any_case_of_letters() -> None:
    """Scheduler names are read in any case of letters."""
    assert [scheduler_of(text) for text in ("kai", "KAI", "RunAI", "slurm", "")] == [
        *(Scheduler.KAI, Scheduler.KAI, Scheduler.RUNAI, None, None)
    ]
    assert SCHEDULER_LABEL == "run.ai/scheduler"
