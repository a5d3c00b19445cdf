"""Shared by all tests: one option, and settings so that no test fails because the machine is busy."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("slipway", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("slipway")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-data`, which rewrites the files of expected data for you to review as a diff."""
    parser.addoption("--update-durations", action="store_true", help="write down how long each integration test took")
    parser.addoption("--update-data", action="store_true", help="write the expected files of tests/data anew")
