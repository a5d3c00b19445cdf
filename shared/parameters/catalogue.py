"""Every parameter of a workload, in the order in which the form shows them.

A field's docstring is its help, its hint in the form and its `kubectl explain`; its default is the built-in one, which
applies if neither policy, base nor workload gives a value. `derive` derives everything else from the catalogue.
"""

from typing import Annotated, Final

from pydantic import BaseModel, Field

from shared.parameters.confidential import EnvironmentValue, SecretName, Token
from shared.parameters.placement import (
    Capability,
    ExposedUrl,
    ExtendedResource,
    GroupList,
    LabelText,
    MigProfile,
    NodePools,
    Toleration,
    WholeQuantity,
)
from shared.parameters.scaling import (
    AutoscalerClass,
    JobType,
    MetricName,
    MpiJob,
    PyTorchJob,
    RunPolicy,
    ScalingMetric,
    SchedulingRule,
    Workers,
)
from shared.parameters.shown import Either, Follows, Rank, Shown, State, Suggests, When
from shared.parameters.storage import (
    Claim,
    ConfigMapVolume,
    EmptyDirectory,
    ObjectStore,
    Repository,
    ResourceText,
    SecretVolume,
)
from shared.parameters.types import (
    CLOSED,
    AbsolutePath,
    AnnotationValue,
    Boolean,
    Cores,
    Count,
    Duration,
    EnvironmentName,
    Gpus,
    Image,
    ItemLabel,
    JobName,
    LabelKey,
    LabelValue,
    Line,
    PortMapping,
    PositiveCount,
    PullPolicy,
    Quantity,
    ServiceType,
    TargetPath,
    Usage,
    Volume,
    Words,
)

PART_OF_GPU: Final = Either(
    "a fraction of a GPU, or gpuMemory", When("gpu", State.FRACTION), When("gpuMemory", State.SOME)
)
EXCLUSIVE: Final = (
    ("name", "namePrefix"),
    ("gpu", "gpuMemory", "migProfile"),
    ("nodePool", "nodePools"),
)
"""Parameters that exclude each other. The stronger source decides which one applies; one source may not state both."""


class Values(BaseModel):
    """A set of values: closed and frozen, camelCase outside."""

    model_config = CLOSED


class Controls(Values):
    """What drives the processing of a workload and is itself no value: no policy governs it."""

    usage: Annotated[
        Usage,
        Shown(
            "Workload", title="Usage", example="Template", becomes="nothing: it drives the processing", wrapped=False
        ),
    ] = Usage.SUBMIT
    """What the workload is for: Submit runs a job with its values, once; Template keeps them as defaults for other
    workloads. It cannot be changed."""
    base_workload: Annotated[
        ResourceText | None,
        Shown(
            "Workload",
            "--workload",
            "--template",
            title="Base workload",
            rank=Rank.BASIC,
            suggests=Suggests.WORKLOADS,
            only_with=When("usage", Usage.SUBMIT),
            example="team-a-jupyter-defaults",
            becomes="the defaults of this workload",
            wrapped=False,
        ),
    ] = None
    """Name of a workload of the same kind, in the same project or among the global ones, whose values are the defaults
    of this one."""


