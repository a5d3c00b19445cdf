"""Settings that several services have, read once from the environment."""

from collections.abc import Mapping
from typing import Final, Literal

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
    http_host: str = "0.0.0.0"  # noqa: S104 - probes and Prometheus come from other hosts
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
    scheduler: Scheduler = Scheduler.DEFAULT
    """Scheduler that jobs are made for: default (the cluster's own), kai, kueue or runai. A project has another one
    if the label `run.ai/scheduler` of its namespace names it. Give the resolver and the creator the same: the resolver
    refuses parts of a GPU if the scheduler cannot share one, and the creator makes the jobs."""


RENAMED: Final = {"CREATOR_SCHEDULER": "SLIPWAY_SCHEDULER"}
"""Variables that have another name since a release, by the old one."""


def renamed(environment: Mapping[str, str]) -> list[str]:
    """A sentence for every variable that is set under its old name only, which would go unread."""
    return [
        f"{old} is not read any more: set {new} instead"
        for old, new in RENAMED.items()
        if old in environment and new not in environment
    ]
