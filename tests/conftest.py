"""The one option of all tests."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-data` writes what tests expect from files anew; the diff is what is reviewed."""
    parser.addoption("--update-data", action="store_true", help="write the expected files of tests/data anew")