class CommonValues(Values):
    """Parameters of every kind of workload, in the order the form shows them."""

    username: Annotated[
        Line | None, Shown("Workload", "--user", "-u", title="User", example="jane", becomes="label user of the pods")
    ] = None
    """User shown as the job's owner; defaults to the submitting user. For display only: it grants no rights."""
    name: Annotated[
        JobName | None,
        Shown(
            "Workload",
            "--name",
            title="Name",
            rank=Rank.BASIC,
            example="my-job",
            becomes="name of the job and of everything created for it",
        ),
    ] = None
    """Name of the job, of no more than 50 characters."""
    name_prefix: Annotated[
        JobName | None,
        Shown(
            "Workload",
            "--job-name-prefix",
            title="Name prefix",
            rank=Rank.BASIC,
            example="jupyter",
            becomes="name of the job: the prefix, '-' and the next free number from 1",
            aliases=("jobNamePrefix",),
        ),
    ] = None
    """Prefix of the job's name, completed by the next free number: jupyter gives jupyter-1. No more than 43
    characters."""

    image: Annotated[
        Image | None,
        Shown(
            "Container",
            "--image",
            "-i",
            title="Image",
            rank=Rank.BASIC,
            suggests=Suggests.IMAGES,
            required=True,
            follows=Follows("jupyter", "jupyter/scipy-notebook"),
            example="jupyter/scipy-notebook",
            becomes="image of the container",
        ),
    ] = None
    """Image that the container runs."""
    image_pull_policy: Annotated[
        PullPolicy,
        Shown(
            "Container",
            "--image-pull-policy",
            title="Image pull policy",
            example="IfNotPresent",
            becomes="imagePullPolicy of the container",
        ),
    ] = PullPolicy.ALWAYS
    """When the image is pulled: Always, IfNotPresent or Never, in upper or lower case."""
    image_pull_secrets: Annotated[
        dict[ItemLabel, SecretName],
        Shown(
            "Container",
            "--image-pull-secret",
            title="Image pull secrets",
            headings=("Label", "Secret"),
            example="{registry: {value: my-registry}}",
            becomes="imagePullSecrets of the pods",
        ),
    ] = {}
    """Secrets with which the image is pulled, by label. You need the right to read them."""
    command: Annotated[
        Words | None,
        Shown(
            "Container", title="Command", rank=Rank.BASIC, example="sleep infinity", becomes="command of the container"
        ),
    ] = None
    """Command that replaces the image's entry point, split into words as a POSIX shell does."""
    arguments: Annotated[
        Words | None,
        Shown(
            "Container", title="Arguments", rank=Rank.BASIC, example='"--epochs 10"', becomes="args of the container"
        ),
    ] = None
    """Arguments of the command, or of the image's entry point, split into words as a POSIX shell does."""
    environment: Annotated[
        dict[EnvironmentName, EnvironmentValue],
        Shown(
            "Container",
            "--environment",
            "-e",
            title="Environment variables",
            rank=Rank.BASIC,
            headings=("Name", "Value"),
            example='{BATCH_SIZE: {value: "50"}}',
            becomes="env of the container; a value SECRET:<name>,<key> becomes a secretKeyRef",
        ),
    ] = {}
    """Environment variables, by name. The value SECRET:<name>,<key> takes it from that key of that Secret. $(NAME) in a
    value is replaced by that variable."""
    labels: Annotated[
        dict[LabelKey, LabelValue],
        Shown(
            "Container",
            "--label",
            "-l",
            title="Labels",
            headings=("Key", "Value"),
            example="{team: {value: vision}}",
            becomes="labels of the pods",
        ),
    ] = {}
    """Labels of the job's pods, by key. A key with a domain is refused unless the policy lists it."""
    annotations: Annotated[
        dict[LabelKey, AnnotationValue],
        Shown(
            "Container",
            "--annotation",
            "-a",
            title="Annotations",
            headings=("Key", "Value"),
            example='{note: {value: "a first try"}}',
            becomes="annotations of the pods",
        ),
    ] = {}
    """Annotations of the job's pods, by key; no more than 240 KiB in total. A key with a domain is refused unless the
    policy lists it."""
    working_dir: Annotated[
        AbsolutePath | None,
        Shown(
            "Container",
            "--working-dir",
            title="Working directory",
            example="/workspace",
            becomes="workingDir of the container",
        ),
    ] = None
    """Directory in which the container starts; defaults to the image's own."""
    stdin: Annotated[
        Boolean, Shown("Container", "--stdin", title="Standard input", example="true", becomes="stdin of the container")
    ] = False
    """Whether standard input stays open, so that you can attach to the container."""
    tty: Annotated[
        Boolean,
        Shown(
            "Container",
            "--tty",
            "-t",
            title="Terminal",
            only_with=When("stdin"),
            example="true",
            becomes="tty of the container",
        ),
    ] = False
    """Whether the container gets a terminal."""

    capabilities: Annotated[
        dict[ItemLabel, Capability],
        Shown(
            "Container",
            "--add-capability",
            title="Linux capabilities",
            headings=("Label", "Capability"),
            example="{NET_ADMIN: {value: NET_ADMIN}}",
            becomes="capabilities.add of the container's securityContext",
        ),
    ] = {}
    """Linux capabilities added to those of the container runtime, such as NET_ADMIN; the value may be left out if the
    label names the capability. Refused unless the policy grants it."""

    gpu: Annotated[
        Gpus | None,
        Shown(
            "Resources",
            "--gpu",
            "-g",
            unit="GPUs",
            title="GPUs",
            rank=Rank.BASIC,
            example='"1"',
            aliases=("gpuDevices",),
            becomes="limit nvidia.com/gpu of the container; a fraction becomes annotation gpu-fraction of the pods",
        ),
    ] = None
    """GPUs to allocate: a whole number, or a fraction of one GPU such as 0.5."""
    gpu_memory: Annotated[
        Quantity | None,
        Shown(
            "Resources",
            "--gpu-memory",
            unit="bytes",
            title="GPU memory",
            example="20G",
            becomes="annotation gpu-memory of the pods, in MiB",
        ),
    ] = None
    """Memory of a GPU to allocate."""
    gpu_limit: Annotated[
        Quantity | None,
        Shown(
            "Resources",
            unit="bytes",
            title="GPU memory limit",
            only_with=PART_OF_GPU,
            example="40G",
            becomes="annotation run.ai/gpu-memory-limit of the pods, in MiB, for a scheduler that enforces it",
        ),
    ] = None
    """Memory of a shared GPU that the container may use at most, while nobody else needs it. No less than
    gpuMemory."""
    mig_profile: Annotated[
        MigProfile | None,
        Shown(
            "Resources",
            "--mig-profile",
            title="MIG profile",
            example="1g.5gb",
            becomes="limit nvidia.com/mig-<profile> of the container: one such part",
        ),
    ] = None
    """Part of a GPU that is split by hardware."""
    cpu: Annotated[
        Cores | None,
        Shown(
            "Resources",
            "--cpu",
            unit="cores",
            title="CPU",
            rank=Rank.BASIC,
            example='"0.5"',
            becomes="request cpu of the container",
        ),
    ] = None
    """CPU cores to allocate, as a number or a quantity: 500m is half a core."""
    cpu_limit: Annotated[
        Cores | None,
        Shown(
            "Resources",
            "--cpu-limit",
            unit="cores",
            title="CPU limit",
            example='"2"',
            becomes="limit cpu of the container",
        ),
    ] = None
    """Maximum of CPU cores that the container can use."""
    memory: Annotated[
        Quantity | None,
        Shown(
            "Resources",
            "--memory",
            unit="bytes",
            title="Memory",
            rank=Rank.BASIC,
            example="1G",
            becomes="request memory of the container",
        ),
    ] = None
    """Memory to allocate."""
    memory_limit: Annotated[
        Quantity | None,
        Shown(
            "Resources",
            "--memory-limit",
            unit="bytes",
            title="Memory limit",
            example="4Gi",
            becomes="limit memory of the container",
        ),
    ] = None
    """Maximum of memory that the container can use."""
    extended_resources: Annotated[
        dict[ExtendedResource, WholeQuantity],
        Shown(
            "Resources",
            "--extended-resource",
            title="Extended resources",
            headings=("Resource", "Amount"),
            example='{example.com/fpga: {value: "1"}}',
            becomes="request and limit of that name of the container",
        ),
    ] = {}
    """Other resources of nodes, by name, and how many of each. Refused unless the policy grants it."""
    large_shm: Annotated[
        Boolean,
        Shown(
            "Resources",
            "--large-shm",
            title="Large shared memory",
            example="true",
            becomes="a volume in memory, mounted at /dev/shm, as large as the memory limit",
        ),
    ] = False
    """Whether /dev/shm can use all of the memory of memoryLimit, instead of 64 MB; without one, 16Gi or what the
    operator sets."""

    volumes: Annotated[
        dict[ItemLabel, Volume],
        Shown(
            "Storage",
            "--volume",
            "-v",
            title="Volumes",
            rank=Rank.BASIC,
            example="{data: {value: {sourcePath: /mnt/data, targetPath: /data, readOnly: true}}}",
            becomes="volumes of the pods (hostPath or nfs) and volumeMounts of the container",
        ),
    ] = {}
    """Directories of the node, or of an NFS server, mounted into the container, by label. Refused unless the policy
    grants it."""
    pvcs: Annotated[
        dict[ItemLabel, Claim],
        Shown(
            "Storage",
            "--pvc",
            "--pvc-exists",
            "--pvc-new",
            title="Storage claims",
            rank=Rank.BASIC,
            example="{scratch: {value: {size: 10Gi, path: /scratch}}}",
            becomes="volumes of the pods and volumeMounts of the container; a new one the PersistentVolumeClaim "
            "pvc-<job>-<i>, an ephemeral one a claim of each pod",
        ),
    ] = {}
    """Persistent volume claims mounted into the container, by label: existing and new ones."""
    empty_dir_volumes: Annotated[
        dict[ItemLabel, EmptyDirectory],
        Shown(
            "Storage",
            "--empty-dir-volume",
            title="Empty directories",
            example="{scratch: {value: {path: /scratch, size: 10Gi}}}",
            becomes="emptyDir volumes of the pods and volumeMounts of the container",
        ),
    ] = {}
    """Empty directories mounted into the container, by label; their content is lost with the pod."""
    config_map_volumes: Annotated[
        dict[ItemLabel, ConfigMapVolume],
        Shown(
            "Storage",
            "--configmap-map-volume",
            title="ConfigMaps",
            example="{settings: {value: {name: settings, path: /settings}}}",
            becomes="configMap volumes of the pods and volumeMounts of the container",
        ),
    ] = {}
    """ConfigMaps mounted into the container, by label."""
    secret_volumes: Annotated[
        dict[ItemLabel, SecretVolume],
        Shown(
            "Storage",
            "--secret-volume",
            title="Secrets",
            example="{keys: {value: {name: my-keys, path: /keys}}}",
            becomes="secret volumes of the pods and volumeMounts of the container",
        ),
    ] = {}
    """Secrets mounted into the container, by label. You need the right to read them."""
    git_sync: Annotated[
        dict[ItemLabel, Repository],
        Shown(
            "Storage",
            "--git-sync",
            title="Git repositories",
            rank=Rank.BASIC,
            example="{code: {value: {source: 'https://github.com/team/project.git', branch: main, target: /code}}}",
            becomes="an init container that clones with git-sync, and a volume mounted into the container",
        ),
    ] = {}
    """Git repositories cloned before the container starts, by label."""
    s3: Annotated[
        dict[ItemLabel, ObjectStore],
        Shown(
            "Storage",
            "--s3",
            title="S3 buckets",
            example="{data: {value: {bucket: images, key: 'SECRET:store,key', secret: 'SECRET:store,secret', "
            "target: /data}}}",
            becomes="an init container that copies with rclone, and a volume mounted into the container",
        ),
    ] = {}
    """Object storage buckets copied before the container starts, by label."""
    mount_propagation: Annotated[
        Boolean,
        Shown(
            "Storage",
            "--mount-propagation",
            title="Mount propagation",
            example="true",
            becomes="mountPropagation HostToContainer of the container's volumeMounts",
        ),
    ] = False
    """Whether the container sees mounts that are added below its volumes while it runs."""

    ports: Annotated[
        dict[ItemLabel, PortMapping],
        Shown(
            "Network",
            "--port",
            title="Ports",
            rank=Rank.BASIC,
            not_with=("mpi",),
            example="{web: {value: {container: 8080, external: 30080}}}",
            becomes="ports of the container, and of the Service named as the job",
        ),
    ] = {}
    """Ports exposed from the container, by label."""
    service_type: Annotated[
        ServiceType | None,
        Shown(
            "Network",
            "--service-type",
            "-s",
            title="Service type",
            rank=Rank.BASIC,
            not_with=("mpi",),
            idle=("portforward", "clusterip"),
            example="nodeport",
            becomes="type of the Service named as the job",
        ),
    ] = None
    """How the ports are reached: portforward, loadbalancer, nodeport, clusterip or ingress, in upper or lower case. By
    default, inside the cluster only. Without ports, portforward and clusterip have no effect; the others are refused.
    loadbalancer and nodeport are refused unless the policy grants them."""
    exposed_urls: Annotated[
        dict[ItemLabel, ExposedUrl],
        Shown(
            "Network",
            "--external-url",
            title="Exposed URLs",
            not_with=("mpi",),
            example="{notes: {value: {container: 8080}}}",
            becomes="a port of the Service named as the job, and a path of the Ingress named as the job",
        ),
    ] = {}
    """Ports of the container reached over HTTP from outside the cluster, by label. A custom address is refused unless
    the policy grants it."""
    ingress_url: Annotated[
        Line | None,
        Shown(
            "Internal",
            title="Ingress URL",
            rank=Rank.RARE,
            example="/team-a/job-1",
            becomes="nothing: the path is always /<project>/<job>",
        ),
    ] = None
    """Path under which an Ingress reaches the job. Set by the system: any value has no effect."""
    host_ipc: Annotated[
        Boolean, Shown("Network", "--host-ipc", title="Host IPC", example="true", becomes="hostIPC of the pods")
    ] = False
    """Whether the job uses the node's IPC namespace. Refused unless the policy grants it."""
    host_network: Annotated[
        Boolean,
        Shown("Network", "--host-network", title="Host network", example="true", becomes="hostNetwork of the pods"),
    ] = False
    """Whether the job uses the node's network. Refused unless the policy grants it."""

    run_as_user: Annotated[
        Boolean,
        Shown("Access", "--run-as-user", title="Run as user", example="true", becomes="securityContext of the pods"),
    ] = False
    """Whether the container runs as the user of runAsUid, instead of the image's user."""
    run_as_uid: Annotated[
        Count | None,
        Shown(
            "Access",
            "--run-as-uid",
            title="UID",
            only_with=When("runAsUser"),
            required_with=When("runAsUser"),
            example="1000",
            becomes="runAsUser of the pods' securityContext",
        ),
    ] = None
    """Number of the user that the container runs as."""
    run_as_gid: Annotated[
        Count | None,
        Shown(
            "Access",
            "--run-as-gid",
            title="GID",
            only_with=When("runAsUser"),
            example="1000",
            becomes="runAsGroup and fsGroup of the pods' securityContext",
        ),
    ] = None
    """Number of the group that the container runs as."""
    supplemental_groups: Annotated[
        GroupList | None,
        Shown(
            "Access",
            "--supplemental-groups",
            title="Supplemental groups",
            only_with=When("runAsUser"),
            example='"100;2000"',
            becomes="supplementalGroups of the pods' securityContext",
        ),
    ] = None
    """Numbers of further groups of that user, separated by ';' or ','."""
    create_home_dir: Annotated[
        Boolean,
        Shown(
            "Access",
            "--create-home-dir",
            title="Home directory",
            follows=Follows("runAsUser", True),
            example="true",
            becomes="an empty volume at /home/runai-home, and the container's variable HOME",
        ),
    ] = False
    """Whether the container gets an empty home directory, whose content is lost with the pod."""

    node_type: Annotated[
        LabelText | None,
        Shown(
            "Scheduling",
            "--node-type",
            title="Node type",
            suggests=Suggests.NODE_TYPES,
            example="dgx",
            becomes="nodeSelector run.ai/type of the pods",
        ),
    ] = None
    """Type of the nodes on which the job may run, by their label run.ai/type."""
    node_pool: Annotated[
        LabelText | None,
        Shown(
            "Scheduling",
            "--node-pool",
            title="Node pool",
            rank=Rank.RARE,
            suggests=Suggests.NODE_POOLS,
            example="a100",
            becomes="affinity of the pods to nodes, as nodePools",
        ),
    ] = None
    """Node pool that the job runs in. Deprecated: use nodePools."""
    node_pools: Annotated[
        NodePools | None,
        Shown(
            "Scheduling",
            "--node-pools",
            title="Node pools",
            suggests=Suggests.NODE_POOLS,
            example="a100 v100",
            becomes="affinity of the pods to nodes with label runai/node-pool; pool default: those without",
        ),
    ] = None
    """Node pools in which the job may run, in order of preference. By default, the scheduler decides."""
    tolerations: Annotated[
        dict[ItemLabel, Toleration],
        Shown(
            "Scheduling",
            "--toleration",
            title="Tolerations",
            example="{spot: {value: {operator: Equal, key: spot, value: 'true', effect: NoSchedule}}}",
            becomes="tolerations of the pods",
        ),
    ] = {}
    """Node taints that the job's pods tolerate, by label. A taint of Kubernetes itself is refused unless the policy
    grants it."""


