"""What the operator may set for the creator, as CREATOR_<NAME>."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CreatorSettings(BaseSettings):
    """Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="CREATOR_", frozen=True, use_attribute_docstrings=True)

    workers: int = Field(32, ge=1)
    """Workloads created at once by one replica."""
    give_up_after: float = Field(600.0, gt=0)
    """A world that stays busy for longer ends in Failed."""
    scheduler_name: str = ""
    """`schedulerName` of the pods; empty leaves it to the cluster."""
