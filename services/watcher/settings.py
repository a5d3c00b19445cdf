"""What the operator may set for the watcher, as WATCHER_<NAME>."""

import socket
import uuid

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.process.environment import Settings


class WatcherSettings(Settings):
    """Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="WATCHER_")

    resync: float = Field(30.0, gt=0)
    """Time after which a workload without an outcome is reported again; the interval doubles each time."""
    resync_longest: float = Field(600.0, gt=0)
    """The longest such interval."""
    delayed_after: float = Field(60.0, gt=0)
    """Time after which a workload that no service has taken up shows that it is delayed."""
    relist: float = Field(300.0, gt=1)
    """Interval at which everything is listed again, to find what a watch has missed."""
    watch_idle: float = Field(90.0, gt=0)
    """Time without any event, bookmarks included, after which a watch counts as dead."""
    jobs: bool = True
    """Whether RunaiJobs are watched for the runner; turn it off if the real operator runs them."""
    lease_namespace: str = "slipway"
    """Namespace of the Lease that makes one replica the active one: that of the services."""
    lease_name: str = "slipway-watcher"
    """Name of that Lease."""
    lease_duration: float = Field(15.0, ge=1)
    """Time after the last sign of life of the active replica at which another one takes over."""
    identity: str = Field(default_factory=lambda: f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}")
    """Name of this replica in the Lease; by default its host name and a random number."""
    tellers: int = Field(16, ge=1)
    """Messages that may be in flight to the bus at the same time."""
