"""`python -m services.trial`: submit the workloads of a folder, and exit with 0 if all of them are Submitted."""

import asyncio
import secrets

import yaml

from services.trial.settings import TrialSettings
from services.trial.trial import TrialError, prepared, submit
from shared.errors import SlipwayError
from shared.kubernetes.api import Api
from shared.kubernetes.fields import UnusableError
from shared.process.beginning import begin
from shared.process.settings import SharedSettings


def main() -> None:
    """Run the trial; exit with 1 and the reason if a workload is not submitted."""
    shared, settings = begin("trial", TrialSettings)
    try:
        asyncio.run(_run(shared, settings))
    except (TrialError, SlipwayError, UnusableError, OSError) as error:
        raise SystemExit(f"trial: {error}") from error


async def _run(shared: SharedSettings, settings: TrialSettings) -> None:
    manifests = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(settings.manifests.glob("*.yaml"))]
    api = await Api.connect(shared.kubeconfig, timeout=shared.api_timeout, agent="slipway-trial")
    try:
        await submit(api, prepared(manifests, settings.namespace, secrets.token_hex(3)), settings.within)
    finally:
        await api.close()


if __name__ == "__main__":
    main()