class PrivilegedValues(CommonValues):
    """Parameters of every kind but inference."""

    allow_privilege_escalation: Annotated[
        Boolean,
        Shown(
            "Access",
            "--allow-privilege-escalation",
            title="Privilege escalation",
            example="true",
            becomes="allowPrivilegeEscalation of the container's securityContext",
        ),
    ] = False
    """Whether a process of the container may gain more privileges than its parent. Refused unless the policy
    grants it."""


class SingleValues(PrivilegedValues):
    """Parameters of interactive and training workloads: a job of one container, or an MPI job instead."""

    mpi: Annotated[
        Boolean, Shown("Distribution", title="MPI", example="true", becomes="an MPIJob instead of the RunaiJob")
    ] = False
    """Whether the job is an MPI job: a launcher, and workers in which it starts processes."""
    processes: Annotated[
        Workers,
        Shown(
            "Distribution",
            "--processes",
            unit="pods",
            title="MPI workers",
            only_with=When("mpi"),
            example="2",
            becomes="replicas of the MPIJob's workers",
        ),
    ] = 1
    """How many workers an MPI job has."""
    slots_per_worker: Annotated[
        PositiveCount,
        Shown(
            "Distribution",
            title="Slots per worker",
            only_with=When("mpi"),
            example="2",
            becomes="slotsPerWorker of the MPIJob",
        ),
    ] = 1
    """How many processes mpirun may start in each worker."""


