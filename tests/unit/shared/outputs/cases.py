"""Submissions whose expected outputs are in tests/data/outputs/<name>.yaml, complete."""

from typing import Any, NamedTuple

from shared.outputs.build import build_all
from shared.outputs.naming import Names
from shared.parameters.kinds import DEPLOYMENT, DISTRIBUTED, INFERENCE, INTERACTIVE, TRAINING, Kind
from tests.unit.shared.outputs.details import DETAILS


class Case(NamedTuple):
    """A values set and its submitter."""

    kind: Kind
    job: str
    values: dict[str, Any]
    names: dict[str, str] = {}  # noqa: RUF012 - never changed

    def build(self) -> list[dict[str, Any]]:
        """Its outputs without the claim."""
        return build_all(
            self.kind, self.kind.values.model_validate(self.values), names(self.kind, self.job, self.names)
        )


def names(kind: Kind, job: str, changed: dict[str, str] | None = None) -> Names:
    """Names of a job in project team-a, submitted by jane."""
    given: dict[str, Any] = {
        "job": job,
        "namespace": "runai-team-a",
        "project": "team-a",
        "workload_kind": kind.workload,
        "workload_name": f"my-{job}",
        "workload_uid": "8d5fd7a2-0000-4000-8000-1a2b3c4d5e6f",
        "user": "jane",
    }
    return Names(**{**given, **(changed or {})})


IMAGE = {"image": "ubuntu"}
PORTS = {
    "admin-port-a": {"container": 30100, "external": 8100},
    "team-a-port": {"container": 30111, "external": 8111},
    "my-port": {"container": 30222, "external": 8222},
}

