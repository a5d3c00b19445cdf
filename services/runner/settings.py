"""What the operator may set for the runner, as RUNNER_<NAME>."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class RunnerSettings(BaseSettings):
    """Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="RUNNER_", frozen=True, use_attribute_docstrings=True)

    workers: int = Field(32, ge=1)
    """Jobs that one replica handles at the same time, not counting those that only wait for their start to be
    recorded."""
