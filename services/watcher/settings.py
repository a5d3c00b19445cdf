"""What the operator may set for the watcher, as WATCHER_<NAME>."""

import socket
import uuid

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class WatcherSettings(BaseSettings):
    """Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="WATCHER_", frozen=True, use_attribute_docstrings=True)

    resync: float = Field(30.0, gt=0)
    """After this a workload without an outcome is told of again; the interval doubles each time."""
    resync_longest: float = Field(600.0, gt=0)
    """The longest such interval."""
    relist: float = Field(300.0, gt=1)
    """Everything is listed again this often, which finds what a watch has missed."""
    watch_idle: float = Field(90.0, gt=0)
    """A watch that says nothing for so long, bookmarks included, is dead."""
    jobs: bool = True
    """Whether RunaiJobs are watched for the runner; off where the real operator runs them."""
    lease_namespace: str = "runai"
    """Namespace of the Lease that makes one replica the active one."""
    lease_name: str = "slipway-watcher"
    """Name of that Lease."""
    lease_duration: float = Field(15.0, ge=1)
    """So long after its last sign of life another replica takes over from the active one."""
    identity: str = Field(default_factory=lambda: f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}")
    """What this replica calls itself in the Lease; by default its host and a random number."""
    tellers: int = Field(16, ge=1)
    """Messages that may be on their way to the bus at once."""
