"""The parts that MPIJob and PyTorchJob share: several pods of one job, each with a role."""

from dataclasses import replace
from typing import Any, Final

from shared.objects import Manifest
from shared.outputs import pod
from shared.outputs.naming import ROLE_LABEL, Names
from shared.parameters.catalogue import CommonValues, DistributedValues, InteractiveValues
from shared.parameters.scaling import RunPolicy, SchedulingRule

DEFAULT_BACKOFF_LIMIT: Final = 6
"""The same as for Kubernetes Jobs; without it, the operator of PyTorchJobs retries forever."""
_OF_GPUS: Final = ("gpu", "gpu_memory", "gpu_limit", "mig_profile", "mps", "extended_resources")
"""Parameters of GPUs, which a pod that only starts others does not need. Other vendors' GPUs are extended resources."""
_OF_THE_FRONT: Final = ("command", "arguments", "ports", "stdin", "tty", "jupyter", "tensorboard")


def replica(values: CommonValues, names: Names, role: str, count: int, restart: str, container: str) -> Manifest:
    """`count` pods of one role, with the container name that the job's operator expects."""
    template = pod.template(values, names, restart, {ROLE_LABEL: role, **priority(values, names)})
    spec = template["spec"]
    del spec["restartPolicy"]  # the operator sets it from the replica's
    spec["containers"][0]["name"] = container
    if near := _near(values, names):
        spec["affinity"] = {**spec.get("affinity", {}), "podAffinity": near}
    return {"replicas": count, "restartPolicy": restart, "template": template}


def without_gpus(values: CommonValues) -> Any:
    """The values without GPUs, for a pod that only starts others."""
    return _without(values, _OF_GPUS)


def without_front(values: CommonValues) -> Any:
    """The values without command and ports, for a pod that another pod starts processes in."""
    return _without(values, _OF_THE_FRONT)


def priority(values: CommonValues, names: Names) -> dict[str, str]:
    """The priority label of an interactive job, or of a distributed job that keeps its pods.

    Other jobs, including training, have the scheduler's default.
    """
    if isinstance(values, InteractiveValues):
        return names.priority("interactive-preemptible" if values.preemptible else "build")
    keeps = isinstance(values, DistributedValues) and values.non_preemptible
    return names.priority("build") if keeps else {}


def run_policy(values: DistributedValues) -> Manifest:
    """The operator's run policy: how long the job runs, and what is kept after it ends."""
    policy = values.run_policy or RunPolicy()
    stated = {
        "backoffLimit": DEFAULT_BACKOFF_LIMIT if policy.backoff_limit is None else policy.backoff_limit,
        "activeDeadlineSeconds": policy.active_deadline_seconds,
        "ttlSecondsAfterFinished": policy.ttl_seconds_after_finished,
    }
    given = {key: value for key, value in stated.items() if value is not None}
    return {"cleanPodPolicy": policy.clean_pod_policy.value, **given}


def _near(values: CommonValues, names: Names) -> Manifest:
    """Affinity for the job's other pods. The first pod has none to be near, so it can go anywhere."""
    if not isinstance(values, DistributedValues) or not values.pod_affinity:
        return {}
    selector = {"matchLabels": replace(names, role="").selector}
    term = {"labelSelector": selector, "topologyKey": str(values.pod_affinity_topology)}
    if values.pod_affinity_scheduling_rule is SchedulingRule.HARD:
        return {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    return {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]}


def _without(values: CommonValues, fields: tuple[str, ...]) -> CommonValues:
    known = type(values).model_fields
    update = {field: known[field].get_default(call_default_factory=True) for field in fields if field in known}
    return values.model_copy(update=update)
