"""Settings that several services have, read once from the environment."""

import re
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import SettingsConfigDict

from shared.process.environment import Settings
from shared.schedulers import Scheduler

SCHEMES: Final = ("nats", "tls", "ws", "wss")
"""How a broker can be reached."""


def _addresses(text: str) -> str:
    """Return the text if each of its addresses, separated by commas, is one of a broker; ValueError if not."""
    for number, address in enumerate(text.split(","), start=1):
        which = f"address {number} " if "," in text else ""
        try:
            url = urlsplit(address.strip())
            complete = url.scheme in SCHEMES and url.hostname and (url.port is None or url.port > 0)
        except ValueError:  # such as a port that is no number
            complete = False
        if complete and url.username is not None:
            raise ValueError(f"{which}must hold no user and no password: SLIPWAY_NATS_LOGIN names their files")
        if not complete:
            raise ValueError(f"{which}must be the address of a NATS server, such as tls://nats:4222")
    return text


OptionalPath = Annotated[Path | None, BeforeValidator(lambda given: None if given == "" else given)]
"""A path; empty text means none, and never the current folder."""


def _is_web_address(text: str | None) -> str | None:
    if text is not None and not re.match("https?://.", text):
        raise ValueError("must be an address such as http://collector:4318")
    return text


Collector = Annotated[str | None, AfterValidator(_is_web_address)]
"""Where traces are sent."""


class TracingSettings(Settings):
    """Traces, by the usual variables of OpenTelemetry. They are off unless one of the first three turns them on.

    Its other variables work as well, such as OTEL_EXPORTER_OTLP_HEADERS and OTEL_RESOURCE_ATTRIBUTES.
    """

    model_config = SettingsConfigDict(env_prefix="OTEL_", env_ignore_empty=True)

    exporter_otlp_endpoint: Collector = None
    """Address of the collector, such as `http://collector:4318`; `/v1/traces` is added to it. Turns traces on."""
    exporter_otlp_traces_endpoint: Collector = None
    """The same as a whole address, to which nothing is added. Turns traces on."""
    traces_exporter: Literal["otlp", "none"] | None = None
    """`otlp` turns traces on, also if no address is set (then `http://localhost:4318`); `none` turns them off."""
    sdk_disabled: bool = False
    """Turns traces off, whatever else is set."""
    exporter_otlp_protocol: Literal["http/protobuf"] = "http/protobuf"
    """How traces are sent. There is one way."""
    exporter_otlp_traces_protocol: Literal["http/protobuf"] = "http/protobuf"
    """The same."""
    traces_sampler: Literal[
        "always_on",
        "always_off",
        "traceidratio",
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
    ] = "parentbased_always_on"
    """Which submissions are traced. Give all services the same; with parentbased ones, the watcher decides for all."""
    traces_sampler_arg: float | None = Field(None, ge=0, le=1)
    """The share of submissions that the samplers with a ratio trace."""

    @property
    def on(self) -> bool:
        """Return whether traces are to be recorded."""
        if self.sdk_disabled or self.traces_exporter == "none":
            return False
        return bool(self.traces_exporter or self.exporter_otlp_endpoint or self.exporter_otlp_traces_endpoint)


class SharedSettings(Settings):
    """What the operator may set for any service, as `SLIPWAY_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="SLIPWAY_")

    nats_url: Annotated[str, AfterValidator(_addresses)] = "nats://127.0.0.1:4222"
    """Address of the broker; separate several by commas."""
    nats_login: OptionalPath = None
    """Folder of the files `username` and `password` that identify this service to the broker, such as a mounted Secret
    of type kubernetes.io/basic-auth. It connects anew once they change."""
    nats_ca: OptionalPath = None
    """File of the authority that signs the broker's certificate. The connection begins with TLS, so the broker needs
    `handshake_first: true`. An address `tls://...` without this file trusts what the system trusts."""
    kubeconfig: str | None = None
    """Path of the kubeconfig; defaults to KUBECONFIG, then ~/.kube/config, then the pod's service account."""
    http_port: int = Field(8080, ge=0, le=65535)
    """Port of /livez, /readyz and /metrics; 0 lets the system choose."""
    http_host: str = "0.0.0.0"  # noqa: S104 - probes and Prometheus come from other hosts
    """Address on which that port listens."""
    declare_stream: bool = False
    """Create the stream if it is missing. Of the services, only the watcher has the right to; leave it off where
    `python -m services.bootstrap` or the operator creates the stream."""
    declare_consumers: bool = True
    """Create the consumers by which this service reads if they are missing, and give them its own settings. Turn it off
    if `python -m services.bootstrap` or the operator creates them."""
    stream_replicas: int = Field(1, ge=1, le=5)
    """Servers of the broker's cluster that each keep a copy of the stream; counts when this process creates it."""
    log_format: Literal["auto", "json", "console"] = "auto"
    """Log format: `json` for one JSON object per line, `console` for text that people read, `auto` for text if the log
    goes to a terminal and JSON otherwise, as in a pod."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest level that is logged."""
    api_timeout: float = Field(10.0, gt=0)
    """Seconds after which a call of the API server fails."""
    ack_wait: float = Field(30.0, gt=0)
    """Seconds after which an unconfirmed message is delivered again; a working handler renews it."""
    drain_timeout: float = Field(15.0, gt=0)
    """Seconds that work in progress may take to finish after SIGTERM."""
    scheduler: Scheduler = Scheduler.DEFAULT
    """Scheduler that jobs are made for: default (the cluster's own), kai, kueue or runai. A project has another one
    if the label `run.ai/scheduler` of its namespace names it. Give the resolver and the creator the same: the resolver
    refuses parts of a GPU if the scheduler cannot share one, and the creator makes the jobs."""
