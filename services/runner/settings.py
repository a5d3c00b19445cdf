"""What the operator may set for the runner, as RUNNER_<NAME>."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.process.environment import Settings


class RunnerSettings(Settings):
    """Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="RUNNER_")

    workers: int = Field(32, ge=1)
    """Jobs that one replica handles at the same time, not counting those that only wait for their start to be
    recorded."""
