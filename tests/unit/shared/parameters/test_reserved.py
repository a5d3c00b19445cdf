"""Owners of label and annotation keys."""

import pytest

from shared.parameters.reserved import is_ours


@pytest.mark.parametrize(
    "key",
    [
        "release", "project", "user", "app", "priorityClassName", "gpu-fraction", "gpu-memory", "mps",
        "run.ai/workload-uid", "x.run.ai/y", "runai/queue", "runai-calculated-status", "kai.scheduler/queue",
        "job-name", "controller-uid", "controller-revision-hash", "pod-template-hash",
        "batch.kubernetes.io/job-name", "statefulset.kubernetes.io/pod-name",
        "kueue.x-k8s.io/queue-name", "gpu-fraction-num-devices", "gpu-fraction-container-name", "gpu-memory",
        "received-resource-type", "autoscaling.knative.dev/initial-scale", "autoscaling.knative.dev/activationScale",
        "autoscaling.knative.dev/min-scale", "autoscaling.knative.dev/maxScale", "networking.knative.dev/visibility",
    ],
)  # fmt: skip
def test_some_keys_are_not_for_users_to_set(key: str) -> None:
    """Labels and annotations that steer schedulers or controllers are reserved."""
    assert is_ours(key)


@pytest.mark.parametrize(
    "key",
    [
        "team", "users", "app.kubernetes.io/name", "kubernetes.io/os", "example.com/user", "notrun.ai/x", "gpus",
        "autoscaling.knative.dev/window",
    ],
)  # fmt: skip
def test_others_are(key: str) -> None:
    """Ordinary labels and annotations are free, and a policy can list any other."""
    assert not is_ours(key)
