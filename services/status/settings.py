"""What the operator may set for the status service, as STATUS_<NAME>."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class StatusSettings(BaseSettings):
    """Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="STATUS_", frozen=True, use_attribute_docstrings=True)

    workers: int = Field(32, ge=1)
    """Facts recorded at once by one replica."""
    give_up_after: float = Field(3600.0, gt=0)
    """An outcome that cannot be written for longer is left to the watcher, which will tell of the workload again."""
