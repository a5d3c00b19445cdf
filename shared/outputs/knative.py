"""The Knative Service that runs an inference workload, with as many replicas as its requests need."""

from collections.abc import Iterator
from typing import Final

from shared.objects import Manifest
from shared.outputs import pod
from shared.outputs.naming import Names
from shared.parameters.catalogue import InferenceValues
from shared.parameters.scaling import HPA, KPA, ScalingMetric
from shared.resolution.cross_kinds import OF_REQUESTS

API_VERSION: Final = "serving.knative.dev/v1"
SCALING: Final = "autoscaling.knative.dev"
PRIVATE: Final = {"networking.knative.dev/visibility": "cluster-local"}
PRIORITY: Final = "inference"
_METRICS: Final = {**OF_REQUESTS, ScalingMetric.CPU_UTILIZATION: "cpu"}
"""Metrics that have another name in the autoscaler than in the catalogue."""


def build(values: InferenceValues, names: Names) -> Iterator[Manifest]:
    """The Knative Service. Knative routes requests to it, so it needs no Service or Ingress of its own."""
    template = pod.template(values, names, "Always", names.priority(PRIORITY))
    annotations = {**template["metadata"].get("annotations", {}), **_scaling(values)}
    if annotations:
        template["metadata"]["annotations"] = annotations
    spec = template["spec"]
    del spec["restartPolicy"]  # Knative sets it
    if ports := spec["containers"][0].get("ports"):
        # Knative takes one port, and gives a meaning to its name
        spec["containers"][0]["ports"] = [{"containerPort": ports[0]["containerPort"]}]
    _read_only(spec)
    visibility = PRIVATE if values.is_private_service_url else {}
    yield {
        "apiVersion": API_VERSION,
        "kind": "Service",
        "metadata": names.metadata(names.job, {**names.priority(PRIORITY), **visibility}),
        "spec": {"template": template},
    }


def _read_only(spec: Manifest) -> None:
    """Mark claims that are mounted read-only in the volume as well: Knative looks only there."""
    mounts = {mount["name"]: mount for mount in spec["containers"][0].get("volumeMounts", [])}
    for volume in spec.get("volumes", []):
        if "persistentVolumeClaim" in volume and mounts[volume["name"]].get("readOnly"):
            volume["persistentVolumeClaim"]["readOnly"] = True


def _scaling(values: InferenceValues) -> dict[str, str]:
    metric = _metric(values)
    stated = {
        "class": values.autoscaler_class or _autoscaler(metric),
        "metric": metric,
        "target": values.target,
        "min-scale": values.min_scale,
        "max-scale": values.max_scale,
    }
    return {f"{SCALING}/{key}": str(value) for key, value in stated.items() if value is not None}


def _metric(values: InferenceValues) -> str | None:
    if values.metric_name is not None:
        return str(values.metric_name)
    return None if values.metric is None else _METRICS.get(values.metric, values.metric.value)


def _autoscaler(metric: str | None) -> str | None:
    """The autoscaler that takes the metric; None leaves the choice to Knative if no metric is given."""
    return metric and (KPA if metric in OF_REQUESTS.values() else HPA)
