"""What the chart sets for the job that makes credentials, as BOOTSTRAP_<NAME>."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from shared.process.environment import Settings


class BootstrapSettings(Settings):
    """For `python -m services.bootstrap.credentials`: what is made if it does not exist. Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="BOOTSTRAP_")

    namespace: str = "slipway"
    """Namespace of the services, in which Secrets are made."""
    logins: dict[str, str] = Field({})
    """Users of the bus that get a password, as JSON: the name of each Secret, and the user's name."""
    authority: str = ""
    """Name of the Secret with the authority that signs the broker's certificate; empty makes none."""
    certificate: str = ""
    """Name of the Secret with the broker's certificate; empty makes none."""
    hosts: list[str] = Field([])
    """Names and addresses of the broker that its certificate is for, as JSON."""
    seal: str = ""
    """Name of the Secret with the private key that seals decisions; empty makes none. Its public key goes to ConfigMap
    `slipway-seal-keys` in this namespace and in namespace `runai`."""
    console: str = ""
    """Name of the Secret with the key that seals sign-ins of the console; empty makes none."""
    policies: Path | None = None
    """File of policies; each is created in its namespace unless that has any policy of the kind."""
    within: float = Field(300.0, gt=0)
    """Time for which a step is tried again while API server or broker cannot be used."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.certificate and not (self.authority and self.hosts):
            raise ValueError("BOOTSTRAP_CERTIFICATE: needs BOOTSTRAP_AUTHORITY and BOOTSTRAP_HOSTS as well")
        return self