class InteractiveValues(SingleValues):
    """Parameters of interactive workloads."""

    jupyter: Annotated[
        Boolean,
        Shown(
            "Tools",
            "--jupyter",
            title="Jupyter notebook",
            rank=Rank.BASIC,
            not_with=("mpi",),
            example="true",
            becomes="the Service <job>-jupyter, at port 8888",
        ),
    ] = False
    """Whether the container runs a Jupyter notebook, served at port 8888."""
    notebook_token: Annotated[
        Token | None,
        Shown(
            "Tools",
            title="Notebook token",
            only_with=When("jupyter"),
            example="SECRET:my-notebook,token",
            becomes="variable JUPYTER_TOKEN of the container",
        ),
    ] = None
    """Token that the notebook asks for, best kept in a Secret: SECRET:<name>,<key>. Left out, the notebook makes one
    and tells it in its log."""
    tensorboard: Annotated[
        Boolean,
        Shown(
            "Tools",
            title="TensorBoard",
            not_with=("mpi",),
            example="true",
            becomes="a second container that runs TensorBoard, and the Service <job>-tensorboard at port 6006",
        ),
    ] = False
    """Whether TensorBoard runs beside the container, served at port 6006 inside the cluster: it has no login."""
    tensorboard_logdir: Annotated[
        TargetPath | None,
        Shown(
            "Tools",
            title="TensorBoard log directory",
            only_with=When("tensorboard"),
            follows=Follows("tensorboard", "/logs"),
            example="/logs",
            becomes="--logdir of TensorBoard, and an empty volume there where no other volume holds it",
        ),
    ] = None
    """Directory that TensorBoard reads."""
    preemptible: Annotated[
        Boolean,
        Shown(
            "Scheduling",
            "--preemptible",
            title="Preemptible",
            example="true",
            becomes="priority class of a job that can be preempted",
        ),
    ] = False
    """Whether the job may lose its resources to others without notice."""


