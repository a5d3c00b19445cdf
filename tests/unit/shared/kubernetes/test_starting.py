"""An API server that has just started knows no roles yet: what it denies then, it may allow a moment later."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from shared.errors import RightsError, TransientError
from shared.kubernetes.api import Api

DENIAL = 'jobs.batch is forbidden: User "creator" cannot create resource "jobs"'


class Server:
    """Denies everything, and is as ready as it is told to be."""

    def __init__(self) -> None:
        self.readiness = 200
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Any call."""
        self.asked.append(request.path)
        if request.path == "/readyz":
            return web.Response(text="ok", status=self.readiness)
        return web.json_response({"message": DENIAL, "reason": "Forbidden"}, status=403)


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def api(tmp_path: Path, server: Server) -> AsyncIterator[Api]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    config = {
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{runner.addresses[0][1]}"}}],
        "users": [{"name": "here", "user": {}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
    }
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    api = await Api.connect(str(tmp_path / "config"))
    yield api
    await api.close()
    await runner.cleanup()


@pytest.mark.parametrize("readiness", [500, 403])
async def test_a_denial_of_a_server_that_is_not_ready_is_no_missing_right(
    api: Api, server: Server, readiness: int
) -> None:
    """P8: it is tried again; a service does not give a workload up because the API server was restarted."""
    server.readiness = readiness
    with pytest.raises(TransientError, match=r"has just started and knows no rights yet: .* cannot create"):
        await api.create("/apis/batch/v1/namespaces/x/jobs", {})


async def test_a_denial_of_a_server_that_is_ready_counts(api: Api, server: Server) -> None:
    """P8: a missing right ends in a final reason."""
    with pytest.raises(RightsError, match="cannot create"):
        await api.create("/apis/batch/v1/namespaces/x/jobs", {})
    assert server.asked == ["/apis/batch/v1/namespaces/x/jobs", "/readyz"]
