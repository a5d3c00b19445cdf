"""A person at the command line who has no configuration."""

from pathlib import Path

import pytest

from tests.unit.cli import lines


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The home folder of a person without any configuration."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RUNAI_CONFIG", str(tmp_path / "defaults" / "config.json"))
    return tmp_path


@pytest.fixture
def beside_a_policy(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same person, in a folder with a policy in `policy.yaml`."""
    monkeypatch.chdir(nowhere)
    (nowhere / "policy.yaml").write_text(lines.POLICY)
    return nowhere
