"""What the operator may set for the resolver, as RESOLVER_<NAME>."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.process.environment import Settings
from shared.process.settings import OptionalPath


class ResolverSettings(Settings):
    """Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="RESOLVER_")

    workers: int = Field(64, ge=1)
    """Workloads that one replica resolves at the same time; they share the reads they wait for."""
    projects_by_prefix: bool = True
    """Whether every namespace `runai-<name>` is a project's. Otherwise only those are whose label `run.ai/project`
    states that name, as `runai project create` sets it: then who may create namespaces cannot make projects."""
    give_up_after: float = Field(600.0, gt=0)
    """Time after which a submission that was tried again and again fails if the cluster stays busy."""
    reserved_hosts: str = ""
    """Hosts, separated by commas, under which no workload may choose an address, such as `CREATOR_INGRESS_HOST`."""
    seal_key: OptionalPath = None
    """File with the Ed25519 private key, in PEM, that seals every decision. Without it the resolver does not become
    ready. The file is read again when it changes."""
    require_stamp: bool = True
    """Refuse workloads that Slipway's admission policies did not stamp, and wait while one of the policies or bindings
    is missing. Without them anybody can forge who submitted a workload, so turn this off only if the API server has no
    mutating admission policies and everybody who can write workloads is trusted."""
