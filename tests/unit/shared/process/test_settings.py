"""Settings that the operator may change for every service."""

import pytest

from shared.process.service import Service, main
from shared.process.settings import SharedSettings
from shared.schedulers import Scheduler


@pytest.mark.parametrize("text", ["kai", "KAI"])
def test_the_scheduler_is_one_setting_for_all(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`SLIPWAY_SCHEDULER` names the scheduler, in any case of letters."""
    monkeypatch.setenv("SLIPWAY_SCHEDULER", text)
    assert SharedSettings().scheduler is Scheduler.KAI


def test_a_variable_under_its_old_name_stops_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service never makes jobs for another scheduler because the variable was renamed."""
    monkeypatch.setenv("CREATOR_SCHEDULER", "kai")
    monkeypatch.delenv("SLIPWAY_SCHEDULER", raising=False)
    with pytest.raises(SystemExit, match=r"^creator: CREATOR_SCHEDULER is not read any more: set SLIPWAY_SCHEDULER"):
        main("creator", _never)


async def _never(settings: SharedSettings) -> Service:
    raise AssertionError(settings)
