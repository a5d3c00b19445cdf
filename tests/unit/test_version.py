"""One version is stated everywhere."""

import re
import tomllib
from importlib.metadata import version

from generate.files import ROOT

RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", re.MULTILINE)


def test_the_newest_entry_of_the_changelog_is_the_version_of_the_package() -> None:
    """What `runai version` prints can be looked up in the changelog."""
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert [stated, version("slipway")] == [stated] * 2
    assert RELEASE.findall((ROOT / "CHANGELOG.md").read_text())[0] == stated