class TrainingValues(SingleValues):
    """Parameters of training workloads."""

    backoff_limit: Annotated[
        Count,
        Shown(
            "Lifecycle",
            "--backoff-limit",
            unit="retries",
            title="Backoff limit",
            example="6",
            becomes="backoffLimit of the RunaiJob",
        ),
    ] = 6
    """How many times failed pods are retried before the job fails."""
    completions: Annotated[
        PositiveCount,
        Shown(
            "Lifecycle",
            "--completions",
            unit="pods",
            title="Completions",
            rank=Rank.BASIC,
            not_with=("mpi",),
            example="10",
            becomes="completions of the RunaiJob",
        ),
    ] = 1
    """How many pods must succeed for the job to complete."""
    parallelism: Annotated[
        PositiveCount,
        Shown(
            "Lifecycle",
            "--parallelism",
            unit="pods",
            title="Parallelism",
            rank=Rank.BASIC,
            not_with=("mpi",),
            example="2",
            becomes="parallelism of the RunaiJob",
        ),
    ] = 1
    """How many pods may run at the same time; no more than completions."""
    ttl_after_finish: Annotated[
        Duration | None,
        Shown(
            "Lifecycle",
            "--ttl-after-finish",
            title="Time kept after finish",
            example="1h30m",
            becomes="ttlSecondsAfterFinished of the RunaiJob, in whole seconds",
        ),
    ] = None
    """How long the job's pods, and with them their logs, are kept after it finished, such as 30s, 5m or 1h30m; with 0
    they go at once. Left out, they are kept. How the job ended stays on record."""
    elastic: Annotated[
        Boolean,
        Shown(
            "Lifecycle",
            "--elastic",
            title="Elastic",
            rank=Rank.RARE,
            not_with=("mpi",),
            example="true",
            becomes="annotation elastic of the pods",
        ),
    ] = False
    """Whether the job can run with fewer GPUs than it requests. Historic: only a scheduler that supports it uses it.
    Not with a parallelism greater than 1."""


