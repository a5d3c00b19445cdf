"""Every parameter of a workload, once, in the order the form shows it.

A field's docstring is its help, its hint in the form and its `kubectl explain`; its default is the built-in one, which
counts where neither policy, base nor workload gives a value. Everything else follows from here: see `derive`.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.parameters.types import (
    AbsolutePath,
    AnnotationValue,
    Boolean,
    Count,
    DecimalText,
    Duration,
    EnvironmentName,
    EnvironmentValue,
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
        Line | None,
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
    """Name of the job. Not together with a prefix."""
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
    """Prefix of the job's name, which the next free number completes: jupyter gives jupyter-1. Not together with a
    name."""

    image: Annotated[
        Image | None,
        Shown("Container", "--image", "-i", example="jupyter/scipy-notebook", becomes="image of the container"),
    ] = None
    """Image that the container runs."""
    image_pull_policy: Annotated[
        PullPolicy,
        Shown("Container", "--image-pull-policy", example="IfNotPresent", becomes="imagePullPolicy of the container"),
    ] = PullPolicy.ALWAYS
    """When the image is fetched: Always, IfNotPresent or Never, in any case of letters."""
    command: Annotated[
        Words | None, Shown("Container", "--command", example="sleep infinity", becomes="command of the container")
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
    """Annotations of the job's pods, by key."""
    working_dir: Annotated[
        AbsolutePath | None,
        Shown("Container", "--working-dir", example="/workspace", becomes="workingDir of the container"),
    ] = None
    """Directory that the container starts in; the image's own where left out."""
    stdin: Annotated[Boolean, Shown("Container", "--stdin", example="true", becomes="stdin of the container")] = False
    """Whether standard input stays open, so that one can attach to the container."""
    tty: Annotated[Boolean, Shown("Container", "--tty", "-t", example="true", becomes="tty of the container")] = False
    """Whether the container gets a terminal. Needs stdin."""

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
    """How the ports are reached: portforward, loadbalancer, nodeport or clusterip, in any case of letters. Left out,
    they are reached inside the cluster only."""


class InteractiveValues(CommonValues):
    """Parameters of interactive workloads."""

    jupyter: Annotated[
        Boolean, Shown("Tools", "--jupyter", example="true", becomes="the Service <job>-jupyter, at port 8888")
    ] = False
    """Whether the container runs a Jupyter notebook, to be reached at port 8888."""
    preemptible: Annotated[
        Boolean,
        Shown("Scheduling", "--preemptible", example="true", becomes="priority class of a job that can be preempted"),
    ] = False
    """Whether the job may lose its resources to others without notice."""


class TrainingValues(CommonValues):
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
    """How long the job is kept after it finished, such as 30s, 5m or 1h30m; 0 removes it at once. Left out, it is
    kept."""


class DeploymentValues(CommonValues):
    """Parameters of deployments."""

    replicas: Annotated[Count, Shown("Lifecycle", unit="pods", example="2", becomes="replicas of the Deployment")] = 1
    """How many equal pods run."""
