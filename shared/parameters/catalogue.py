"""Every parameter of a workload, once, in the order the form shows it.

A field's docstring is its help, its hint in the form and its `kubectl explain`; its default is the built-in one, which
counts where neither policy, base nor workload gives a value. Everything else follows from here: see `derive`.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.parameters.confidential import EnvironmentValue, Token
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
from shared.parameters.storage import Claim, ObjectStore, Repository, ResourceText
from shared.parameters.types import (
    AbsolutePath,
    AnnotationValue,
    Boolean,
    Count,
    DecimalText,
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


@dataclass(frozen=True, slots=True)
class Shown:
    """How people meet a parameter: where the form shows it, its flags, and how it is written."""

    section: str
    flags: tuple[str, ...]
    unit: str
    example: str
    aliases: tuple[str, ...]
    becomes: str
    wrapped: bool

    def __init__(
        self,
        section: str,
        *flags: str,
        example: str,
        becomes: str,
        unit: str = "",
        aliases: tuple[str, ...] = (),
        wrapped: bool = True,
    ) -> None:
        """`example` is YAML of the value, or of one item; `becomes` says what it turns into in the resources created.

        `aliases` are other names of the same parameter; `wrapped` is False for what stands in the spec without `value`.
        """
        named = {"section": section, "flags": flags, "unit": unit, "example": example, "becomes": becomes}
        for name, value in {**named, "aliases": aliases, "wrapped": wrapped}.items():
            object.__setattr__(self, name, value)


class Values(BaseModel):
    """A set of values: closed and frozen, camelCase outside."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, use_attribute_docstrings=True
    )


class Controls(Values):
    """What drives the processing of a workload and is itself no value: no policy governs it."""

    usage: Annotated[
        Usage, Shown("Workload", example="Template", becomes="nothing: it drives the processing", wrapped=False)
    ] = Usage.SUBMIT
    """What the workload is for: Submit runs a job with its values, once; Template keeps them as defaults for other
    workloads. It cannot be changed."""
    base_workload: Annotated[
        ResourceText | None,
        Shown(
            "Workload",
            "--workload",
            "--template",
            example="team-a-jupyter-defaults",
            becomes="the defaults of this workload",
            wrapped=False,
        ),
    ] = None
    """Name of a workload of the same kind, in the same project or among the global ones, whose values are the defaults
    of this one. Only for usage Submit."""