class DeploymentValues(PrivilegedValues):
    """Parameters of deployments."""

    replicas: Annotated[
        Count,
        Shown(
            "Lifecycle",
            unit="pods",
            title="Replicas",
            rank=Rank.BASIC,
            example="2",
            becomes="replicas of the Deployment",
        ),
    ] = 1
    """How many replicas run."""
    mps: Annotated[
        Boolean,
        Shown(
            "Resources",
            "--mps",
            title="NVIDIA MPS",
            only_with=PART_OF_GPU,
            example="true",
            becomes="annotation mps of the pods",
        ),
    ] = False
    """Whether processes on a shared GPU run at the same time, by NVIDIA's multi-process service."""


class InferenceValues(CommonValues):
    """Parameters of inference workloads."""

    min_scale: Annotated[
        Count | None,
        Shown(
            "Scaling",
            "--min-scale",
            unit="replicas",
            title="Minimum replicas",
            rank=Rank.BASIC,
            example="1",
            becomes="annotation autoscaling.knative.dev/min-scale of the revision",
        ),
    ] = None
    """Minimum of running replicas. 0 removes all of them while there are no requests; only with metric throughput or
    concurrency."""
    max_scale: Annotated[
        Count | None,
        Shown(
            "Scaling",
            "--max-scale",
            unit="replicas",
            title="Maximum replicas",
            rank=Rank.BASIC,
            example="4",
            becomes="annotation autoscaling.knative.dev/max-scale of the revision",
        ),
    ] = None
    """Maximum of running replicas; 0 sets no limit. No less than minScale."""
    metric: Annotated[
        ScalingMetric | None,
        Shown(
            "Scaling",
            "--metric",
            title="Metric",
            rank=Rank.BASIC,
            example="concurrency",
            becomes="annotation autoscaling.knative.dev/metric of the revision, in the autoscaler's words",
        ),
    ] = None
    """What the number of replicas follows: cpu-utilization and gpu-utilization (percent), latency (milliseconds),
    throughput (requests per second), concurrency (requests at a time) or custom, in upper or lower case."""
    metric_name: Annotated[
        MetricName | None,
        Shown(
            "Scaling",
            "--metric-name",
            title="Metric name",
            required_with=When("metric", ScalingMetric.CUSTOM),
            example="queue_length",
            becomes="annotation autoscaling.knative.dev/metric of the revision, as written",
        ),
    ] = None
    """Exact name of the metric; it counts instead of metric."""
    target: Annotated[
        PositiveCount | None,
        Shown(
            "Scaling",
            "--target",
            title="Metric target",
            rank=Rank.BASIC,
            example="10",
            becomes="annotation autoscaling.knative.dev/target of the revision",
        ),
    ] = None
    """Value of the metric, per replica, that the number of replicas is chosen for."""
    autoscaler_class: Annotated[
        AutoscalerClass | None,
        Field(alias="class"),
        Shown(
            "Scaling",
            "--class",
            title="Autoscaler",
            example="kpa.autoscaling.knative.dev",
            becomes="annotation autoscaling.knative.dev/class of the revision",
        ),
    ] = None
    """Autoscaler that counts the replicas. Left out, it follows from the metric: kpa.autoscaling.knative.dev for
    throughput and concurrency, hpa.autoscaling.knative.dev for all others."""
    is_private_service_url: Annotated[
        Boolean,
        Shown(
            "Network",
            "--private-service-url",
            title="Private URL",
            example="true",
            becomes="label networking.knative.dev/visibility: cluster-local of the Knative Service",
        ),
    ] = False
    """Whether the service is reachable from inside the cluster only."""
    mps: Annotated[
        Boolean,
        Shown(
            "Resources",
            "--mps",
            title="NVIDIA MPS",
            only_with=PART_OF_GPU,
            example="true",
            becomes="annotation mps of the pods",
        ),
    ] = False
    """Whether processes on a shared GPU run at the same time, by NVIDIA's multi-process service."""