CASES = {
    "interactive_least": Case(INTERACTIVE, "job-1", IMAGE),
    "interactive_jupyter": Case(
        INTERACTIVE,
        "jupyter-1",
        {"namePrefix": "jupyter", "image": "jupyter/scipy-notebook", "jupyter": True, "gpu": "1"},
    ),
    "interactive_jupyter_balanced": Case(
        INTERACTIVE,
        "nb-6",
        {"image": "jupyter/scipy-notebook", "jupyter": True, "serviceType": "loadbalancer"},
    ),
    "interactive_jupyter_with_ports": Case(
        INTERACTIVE,
        "nb-7",
        {
            "image": "jupyter/scipy-notebook",
            "jupyter": True,
            "serviceType": "nodeport",
            "ports": {"nb": {"container": 8888, "external": 30888}, "board": {"container": 6006}},
            "environment": {"JUPYTER_PORT": "1", "RUNAI_PROJECT": "other", "GRANT_SUDO": "yes"},
        },
    ),
    "interactive_ports_of_the_guide": Case(INTERACTIVE, "ports-1", {**IMAGE, "ports": PORTS}),
    "interactive_preemptible": Case(INTERACTIVE, "spare-1", {**IMAGE, "preemptible": True}),
    "interactive_shell": Case(
        INTERACTIVE,
        "shell-1",
        {
            **IMAGE,
            "imagePullPolicy": "ifnotpresent",
            "command": "bash -c 'cd ${RUNAI_PROJECT} && echo \"$RUNAI_JOB_NAME ${HOME} $(date)\"'",
            "workingDir": "/workspace",
            "stdin": True,
            "tty": True,
        },
    ),
    "interactive_load_balancer": Case(
        INTERACTIVE,
        "web-1",
        {**IMAGE, "serviceType": "loadbalancer", "ports": {"a": {"container": 8080, "external": 80}}},
    ),
    "interactive_port_forward": Case(
        INTERACTIVE, "web-2", {**IMAGE, "serviceType": "portforward", "ports": {"a": {"container": 8080}}}
    ),
    "interactive_one_port_twice": Case(
        INTERACTIVE,
        "web-3",
        {**IMAGE, "ports": {"a": {"container": 80, "external": 8080}, "b": {"container": 80, "external": 8081}}},
    ),
    "training_least": Case(TRAINING, "train-1", IMAGE),
    "training_whole": Case(
        TRAINING,
        "train-2",
        {
            "image": "tensorflow/tensorflow:2.9.1",
            "arguments": "--name ${RUNAI_JOB_NAME} --epochs 10",
            "environment": {
                "BATCH_SIZE": "50",
                "OUTPUT": "/out/${RUNAI_JOB_NAME}/${RUNAI_OTHER}",
                "PASSWORD": "SECRET:my-secret,password",
                "EMPTY": "",
            },
            "labels": {"team": "vision", "user": "somebody-else", "app.kubernetes.io/name": "classifier"},
            "annotations": {"note": "a first try", "gpu-fraction": "0.1", "kubernetes.io/change-cause": "none"},
            "gpu": "2",
            "cpu": "0.5",
            "cpuLimit": "2",
            "memory": "1G",
            "memoryLimit": "4Gi",
            "largeShm": True,
            "volumes": {
                "data": {"sourcePath": "/mnt/data", "targetPath": "/data", "readOnly": True},
                "home": {"sourcePath": "/export/home", "targetPath": "/home", "nfsServer": "10.0.0.1"},
                "out": {"sourcePath": "/mnt/out", "targetPath": "/out"},
            },
            "completions": 5,
            "parallelism": 2,
            "backoffLimit": 3,
            "ttlAfterFinish": "1h0m1.5s",
        },
    ),
    "training_at_once_removed": Case(TRAINING, "train-3", {**IMAGE, "ttlAfterFinish": "0"}),
    "training_fraction": Case(TRAINING, "train-4", {**IMAGE, "gpu": "0.50"}),
    "training_gpu_memory": Case(TRAINING, "train-5", {**IMAGE, "gpuMemory": "2G"}),
    "training_no_gpu": Case(TRAINING, "train-6", {**IMAGE, "gpu": "0"}),
    "training_service_account": Case(
        TRAINING,
        "job-10",
        IMAGE,
        {"user": "system:serviceaccount:team-a:robot", "workload_name": "nightly." + "x" * 80},
    ),
    "training_for_another_user": Case(TRAINING, "train-7", {**IMAGE, "username": "robin@example.com"}),
    "deployment": Case(
        DEPLOYMENT,
        "serve",
        {
            **IMAGE,
            "replicas": 2,
            "gpu": "1",
            "ports": {"http": {"container": 8080, "external": 80}},
            "labels": {"app": "other", "tier": "front"},
        },
    ),
    "deployment_least": Case(DEPLOYMENT, "serve-0", {**IMAGE, "replicas": 0}),
    "distributed_mpi": Case(
        DISTRIBUTED,
        "mpi-1",
        {
            "jobType": "MPI",
            "image": "horovod/horovod:0.28.1",
            "command": "mpirun -np ${RUNAI_MPI_NUM_WORKERS} python train.py",
            "environment": {"RUNAI_MPI_NUM_WORKERS": "99", "SEED": "1"},
            "workers": 4,
            "mpiJob": {"slotsPerWorker": 2},
            "runPolicy": {"cleanPodPolicy": "all", "backoffLimit": 3, "ttlSecondsAfterFinished": 60},
            "gpu": "2",
            "cpu": "4",
            "largeShm": True,
            "ports": {"board": {"container": 6006, "external": 80}},
            "nonPreemptible": True,
        },
    ),
    "distributed_mpi_least": Case(DISTRIBUTED, "mpi-2", {**IMAGE, "jobType": "mpi"}),
    "distributed_mpi_fraction": Case(DISTRIBUTED, "mpi-3", {**IMAGE, "jobType": "MPI", "workers": 3, "gpu": "0.5"}),
    "distributed_pytorch": Case(
        DISTRIBUTED,
        "torch-1",
        {
            "jobType": "PyTorch",
            "image": "pytorch/pytorch:2.3.1",
            "command": "torchrun train.py",
            "workers": 3,
            "gpu": "1",
            "podAffinity": True,
            "podAffinitySchedulingRule": "hard",
            "podAffinityTopology": "topology.kubernetes.io/zone",
            "ports": {"board": {"container": 6006}},
        },
    ),
    "distributed_pytorch_elastic": Case(
        DISTRIBUTED,
        "torch-2",
        {
            **IMAGE,
            "jobType": "pytorch",
            "workers": 2,
            "pyTorchJob": {"minReplicas": 1, "maxReplicas": 4},
            "runPolicy": {"activeDeadlineSeconds": 3600},
            "podAffinity": True,
            "podAffinityTopology": "kubernetes.io/hostname",
        },
    ),
    "inference": Case(
        INFERENCE,
        "serve-1",
        {
            "image": "model:1",
            "gpu": "0.5",
            "cpu": "1",
            "ports": {"http": {"container": 8000, "external": 80}},
            "environment": {"TOKEN": "SECRET:hub,token"},
            "labels": {"serving.knative.dev/service": "other", "tier": "front"},
            "minScale": 0,
            "maxScale": 4,
            "metric": "throughput",
            "target": 10,
            "isPrivateServiceUrl": True,
        },
    ),
    "inference_least": Case(INFERENCE, "serve-2", {**IMAGE, "ports": {"http": {"container": 8080}}}),
    "inference_with_features": Case(
        INFERENCE,
        "serve-5",
        {
            **IMAGE,
            "ports": {"http": {"container": 8080}, "metrics": {"container": 8081}},
            "annotations": {"autoscaling.knative.dev/minScale": "99", "autoscaling.knative.dev/window": "60s"},
            "gpu": "1",
            "largeShm": True,
            "volumes": {"model": {"sourcePath": "/models", "targetPath": "/models", "readOnly": True}},
            "pvcs": {
                "a": {"path": "/a", "existingPvc": True, "claimName": "weights", "readOnly": True},
                "b": {"path": "/b", "existingPvc": True, "claimName": "cache"},
                "c": {"path": "/c", "size": "1Gi", "ephemeral": True, "readOnly": True},
            },
            "gitSync": {"code": {"source": "https://git.example.com/a.git", "target": "/code"}},
            "mountPropagation": True,
            "runAsUser": True,
            "runAsUid": 1000,
            "nodeType": "dgx",
            "nodePools": "a100 v100",
            "tolerations": {"spot": {"operator": "Exists", "key": "spot"}},
        },
    ),
    "inference_custom_metric": Case(
        INFERENCE,
        "serve-3",
        {
            **IMAGE,
            "ports": {"http": {"container": 8080}},
            "metric": "custom",
            "metricName": "queue_length",
            "target": 5,
            "minScale": 1,
        },
    ),
    "inference_class": Case(
        INFERENCE,
        "serve-4",
        {
            **IMAGE,
            "ports": {"http": {"container": 8080}},
            "metric": "cpu-utilization",
            "target": 70,
            "class": "keda.example.com",
        },
    ),
    **{name: Case(*given) for name, given in DETAILS.items()},
}