class CommonValues(Values):
    """Parameters of every kind of workload, in the order the form shows them."""

    username: Annotated[
        Line | None, Shown("Workload", "--user", "-u", example="jane", becomes="label user of the pods")
    ] = None
    """User whom the job is shown for; the submitting user where left out. For display only: it grants nothing."""
    name: Annotated[
        JobName | None, Shown("Workload", "--name", example="my-job", becomes="name of the job and of all it needs")
    ] = None
    """Name of the job, of no more than 50 characters. Not together with a prefix."""
    name_prefix: Annotated[
        JobName | None,
        Shown(
            "Workload",
            "--job-name-prefix",
            example="jupyter",
            becomes="name of the job: the prefix, '-' and the next free number from 1",
            aliases=("jobNamePrefix",),
        ),
    ] = None
    """Prefix of the job's name, which the next free number completes: jupyter gives jupyter-1. No more than 43
    characters; not together with a name."""

    image: Annotated[
        Image | None,
        Shown("Container", "--image", "-i", example="jupyter/scipy-notebook", becomes="image of the container"),
    ] = None
    """Image that the container runs. Needed; jupyter/scipy-notebook where left out with jupyter."""
    image_pull_policy: Annotated[
        PullPolicy,
        Shown("Container", "--image-pull-policy", example="IfNotPresent", becomes="imagePullPolicy of the container"),
    ] = PullPolicy.ALWAYS
    """When the image is fetched: Always, IfNotPresent or Never, in any case of letters."""
    command: Annotated[
        Words | None, Shown("Container", example="sleep infinity", becomes="command of the container")
    ] = None
    """Command that replaces the image's entry point, split into words as a shell does."""
    arguments: Annotated[Words | None, Shown("Container", example='"--epochs 10"', becomes="args of the container")] = (
        None
    )
    """Arguments of the command, or of the image's entry point, split into words as a shell does."""
    environment: Annotated[
        dict[EnvironmentName, EnvironmentValue],
        Shown(
            "Container",
            "--environment",
            "-e",
            example='{BATCH_SIZE: {value: "50"}}',
            becomes="env of the container; a value SECRET:<name>,<key> becomes a secretKeyRef",
        ),
    ] = {}
    """Environment variables, by name. A value SECRET:<name>,<key> is taken from that key of that Secret."""
    labels: Annotated[
        dict[LabelKey, LabelValue],
        Shown("Container", "--label", "-l", example="{team: {value: vision}}", becomes="labels of the pods"),
    ] = {}
    """Labels of the job's pods, by key."""
    annotations: Annotated[
        dict[LabelKey, AnnotationValue],
        Shown(
            "Container",
            "--annotation",
            "-a",
            example='{note: {value: "a first try"}}',
            becomes="annotations of the pods",
        ),
    ] = {}
    """Annotations of the job's pods, by key; no more than 240 KiB all together."""
    working_dir: Annotated[
        AbsolutePath | None,
        Shown("Container", "--working-dir", example="/workspace", becomes="workingDir of the container"),
    ] = None
    """Directory that the container starts in; the image's own where left out."""
    stdin: Annotated[Boolean, Shown("Container", "--stdin", example="true", becomes="stdin of the container")] = False
    """Whether standard input stays open, so that one can attach to the container."""
    tty: Annotated[Boolean, Shown("Container", "--tty", "-t", example="true", becomes="tty of the container")] = False
    """Whether the container gets a terminal. Needs stdin."""

    capabilities: Annotated[
        dict[ItemLabel, Capability],
        Shown(
            "Container",
            "--add-capability",
            example="{NET_ADMIN: {value: NET_ADMIN}}",
            becomes="capabilities.add of the container's securityContext",
        ),
    ] = {}
    """Linux capabilities that the container gets beside those of its runtime, such as NET_ADMIN; the value may be left
    out where the label names the capability. Refused unless the policy mentions capabilities."""

    gpu: Annotated[
        Gpus | None,
        Shown(
            "Resources",
            "--gpu",
            "-g",
            unit="GPUs",
            example='"1"',
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
            example="20G",
            becomes="annotation gpu-memory of the pods, in MiB",
        ),
    ] = None
    """Memory of a GPU to allocate, instead of a number of GPUs."""
    gpu_limit: Annotated[
        Quantity | None,
        Shown(
            "Resources",
            unit="bytes",
            example="40G",
            becomes="annotation run.ai/gpu-memory-limit of the pods, in MiB, for a scheduler that enforces it",
        ),
    ] = None
    """Memory of a shared GPU that the container may use at most, while nobody else needs it. Only with a fraction of a
    GPU or gpuMemory, and no less than gpuMemory."""
    mig_profile: Annotated[
        MigProfile | None,
        Shown(
            "Resources",
            "--mig-profile",
            example="1g.5gb",
            becomes="limit nvidia.com/mig-<profile> of the container: one such part",
        ),
    ] = None
    """Part of a GPU that is split by hardware, instead of a number of GPUs."""
    cpu: Annotated[
        DecimalText | None,
        Shown("Resources", "--cpu", unit="cores", example='"0.5"', becomes="request cpu of the container"),
    ] = None
    """CPU cores to allocate."""
    cpu_limit: Annotated[
        DecimalText | None,
        Shown("Resources", "--cpu-limit", unit="cores", example='"2"', becomes="limit cpu of the container"),
    ] = None
    """CPU cores that the container can use at most."""
    memory: Annotated[
        Quantity | None,
        Shown("Resources", "--memory", unit="bytes", example="1G", becomes="request memory of the container"),
    ] = None
    """Memory to allocate."""
    memory_limit: Annotated[
        Quantity | None,
        Shown("Resources", "--memory-limit", unit="bytes", example="4Gi", becomes="limit memory of the container"),
    ] = None
    """Memory that the container can use at most."""
    extended_resources: Annotated[
        dict[ExtendedResource, WholeQuantity],
        Shown(
            "Resources",
            "--extended-resource",
            example='{example.com/fpga: {value: "1"}}',
            becomes="request and limit of that name of the container",
        ),
    ] = {}
    """Other resources that nodes offer, by name, and how many of each."""
    large_shm: Annotated[
        Boolean, Shown("Resources", "--large-shm", example="true", becomes="a volume in memory, mounted at /dev/shm")
    ] = False
    """Whether /dev/shm is as large as the memory, instead of 64 MB."""

    volumes: Annotated[
        dict[ItemLabel, Volume],
        Shown(
            "Storage",
            "--volume",
            "-v",
            example="{data: {value: {sourcePath: /mnt/data, targetPath: /data, readOnly: true}}}",
            becomes="volumes of the pods (hostPath or nfs) and volumeMounts of the container",
        ),
    ] = {}
    """Directories of the node, or of an NFS server, mounted into the container, by label."""
    pvcs: Annotated[
        dict[ItemLabel, Claim],
        Shown(
            "Storage",
            "--pvc",
            "--pvc-exists",
            "--pvc-new",
            example="{scratch: {value: {size: 10Gi, path: /scratch}}}",
            becomes="volumes of the pods and volumeMounts of the container; a new one the PersistentVolumeClaim "
            "pvc-<job>-<i>, an ephemeral one a claim of each pod",
        ),
    ] = {}
    """Claims of storage mounted into the container, by label: such that exist, and new ones."""
    git_sync: Annotated[
        dict[ItemLabel, Repository],
        Shown(
            "Storage",
            "--git-sync",
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
            example="{data: {value: {bucket: images, key: 'SECRET:store,key', secret: 'SECRET:store,secret', "
            "target: /data}}}",
            becomes="an init container that copies with rclone, and a volume mounted into the container",
        ),
    ] = {}
    """Buckets of object storage copied before the container starts, by label."""
    mount_propagation: Annotated[
        Boolean,
        Shown(
            "Storage",
            "--mount-propagation",
            example="true",
            becomes="mountPropagation HostToContainer of the container's volumeMounts",
        ),
    ] = False
    """Whether the container sees what is mounted below its volumes while it runs."""

    ports: Annotated[
        dict[ItemLabel, PortMapping],
        Shown(
            "Network",
            "--port",
            example="{web: {value: {container: 8080, external: 30080}}}",
            becomes="ports of the container, and of the Service named as the job",
        ),
    ] = {}
    """Ports exposed from the container, by label."""
    service_type: Annotated[
        ServiceType | None,
        Shown("Network", "--service-type", "-s", example="nodeport", becomes="type of the Service named as the job"),
    ] = None
    """How the ports are reached: portforward, loadbalancer, nodeport, clusterip or ingress, in any case of letters.
    Left out, they are reached inside the cluster only."""
    exposed_urls: Annotated[
        dict[ItemLabel, ExposedUrl],
        Shown(
            "Network",
            example="{notes: {value: {container: 8080}}}",
            becomes="a port of the Service named as the job, and a path of the Ingress named as the job",
        ),
    ] = {}
    """Ports of the container reached over http from outside the cluster, by label. An address of one's own is refused
    unless the policy mentions exposedUrls."""
    ingress_url: Annotated[
        Line | None,
        Shown("Internal", example="/team-a-job-1", becomes="nothing: the path is always /<project>-<job>"),
    ] = None
    """Path under which an Ingress reaches the job. The system's own to know: what is stated has no effect."""
    host_ipc: Annotated[Boolean, Shown("Network", "--host-ipc", example="true", becomes="hostIPC of the pods")] = False
    """Whether the job shares the node's own memory between processes. Refused unless the policy mentions hostIpc."""
    host_network: Annotated[
        Boolean,
        Shown("Network", "--host-network", example="true", becomes="hostNetwork of the pods"),
    ] = False
    """Whether the job shares the node's own network. Refused unless the policy mentions hostNetwork."""

    run_as_user: Annotated[
        Boolean, Shown("Access", "--run-as-user", example="true", becomes="securityContext of the pods")
    ] = False
    """Whether the container runs as the user of runAsUid, and not as the image says."""
    run_as_uid: Annotated[
        Count | None, Shown("Access", example="1000", becomes="runAsUser of the pods' securityContext")
    ] = None
    """Number of the user that the container runs as. Needed with runAsUser, and only there."""
    run_as_gid: Annotated[
        Count | None,
        Shown("Access", example="1000", becomes="runAsGroup and fsGroup of the pods' securityContext"),
    ] = None
    """Number of the group that the container runs as. Only with runAsUser."""
    supplemental_groups: Annotated[
        GroupList | None,
        Shown("Access", example='"100;2000"', becomes="supplementalGroups of the pods' securityContext"),
    ] = None
    """Numbers of further groups of that user, separated by ';' or ','. Only with runAsUser."""
    create_home_dir: Annotated[
        Boolean,
        Shown(
            "Access",
            "--create-home-dir",
            example="true",
            becomes="an empty volume at /home/runai-home, and the container's variable HOME",
        ),
    ] = False
    """Whether the container gets an empty home directory, whose content is lost with the pod. True where left out with
    runAsUser."""

    node_type: Annotated[
        LabelText | None,
        Shown("Scheduling", "--node-type", example="dgx", becomes="nodeSelector run.ai/type of the pods"),
    ] = None
    """Type of the nodes that the job may run on, by their label run.ai/type."""
    node_pool: Annotated[
        LabelText | None,
        Shown("Scheduling", "--node-pool", example="a100", becomes="affinity of the pods to nodes, as nodePools"),
    ] = None
    """Node pool that the job runs in. Deprecated: use nodePools."""
    node_pools: Annotated[
        NodePools | None,
        Shown(
            "Scheduling",
            "--node-pools",
            example="a100 v100",
            becomes="affinity of the pods to nodes with label runai/node-pool; pool default: those without",
        ),
    ] = None
    """Node pools that the job may run in, the one wanted most first. Left out, it is for the scheduler to say."""
    tolerations: Annotated[
        dict[ItemLabel, Toleration],
        Shown(
            "Scheduling",
            "--toleration",
            example="{spot: {value: {operator: Equal, key: spot, value: 'true', effect: NoSchedule}}}",
            becomes="tolerations of the pods",
        ),
    ] = {}
    """Taints of nodes that the job's pods bear, by label."""


