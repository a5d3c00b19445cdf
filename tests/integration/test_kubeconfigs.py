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


async def test_a_renewed_login_is_kept_as_kubectl_keeps_it(servers: ApiServers, beside: Path, tmp_path: Path) -> None:
    """A provider may take each refresh token once: the next command, of either program, needs the new ones."""
    row = next(row for row in ROWS if row["name"] == "one that is over")
    kept = []
    for program in (kubectl, runai):
        folder = tmp_path / program.__name__
        filled = laid_out(row, folder, beside, servers)
        (folder / "config").chmod(0o600)
        ended = await program(filled, folder, servers)
        assert ended.code == 0, ended.err
        (user,) = yaml.safe_load((folder / "config").read_text())["users"]
        kept.append(user["user"]["auth-provider"])
        assert (folder / "config").stat().st_mode & 0o777 == 0o600
    assert kept[0] == kept[1]
    assert (kept[1]["config"]["refresh-token"], "renewed" in kept[1]["config"]["id-token"]) == ("next", True)


def _namespace(row: Row, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The namespace of the current context, as `list clusters` shows it."""
    for name, value in environment(row, folder).items():
        monkeypatch.setenv(name, value)
    flag = f"../{row['flag']}" if "flag" in row else None
    return next(one.namespace for one in contexts(flag) if one.current) or "default"
