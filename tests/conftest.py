"""What all tests share: one option, and no test that fails because a machine is busy."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("slipway", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("slipway")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-data` writes what tests expect from files anew; the diff is what is reviewed."""
    parser.addoption("--update-durations", action="store_true", help="write down how long each integration test took")
    parser.addoption("--update-data", action="store_true", help="write the expected files of tests/data anew")