class PrivilegedValues(CommonValues):
    """Parameters of every kind but inference."""

    allow_privilege_escalation: Annotated[
        Boolean,
        Shown(
            "Access",
            "--allow-privilege-escalation",
            example="true",
            becomes="allowPrivilegeEscalation of the container's securityContext",
        ),
    ] = False
    """Whether a process of the container may get more rights than the one that started it. Refused unless the policy
    mentions allowPrivilegeEscalation."""


class SingleValues(PrivilegedValues):
    """Parameters of interactive and training workloads: a job of one container, or an MPI job instead."""

    mpi: Annotated[Boolean, Shown("Distribution", example="true", becomes="an MPIJob instead of the RunaiJob")] = False
    """Whether the job is an MPI job: a launcher, and processes that it starts in workers."""
    processes: Annotated[
        Workers,
        Shown("Distribution", "--processes", unit="pods", example="2", becomes="replicas of the MPIJob's workers"),
    ] = 1
    """How many workers an MPI job has. Only with mpi."""
    slots_per_worker: Annotated[
        PositiveCount, Shown("Distribution", example="2", becomes="slotsPerWorker of the MPIJob")
    ] = 1
    """How many processes mpirun may start in each worker. Only with mpi."""


class InteractiveValues(SingleValues):
    """Parameters of interactive workloads."""

    jupyter: Annotated[
        Boolean, Shown("Tools", "--jupyter", example="true", becomes="the Service <job>-jupyter, at port 8888")
    ] = False
    """Whether the container runs a Jupyter notebook, to be reached at port 8888."""
    notebook_token: Annotated[
        Token | None,
        Shown("Tools", example="SECRET:my-notebook,token", becomes="variable JUPYTER_TOKEN of the container"),
    ] = None
    """Token that the notebook asks for, best kept in a Secret: SECRET:<name>,<key>. Left out, the notebook makes one
    and tells it in its log. Only with jupyter."""
    tensorboard: Annotated[
        Boolean,
        Shown(
            "Tools",
            example="true",
            becomes="a second container that runs TensorBoard, and the Service <job>-tensorboard at port 6006",
        ),
    ] = False
    """Whether TensorBoard runs beside the container, to be reached at port 6006."""
    tensorboard_logdir: Annotated[
        TargetPath | None,
        Shown(
            "Tools",
            example="/logs",
            becomes="--logdir of TensorBoard, and an empty volume there where no other volume holds it",
        ),
    ] = None
    """Directory that TensorBoard reads; /logs where left out. Only with tensorboard."""
    preemptible: Annotated[
        Boolean,
        Shown("Scheduling", "--preemptible", example="true", becomes="priority class of a job that can be preempted"),
    ] = False
    """Whether the job may lose its resources to others without notice."""


