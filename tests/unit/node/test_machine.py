"""What a machine must have for a real node."""

import os
import shutil

import pytest

from deploy.local.errors import PlatformError
from tests.node.machine import check


def test_everything_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says that root is needed, and which packages; each package is named once."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(
        shutil, "which", lambda name: None if name in ("runc", "unshare", "nsenter") else f"/bin/{name}"
    )
    with pytest.raises(PlatformError) as error:
        check()
    packages = "the programs of these packages: runc util-linux"
    assert str(error.value) == f"a real node cannot run here: it needs root and {packages}"


def test_a_machine_with_everything_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said if nothing is missing."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    check()
