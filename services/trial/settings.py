"""What the chart sets for the trial, as TRIAL_<NAME>."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.process.environment import Settings


class TrialSettings(Settings):
    """For `python -m services.trial`, which `helm test` runs. Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="TRIAL_")

    namespace: str
    """Namespace of the project in which it submits."""
    manifests: Path
    """Folder of the workloads that it submits, as `*.yaml`; templates first. Their names get a random ending."""
    within: float = Field(120.0, gt=0)
    """Time for the outcome of each workload."""