class TrainingValues(SingleValues):
    """Parameters of training workloads."""

    backoff_limit: Annotated[
        Count,
        Shown("Lifecycle", "--backoff-limit", unit="retries", example="6", becomes="backoffLimit of the RunaiJob"),
    ] = 6
    """How many times failed pods are tried again before the job is given up."""
    completions: Annotated[
        PositiveCount,
        Shown("Lifecycle", "--completions", unit="pods", example="10", becomes="completions of the RunaiJob"),
    ] = 1
    """How many pods must succeed for the job to be done."""
    parallelism: Annotated[
        PositiveCount,
        Shown("Lifecycle", "--parallelism", unit="pods", example="2", becomes="parallelism of the RunaiJob"),
    ] = 1
    """How many pods may run at a time; no more than completions."""
    ttl_after_finish: Annotated[
        Duration | None,
        Shown(
            "Lifecycle",
            "--ttl-after-finish",
            example="1h30m",
            becomes="ttlSecondsAfterFinished of the RunaiJob, in whole seconds",
        ),
    ] = None
    """How long the job's pods, and with them their logs, are kept after it finished, such as 30s, 5m or 1h30m; with 0
    they go at once. Left out, they are kept. How the job ended stays on record."""
    elastic: Annotated[
        Boolean, Shown("Lifecycle", "--elastic", example="true", becomes="annotation elastic of the pods")
    ] = False
    """Whether the job makes do with fewer GPUs than it asks for. Historic: only a scheduler that knows of it heeds it.
    Not with parallelism."""


