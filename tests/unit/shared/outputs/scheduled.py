"""Jobs for each scheduler, with complete expected files in tests/data/schedulers/<scheduler>/<name>.yaml."""

from typing import Any

from shared.parameters.kinds import DEPLOYMENT, DISTRIBUTED, INFERENCE, INTERACTIVE, TRAINING, Kind
from shared.schedulers import SHARE_GPUS, Scheduler
from tests.unit.shared.outputs.cases import IMAGE, Case

PORT = {"ports": {"http": {"container": 8080}}}
JOBS: dict[str, tuple[Kind, dict[str, Any]]] = {
    "interactive": (INTERACTIVE, {**IMAGE, "gpu": "1"}),
    "interactive_preemptible": (INTERACTIVE, {**IMAGE, "preemptible": True}),
    "interactive_mpi": (INTERACTIVE, {**IMAGE, "mpi": True, "processes": 2, "gpu": "1"}),
    "training": (TRAINING, {**IMAGE, "gpu": "1"}),
    "deployment": (DEPLOYMENT, {**IMAGE, "replicas": 2, "gpu": "1"}),
    "inference": (INFERENCE, {**IMAGE, **PORT, "gpu": "1"}),
    "distributed_mpi": (DISTRIBUTED, {**IMAGE, "jobType": "MPI", "workers": 2, "gpu": "1", "nonPreemptible": True}),
    "distributed_pytorch": (DISTRIBUTED, {**IMAGE, "jobType": "PyTorch", "workers": 2, "gpu": "1"}),
}
SHARED = {
    "training_fraction": (TRAINING, {**IMAGE, "gpu": "0.5"}),
    "interactive_gpu_memory": (INTERACTIVE, {**IMAGE, "gpuMemory": "2G"}),
}
"""Only if a GPU can be shared."""
SCHEDULED = {
    (scheduler, name): Case(kind, name.replace("_", "-"), values, {"scheduler": scheduler})
    for scheduler in Scheduler
    for name, (kind, values) in (JOBS | SHARED if scheduler in SHARE_GPUS else JOBS).items()
}
