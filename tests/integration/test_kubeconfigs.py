"""A table of kubeconfigs and logins: kubectl and runai read each of them, and reach the same server as the same user.

Each runs in a folder of its own, with the same files; neither gets a terminal.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cli.cluster.contexts import contexts
from cli.shell.exits import Exit
from tests.integration.harness.api_servers import ApiServers
from tests.integration.harness.logins import DATA, Row, environment, kubectl, laid_out, runai, write_files

pytestmark = pytest.mark.contract

ROWS: list[Row] = yaml.safe_load((DATA / "table.yaml").read_text())


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServers]:
    """The servers that both programs ask."""
    made = ApiServers(tmp_path_factory.mktemp("servers"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def beside(servers: ApiServers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files to which kubeconfigs refer."""
    folder = tmp_path_factory.mktemp("beside")
    write_files(folder, servers.authority)
    return folder


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
async def test_kubectl_and_runai_agree(
    row: Row, servers: ApiServers, beside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Server, user, impersonation, certificates, namespace and verdict are the same, and what a login program gets."""
    theirs = await kubectl(laid_out(row, tmp_path / "kubectl", beside, servers), tmp_path / "kubectl", servers)
    filled = laid_out(row, tmp_path / "runai", beside, servers)
    ours = await runai(filled, tmp_path / "runai", servers)
    assert (theirs.code == 0) == (ours.code == 0), (theirs, ours)
    if ours.code == Exit.DONE:
        monkeypatch.chdir(tmp_path / "runai" / "work")
        namespace = _namespace(filled, tmp_path / "runai", monkeypatch)
        assert (f"{ours.seen} in {namespace}", ours.notes) == (theirs.seen, theirs.notes)
        assert theirs.seen == row["sees"], theirs
    else:
        assert ours.code in (Exit.UNREACHABLE, Exit.NOT_PERMITTED), ours
        assert (ours.seen, ours.err[:7]) == (row["sees"], "Error: "), ours


def _namespace(row: Row, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The namespace of the current context, as `list clusters` shows it."""
    for name, value in environment(row, folder).items():
        monkeypatch.setenv(name, value)
    flag = f"../{row['flag']}" if "flag" in row else None
    return next(one.namespace for one in contexts(flag) if one.current) or "default"