class DeploymentValues(PrivilegedValues):
    """Parameters of deployments."""

    replicas: Annotated[Count, Shown("Lifecycle", unit="pods", example="2", becomes="replicas of the Deployment")] = 1
    """How many equal pods run."""
    mps: Annotated[Boolean, Shown("Resources", "--mps", example="true", becomes="annotation mps of the pods")] = False
    """Whether processes on a shared GPU run at the same time, by NVIDIA's multi-process service. Only with a fraction
    of a GPU or gpuMemory."""


class InferenceValues(CommonValues):
    """Parameters of inference workloads."""

    min_scale: Annotated[
        Count | None,
        Shown(
            "Scaling",
            "--min-scale",
            unit="replicas",
            example="1",
            becomes="annotation autoscaling.knative.dev/min-scale of the revision",
        ),
    ] = None
    """Replicas that always run. 0 lets all of them go while there are no requests, only with metric throughput or
    concurrency."""
    max_scale: Annotated[
        Count | None,
        Shown(
            "Scaling",
            "--max-scale",
            unit="replicas",
            example="4",
            becomes="annotation autoscaling.knative.dev/max-scale of the revision",
        ),
    ] = None
    """Replicas that run at most; 0 sets no limit. No less than minScale."""
    metric: Annotated[
        ScalingMetric | None,
        Shown(
            "Scaling",
            "--metric",
            example="concurrency",
            becomes="annotation autoscaling.knative.dev/metric of the revision, in the autoscaler's words",
        ),
    ] = None
    """What the number of replicas follows: cpu-utilization and gpu-utilization (percent), latency (milliseconds),
    throughput (requests per second), concurrency (requests at a time) or custom, in any case of letters."""
    metric_name: Annotated[
        MetricName | None,
        Shown(
            "Scaling",
            "--metric-name",
            example="queue_length",
            becomes="annotation autoscaling.knative.dev/metric of the revision, as written",
        ),
    ] = None
    """Exact name of the metric; it counts instead of metric, and is needed where that is custom."""
    target: Annotated[
        PositiveCount | None,
        Shown("Scaling", "--target", example="10", becomes="annotation autoscaling.knative.dev/target of the revision"),
    ] = None
    """Value of the metric, per replica, that the number of replicas is chosen for."""
    autoscaler_class: Annotated[
        AutoscalerClass | None,
        Field(alias="class"),
        Shown(
            "Scaling",
            "--class",
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
            example="true",
            becomes="label networking.knative.dev/visibility: cluster-local of the Knative Service",
        ),
    ] = False
    """Whether requests come from inside the cluster only."""
    mps: Annotated[Boolean, Shown("Resources", "--mps", example="true", becomes="annotation mps of the pods")] = False
    """Whether processes on a shared GPU run at the same time, by NVIDIA's multi-process service. Only with a fraction
    of a GPU or gpuMemory."""


