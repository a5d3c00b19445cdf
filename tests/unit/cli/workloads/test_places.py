"""A workload in a namespace that is not a project is refused by every command that predicts its outcome."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cli.shell.exits import Exit, Stop
from cli.submit import dry_run
from cli.verbs import explain
from shared.names import resource_path
from tests.unit.cli.submit.submits import drafted
from tests.unit.plain_server import PlainServer

NAMESPACES = resource_path("namespaces", api_version="v1")
WORKLOAD = """\
apiVersion: run.ai/v1alpha1
kind: TrainingWorkload
metadata: {{name: w, namespace: {namespace}}}
spec: {{usage: {usage}, image: {{value: x}}}}
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> PlainServer:
    """A cluster with one project, which both commands reach."""
    made = PlainServer()
    for name in ("default", "runai", "runai-", "runai-team-a"):
        made.objects[f"{NAMESPACES}/{name}"] = {"metadata": {"name": name}}

    @asynccontextmanager
    async def connected(_: str | None) -> AsyncIterator[PlainServer]:
        yield made

    monkeypatch.setattr(explain, "cluster", connected)
    monkeypatch.setattr(dry_run, "cluster", connected)
    return made


def explained(namespace: str, folder: Path, usage: str = "Submit") -> str:
    """What `runai explain -f` reports against a workload in that namespace; empty if it accepts it."""
    file = folder / "w.yaml"
    file.write_text(WORKLOAD.format(namespace=namespace, usage=usage))
    try:
        explain.explain.main(["-f", str(file)], standalone_mode=False)
    except Stop as stop:
        assert stop.exit_code == Exit.REFUSED
        return stop.message
    return ""


@pytest.mark.parametrize("namespace", ["default", "runai", "runai-"])
def test_explain_refuses_a_workload_outside_of_projects(namespace: str, server: PlainServer, tmp_path: Path) -> None:
    """The message is the one with which a submission in that namespace fails."""
    assert explained(namespace, tmp_path) == (
        "workload w would be refused:\n"
        f"  namespace: {namespace} is not the namespace of a project; the namespaces of projects are runai-team-a"
    )


def test_explain_names_no_projects_to_a_person_who_may_not_list_them(server: PlainServer, tmp_path: Path) -> None:
    """A missing right hides the list of projects, but does not change the verdict."""
    server.forbidden = (NAMESPACES,)
    assert explained("default", tmp_path).endswith(
        "  namespace: default is not the namespace of a project; the namespaces of projects begin with runai-"
    )


def test_explain_takes_global_templates(server: PlainServer, tmp_path: Path) -> None:
    """A global template is in its common namespace, from which nothing is submitted."""
    assert explained("runai", tmp_path, "Template") == ""
    assert "is not the namespace of a project" in explained("default", tmp_path, "Template")


def test_a_dry_run_refuses_a_workload_outside_of_projects(server: PlainServer) -> None:
    """The API server admits a workload into any namespace; the dry run shows what happens to it there."""
    with pytest.raises(Stop, match="namespace: runai- is not the namespace of a project"):
        asyncio.run(dry_run.dry_run(drafted("-i ubuntu"), "", None, None))
