"""What MPIJob and PyTorchJob have in common: several pods of one job, each in its role."""

from dataclasses import replace
from typing import Any, Final

from shared.objects import Manifest
from shared.outputs import pod
from shared.outputs.naming import ROLE_LABEL, Names
from shared.parameters.catalogue import CommonValues, DistributedValues, InteractiveValues
from shared.parameters.scaling import RunPolicy, SchedulingRule

DEFAULT_BACKOFF_LIMIT: Final = 6
"""As of every Job of Kubernetes; the operator of PyTorchJobs would try for ever."""
_OF_GPUS: Final = ("gpu", "gpu_memory", "gpu_limit", "mig_profile", "mps", "extended_resources")
"""GPUs of other vendors are extended resources, as is all else that is not worth keeping for who only starts others."""
_OF_THE_FRONT: Final = ("command", "arguments", "ports", "stdin", "tty", "jupyter", "tensorboard")


def replica(values: CommonValues, names: Names, role: str, count: int, restart: str, container: str) -> Manifest:
    """`count` pods of one role, whose one container is called as the job's operator wants it."""
    template = pod.template(values, names, restart, {ROLE_LABEL: role, **priority(values, names)})
    spec = template["spec"]
    del spec["restartPolicy"]  # the operator sets it from that of the replica
    spec["containers"][0]["name"] = container
    if near := _near(values, names):
        spec["affinity"] = {**spec.get("affinity", {}), "podAffinity": near}
    return {"replicas": count, "restartPolicy": restart, "template": template}


def without_gpus(values: CommonValues) -> Any:
    """The values of a pod that only starts others."""
    return _without(values, _OF_GPUS)


def without_front(values: CommonValues) -> Any:
    """The values of a pod that runs what another one tells it to: no command, and nothing to reach."""
    return _without(values, _OF_THE_FRONT)


def priority(values: CommonValues, names: Names) -> dict[str, str]:
    """The label of an interactive job, and of a distributed one that keeps its pods; others have the scheduler's
    default, training among them."""
    if isinstance(values, InteractiveValues):
        return names.priority("interactive-preemptible" if values.preemptible else "build")
    keeps = isinstance(values, DistributedValues) and values.non_preemptible
    return names.priority("build") if keeps else {}


def run_policy(values: DistributedValues) -> Manifest:
    """How long the job runs and what stays of it, in the words of its operator."""
    policy = values.run_policy or RunPolicy()
    stated = {
        "backoffLimit": DEFAULT_BACKOFF_LIMIT if policy.backoff_limit is None else policy.backoff_limit,
        "activeDeadlineSeconds": policy.active_deadline_seconds,
        "ttlSecondsAfterFinished": policy.ttl_seconds_after_finished,
    }
    given = {key: value for key, value in stated.items() if value is not None}
    return {"cleanPodPolicy": policy.clean_pod_policy.value, **given}


def _near(values: CommonValues, names: Names) -> Manifest:
    """The wish to be near the job's other pods; the first of them has nobody to be near, and goes anywhere."""
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