class DistributedValues(PrivilegedValues):
    """Parameters of distributed workloads."""

    job_type: Annotated[
        JobType | None,
        Shown("Distribution", example="PyTorch", becomes="a PyTorchJob or an MPIJob", wrapped=False),
    ] = None
    """Framework that runs the job: MPI or PyTorch, in any case of letters. Needed."""
    workers: Annotated[
        Workers,
        Shown("Distribution", "--workers", unit="pods", example="2", becomes="replicas of the worker pods"),
    ] = 1
    """How many workers run, beside the launcher of an MPI job or the master of a PyTorch job."""
    mpi_job: Annotated[
        MpiJob | None, Shown("Distribution", example="{slotsPerWorker: 2}", becomes="slotsPerWorker of the MPIJob")
    ] = None
    """Settings of MPI jobs. Only with jobType MPI."""
    py_torch_job: Annotated[
        PyTorchJob | None,
        Shown("Distribution", example="{minReplicas: 1, maxReplicas: 4}", becomes="elasticPolicy of the PyTorchJob"),
    ] = None
    """Settings of PyTorch jobs. Only with jobType PyTorch."""
    run_policy: Annotated[
        RunPolicy | None,
        Shown("Distribution", example="{cleanPodPolicy: All, backoffLimit: 3}", becomes="runPolicy of the job"),
    ] = None
    """How long the job runs, and what stays of it."""
    pod_affinity: Annotated[
        Boolean, Shown("Scheduling", example="true", becomes="affinity of the pods to each other")
    ] = False
    """Whether the job's pods are placed near each other."""
    pod_affinity_scheduling_rule: Annotated[
        SchedulingRule | None,
        Shown("Scheduling", example="hard", becomes="required or preferred podAffinity of the pods"),
    ] = None
    """Whether they must be near each other (hard), or only where that can be had (soft), which is meant where left out.
    Only with podAffinity."""
    pod_affinity_topology: Annotated[
        LabelKey | None,
        Shown("Scheduling", example="topology.kubernetes.io/zone", becomes="topologyKey of the pods' podAffinity"),
    ] = None
    """Label of nodes that says which of them are near each other: those with the same value. Only with podAffinity."""
    non_preemptible: Annotated[
        Boolean,
        Shown("Scheduling", "--non-preemptible", example="true", becomes="priority class of a job that keeps its pods"),
    ] = False
    """Whether the job keeps its resources until it ends, whoever else asks for them."""
    user_id: Annotated[
        Line | None,
        Shown("Internal", example="3f1c", becomes="nothing: who submitted is what the API server says"),
    ] = None
    """Subject of the user's token. The system's own to know: what is stated has no effect, and grants nothing."""
