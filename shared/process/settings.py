"""Settings that several services have, read once from the environment."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.schedulers import Scheduler


class SharedSettings(BaseSettings):
    """What the operator may set for any service, as `SLIPWAY_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="SLIPWAY_", frozen=True, use_attribute_docstrings=True)

    nats_url: str = "nats://127.0.0.1:4222"
    """Where the broker is; several addresses are separated by commas."""
    kubeconfig: str | None = None
    """File that says how to reach the API server; without it KUBECONFIG, then the pod's own account."""
    http_port: int = Field(8080, ge=0, le=65535)
    """Port of /livez, /readyz and /metrics; 0 lets the system choose."""
    http_host: str = "0.0.0.0"
    """Address on which that port listens."""
    declare_stream: bool = False
    """Make the stream where it is missing. Off in production, where it is the operator's to configure."""
    log_format: Literal["json", "console"] = "json"
    """One JSON object a line, or text for a person's eyes."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is logged."""
    api_timeout: float = Field(10.0, gt=0)
    """Seconds after which one call of the API server counts as failed."""
    ack_wait: float = Field(30.0, gt=0)
    """Seconds after which a message nobody confirmed is delivered again; a handler at work renews it."""
    drain_timeout: float = Field(15.0, gt=0)
    """Seconds that work in hand may take to finish after SIGTERM."""


class SchedulerSettings(BaseSettings):
    """The scheduler of the cluster: read by those who decide whether a job can be placed, and by those who make it."""

    model_config = SettingsConfigDict(env_prefix="CREATOR_", frozen=True, use_attribute_docstrings=True)

    scheduler: Scheduler = Scheduler.DEFAULT
    """Scheduler that jobs are made for: default (the cluster's own), kai, kueue or runai. A project has another one
    where label `run.ai/scheduler` of its namespace says so. To be given to the resolver too, which decides, and refuses
    parts of a GPU where the scheduler has none."""