class DistributedValues(PrivilegedValues):
    """Parameters of distributed workloads."""

    job_type: Annotated[
        JobType | None,
        Shown(
            "Distribution",
            title="Framework",
            rank=Rank.BASIC,
            required=True,
            example="PyTorch",
            becomes="a PyTorchJob or an MPIJob",
            wrapped=False,
        ),
    ] = None
    """Framework that runs the job: MPI or PyTorch, in upper or lower case."""
    workers: Annotated[
        Workers,
        Shown(
            "Distribution",
            "--workers",
            unit="pods",
            title="Workers",
            rank=Rank.BASIC,
            example="2",
            becomes="replicas of the worker pods",
        ),
    ] = 1
    """How many workers run, in addition to the launcher of an MPI job or the master of a PyTorch job. By default 1,
    and minReplicas for an elastic PyTorch job."""
    mpi_job: Annotated[
        MpiJob | None,
        Shown(
            "Distribution",
            title="MPI settings",
            only_with=When("jobType", JobType.MPI),
            example="{slotsPerWorker: 2}",
            becomes="slotsPerWorker of the MPIJob",
        ),
    ] = None
    """Settings of MPI jobs."""
    py_torch_job: Annotated[
        PyTorchJob | None,
        Shown(
            "Distribution",
            title="PyTorch settings",
            only_with=When("jobType", JobType.PYTORCH),
            example="{minReplicas: 1, maxReplicas: 4}",
            becomes="elasticPolicy of the PyTorchJob",
        ),
    ] = None
    """Settings of PyTorch jobs."""
    run_policy: Annotated[
        RunPolicy | None,
        Shown(
            "Distribution",
            title="Run policy",
            example="{cleanPodPolicy: All, backoffLimit: 3}",
            becomes="runPolicy of the job",
        ),
    ] = None
    """How long the job may run, and what is kept of it."""
    pod_affinity: Annotated[
        Boolean, Shown("Scheduling", title="Pod affinity", example="true", becomes="affinity of the pods to each other")
    ] = False
    """Whether the job's pods are placed near each other."""
    pod_affinity_scheduling_rule: Annotated[
        SchedulingRule | None,
        Shown(
            "Scheduling",
            title="Pod affinity rule",
            only_with=When("podAffinity"),
            example="hard",
            becomes="required or preferred podAffinity of the pods",
        ),
    ] = None
    """Whether they must be near each other (hard), or only if possible (soft, the default)."""
    pod_affinity_topology: Annotated[
        LabelKey | None,
        Shown(
            "Scheduling",
            title="Pod affinity topology",
            suggests=Suggests.NODE_LABELS,
            only_with=When("podAffinity"),
            required_with=When("podAffinity"),
            example="topology.kubernetes.io/zone",
            becomes="topologyKey of the pods' podAffinity",
        ),
    ] = None
    """Node label that defines which nodes are near each other: those with the same value."""
    non_preemptible: Annotated[
        Boolean,
        Shown(
            "Scheduling",
            "--non-preemptible",
            title="Non-preemptible",
            example="true",
            becomes="priority class of a job that keeps its pods",
        ),
    ] = False
    """Whether the job keeps its resources until it ends, even if others request them."""
    user_id: Annotated[
        Line | None,
        Shown(
            "Internal",
            title="User ID",
            rank=Rank.RARE,
            example="3f1c",
            becomes="nothing: the API server records the submitting user",
        ),
    ] = None
    """Subject of the user's token. Set by the system: any value has no effect and grants no rights."""
