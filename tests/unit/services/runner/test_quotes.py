"""What the runner repeats of the API server's own words."""

from shared.errors import ForbiddenError
from tests.unit.services.runner.jobs import runaijob
from tests.unit.services.runner.server import Server
from tests.unit.services.runner.test_run import ending, told


async def test_what_the_api_server_quotes_of_a_secret_variable_is_hidden() -> None:
    """P9: a refusal that quotes a variable which is named like a secret is told without its value."""
    job = runaijob()
    variables = [{"name": "DB_PASSWORD", "value": "hunter2hunter2"}, {"name": "SEED", "value": "17"}]
    job["spec"]["template"]["spec"]["containers"][0]["env"] = [*variables, {"name": "TOKEN", "valueFrom": {}}]
    server = Server(job)
    server.refusal = ForbiddenError('webhook: "hunter2hunter2" and 17')
    assert ending(await told(server)) == ("Failed", "Forbidden", 'webhook: "(hidden)" and 17')
