"""What the operator may set for the status service, as STATUS_<NAME>."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.process.environment import Settings


class StatusSettings(Settings):
    """Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="STATUS_")

    workers: int = Field(32, ge=1)
    """Facts that one replica records at the same time."""
    give_up_after: float = Field(3600.0, gt=0)
    """Time after which an outcome that cannot be written is left to the watcher, which reports the workload again."""
