"""What the operator may set for the creator, as CREATOR_<NAME>."""

from dataclasses import fields

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.outputs.site import PLAIN, Site
from shared.parameters.types import Quantity
from shared.process.environment import Settings
from shared.process.settings import OptionalPath


class CreatorSettings(Settings):
    """Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="CREATOR_")

    workers: int = Field(32, ge=1)
    """Workloads that one replica creates at the same time."""
    give_up_after: float = Field(600.0, gt=0)
    """Time after which a submission that was tried again and again fails if the cluster stays busy."""
    seal_keys: OptionalPath = None
    """Folder of the Ed25519 public keys, one `*.pem` file each, whose seals on decisions count; several while a key is
    replaced. Without any the creator does not become ready. The files are read again when they change."""
    unsealed_claims: bool = False
    """Go on with claims that have no seal. Turn it on only while submissions that a version without seals began are
    unfinished: anyone who may create ConfigMaps can make such a claim."""
    ingress_class: str = PLAIN.ingress_class
    """Class of Ingresses; empty for the cluster's default."""
    ingress_host: str = PLAIN.ingress_host
    """Host of Ingresses; empty means any."""
    node_pool_label: str = PLAIN.node_pool_label
    """Label of nodes that names their pool."""
    git_sync_image: str = PLAIN.git_sync_image
    """Image that clones git repositories."""
    s3_image: str = PLAIN.s3_image
    """Image that copies from object storage."""
    tensorboard_image: str = PLAIN.tensorboard_image
    """Image that runs TensorBoard."""
    tensorboard_cpu: Quantity = Quantity(PLAIN.tensorboard_cpu)
    """CPU that TensorBoard gets if its workload sets `cpu` or `cpuLimit`."""
    tensorboard_memory: Quantity = Quantity(PLAIN.tensorboard_memory)
    """Memory that TensorBoard gets if its workload sets `memory` or `memoryLimit`."""
    shared_memory: Quantity = Quantity(PLAIN.shared_memory)
    """Largest size of `/dev/shm` with `largeShm` if the workload states no `memoryLimit`."""

    @property
    def site(self) -> Site:
        """Return the settings that are the same for every submission, in the form that the outputs take."""
        return Site(**{field.name: getattr(self, field.name) for field in fields(Site)})
