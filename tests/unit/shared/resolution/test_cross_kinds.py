"""Constraints between parameters of inference and of distributed workloads."""

import pytest
import yaml

from shared.parameters.kinds import DISTRIBUTED, INFERENCE, TRAINING, Kind
from shared.resolution.resolve import resolve
from shared.schedulers import Scheduler
from tests.unit.shared.resolution.sources import refused, resolved, workload

PORT = {"ports": {"items": {"http": {"value": {"container": 8080}}}}}
MPI = {"jobType": "MPI"}
TORCH = {"jobType": "PyTorch"}

INFERENCES: dict[str, tuple[str, list[str]]] = {
    "nothing more": ("{}", []),
    "scale to zero": ("{minScale: {value: 0}, metric: {value: Throughput}}", []),
    "scale to zero of what Knative counts by itself": ("{minScale: {value: 0}}", []),
    "scale to zero by another metric": (
        "{minScale: {value: 0}, metric: {value: latency}}",
        ["minScale: must be no less than 1 when the metric is latency; only throughput and concurrency scale to zero"],
    ),
    "bounds out of order": (
        "{minScale: {value: 3}, maxScale: {value: 2}}",
        ["maxScale: must be no less than 3, the value of minScale"],
    ),
    "no upper bound": ("{minScale: {value: 3}, maxScale: {value: 0}}", []),
    "a custom metric without a name": (
        "{metric: {value: custom}}",
        ["metricName: cannot be blank when metric is custom"],
    ),
    "a metric of none": (
        "{metric: {value: speed}}",
        ["metric: must be one of cpu-utilization, latency, throughput, concurrency, gpu-utilization or custom"],
    ),
    "an autoscaler that cannot count it": (
        "{metric: {value: gpu-utilization}, class: {value: kpa.autoscaling.knative.dev}}",
        ["class: must be hpa.autoscaling.knative.dev when the metric is gpu-utilization"],
    ),
    "an exact metric counts instead": (
        "{metric: {value: latency}, metricName: {value: rps}, class: {value: kpa.autoscaling.knative.dev}}",
        [],
    ),
    "no replica with an autoscaler that keeps one": (
        "{minScale: {value: 0}, class: {value: hpa.autoscaling.knative.dev}}",
        ["minScale: must be no less than 1 when the class is hpa.autoscaling.knative.dev"],
    ),
    "an autoscaler that Knative does not have": (
        "{class: {value: foo.autoscaling.knative.dev}}",
        ["class: must be the domain name of an autoscaler, such as kpa.autoscaling.knative.dev"],
    ),
    "the name of Knative's own container": (
        "{name: {value: queue-proxy}}",
        ["name: must be a different value: Knative reserves queue-proxy"],
    ),
    "all rights": (
        "{capabilities: {items: {ALL: {value: ''}}}}",
        [
            "capabilities.ALL: is not supported for inference workloads",
            "capabilities.ALL: gives access to the node, which is refused unless the policy grants it: "
            "capabilities: {rules: {canAdd: true}}",
        ],
    ),
    "an autoscaler of one's own": ("{metric: {value: latency}, class: {value: keda.example.com}}", []),
    "an autoscaler without a domain": (
        "{class: {value: kpa}}",
        ["class: must be the domain name of an autoscaler, such as kpa.autoscaling.knative.dev"],
    ),
    "a metric's name of several words": (
        "{metricName: {value: a b}}",
        ["metricName: must be the name of a metric: letters, digits, '-', '_', '.', ':' and '/', no more than 253"],
    ),
    "no target": ("{target: {value: 0}}", ["target: must be no less than 1"]),
    "a terminal": (
        "{stdin: {value: true}, tty: {value: true}}",
        ["stdin: is not supported for inference workloads", "tty: is not supported for inference workloads"],
    ),
    "a device": (
        "{pvcs: {items: {a: {value: {size: 1G, path: /dev/xda, volumeMode: block}}}}}",
        ["pvcs.a.volumeMode: is not supported for inference workloads"],
    ),
    "a directory of the node that is written": (
        "{volumes: {items: {a: {value: {sourcePath: /a, targetPath: /a}}}}}",
        ["volumes.a.readOnly: must be true for inference workloads"],
    ),
    "places that Knative keeps": (
        "{gitSync: {items: {a: {value: {source: 'https://g/a', target: /dev//log/}}}}, "
        "pvcs: {items: {a: {value: {size: 1G, path: /dev}}}}}",
        [
            "pvcs.a.path: must be a different value: Knative reserves /dev, /dev/log",
            "gitSync.a.target: must be a different value: Knative reserves /dev, /dev/log",
        ],
    ),
    "a port that Knative keeps": (
        "{ports: {items: {a: {value: {container: 8022}}}}}",
        ["ports.a.container: must be a different value: Knative reserves 8008, 8012, 8013, 8022, 9090, 9091"],
    ),
    "a port that Knative keeps, to which no requests are sent": (
        "{ports: {items: {a: {value: {container: 80}}, b: {value: {container: 9090}}}}}",
        [],
    ),
    "a directory of a server": (
        "{volumes: {items: {a: {value: {sourcePath: /a, targetPath: /a, nfsServer: nas}}}}}",
        ["volumes.a.nfsServer: is not supported for inference workloads"],
    ),
    "a variable of Knative's": (
        "{environment: {items: {PORT: {value: '1'}}}}",
        ["environment.PORT: cannot be set: Knative sets it"],
    ),
    "no port": (
        "{ports: {items: {}}}",
        ["ports: cannot be blank: an inference workload receives its requests at a port"],
    ),
}
ELASTIC = "cannot be blank when pyTorchJob.{} is given"
DISTRIBUTIONS: dict[str, tuple[str, list[str]]] = {
    "MPI": ("{jobType: mpi, mpiJob: {value: {slotsPerWorker: 2}}}", []),
    "PyTorch": ("{jobType: pytorch}", []),
    "no framework": ("{}", ["jobType: cannot be blank"]),
    "an unknown framework": ("{jobType: Horovod}", ["jobType: must be one of MPI or PyTorch"]),
    "a framework written as a value": ("{jobType: {value: MPI}}", ["jobType: must be one of MPI or PyTorch"]),
    "settings of another framework": (
        "{jobType: MPI, pyTorchJob: {value: {minReplicas: 1, maxReplicas: 2}}}",
        ["pyTorchJob: can be given only when jobType is PyTorch"],
    ),
    "settings of the other one": (
        "{jobType: PyTorch, mpiJob: {value: {slotsPerWorker: 2}}}",
        ["mpiJob: can be given only when jobType is MPI"],
    ),
    "no workers": ("{jobType: MPI, workers: {value: 0}}", ["workers: must be no less than 1"]),
    "too many workers": ("{jobType: MPI, workers: {value: 10000}}", ["workers: must be no greater than 9999"]),
    "elastic": ("{jobType: PyTorch, workers: {value: 2}, pyTorchJob: {value: {minReplicas: 1, maxReplicas: 3}}}", []),
    "elastic without a number of workers": (
        "{jobType: PyTorch, pyTorchJob: {value: {minReplicas: 2, maxReplicas: 4}}}",
        [],
    ),
    "elastic in one direction": (
        "{jobType: PyTorch, pyTorchJob: {value: {maxReplicas: 3}}}",
        [f"pyTorchJob.minReplicas: {ELASTIC.format('maxReplicas')}"],
    ),
    "elastic in the other": (
        "{jobType: PyTorch, pyTorchJob: {value: {minReplicas: 3}}}",
        [f"pyTorchJob.maxReplicas: {ELASTIC.format('minReplicas')}"],
    ),
    "elastic out of order": (
        "{jobType: PyTorch, pyTorchJob: {value: {minReplicas: 3, maxReplicas: 2}}}",
        ["pyTorchJob.maxReplicas: must be no less than 3, the value of pyTorchJob.minReplicas"],
    ),
    "fewer workers than the least": (
        "{jobType: PyTorch, workers: {value: 1}, pyTorchJob: {value: {minReplicas: 2, maxReplicas: 3}}}",
        ["workers: must be no less than 2, the value of pyTorchJob.minReplicas"],
    ),
    "more workers than the most": (
        "{jobType: PyTorch, workers: {value: 4}, pyTorchJob: {value: {minReplicas: 2, maxReplicas: 3}}}",
        ["workers: must be no greater than 3, the value of pyTorchJob.maxReplicas"],
    ),
    "a run policy": (
        "{jobType: MPI, runPolicy: {value: {cleanPodPolicy: running, activeDeadlineSeconds: 0, other: 1}}}",
        [
            "runPolicy.activeDeadlineSeconds: must be no less than 1",
            "runPolicy.other: unknown field; expected one of "
            "cleanPodPolicy, backoffLimit, activeDeadlineSeconds, ttlSecondsAfterFinished",
        ],
    ),
    "near each other": (
        "{jobType: MPI, podAffinity: {value: true}, podAffinityTopology: {value: kubernetes.io/hostname}}",
        [],
    ),
    "near in no respect": (
        "{jobType: MPI, podAffinity: {value: true}}",
        ["podAffinityTopology: cannot be blank when podAffinity is true"],
    ),
    "how near where nobody asks": (
        "{jobType: MPI, podAffinitySchedulingRule: {value: SOFT}}",
        ["podAffinitySchedulingRule: needs podAffinity to be true"],
    ),
    "a rule of none": (
        "{jobType: MPI, podAffinity: {value: true}, podAffinityTopology: {value: a}, "
        "podAffinitySchedulingRule: {value: strict}}",
        ["podAffinitySchedulingRule: must be one of hard or soft"],
    ),
}


@pytest.mark.parametrize("name", INFERENCES)
def test_inference(name: str) -> None:
    """What inference workloads refuse, case by case."""
    spec, sentences = INFERENCES[name]
    policy = "volumes: {rules: {canAdd: true}}"
    assert refused({**PORT, **yaml.safe_load(spec)}, policy=policy, kind=INFERENCE) == sentences


FEATURE = "Knative accepts it only if its administrator has turned on kubernetes."
NOTES: dict[str, tuple[str, list[str]]] = {
    "nothing": ("{}", []),
    "what is false or empty": (
        "{runAsUser: {value: false}, mountPropagation: {value: false}, tolerations: {items: {}}}",
        [],
    ),
    "what an administrator turns on": (
        "{nodeType: {value: dgx}, nodePools: {value: a b}, runAsUser: {value: true}, runAsUid: {value: 1}, "
        "mountPropagation: {value: true}, tolerations: {items: {a: {value: {operator: Exists, key: k}}}}, "
        "gitSync: {items: {a: {value: {source: 'https://g/a', target: /code}}}}}",
        [
            f"gitSync: {FEATURE}podspec-init-containers",
            f"mountPropagation: {FEATURE}podspec-volumes-mount-propagation",
            f"runAsUser: {FEATURE}podspec-securitycontext",
            f"nodeType: {FEATURE}podspec-nodeselector",
            f"nodePools: {FEATURE}podspec-affinity",
            f"tolerations: {FEATURE}podspec-tolerations",
        ],
    ),
    "claims, each as it is used": (
        "{pvcs: {items: {a: {value: {size: 1G, path: /a}}, b: {value: {size: 1G, path: /b, readOnly: true}}, "
        "c: {value: {size: 1G, path: /c, ephemeral: true}}}}}",
        [
            f"pvcs.a: {FEATURE}podspec-persistent-volume-claim, kubernetes.podspec-persistent-volume-write",
            f"pvcs.b: {FEATURE}podspec-persistent-volume-claim",
            f"pvcs.c: {FEATURE}podspec-volumes-ephemeral",
        ],
    ),
    "what reaches the node": (
        "{hostIpc: {value: true}, hostNetwork: {value: true}, capabilities: {items: {KILL: {}}}, "
        "volumes: {items: {a: {value: {sourcePath: /a, targetPath: /a, readOnly: true}}}}}",
        [
            f"capabilities: {FEATURE}containerspec-addcapabilities",
            f"hostIpc: {FEATURE}podspec-hostipc",
            f"hostNetwork: {FEATURE}podspec-hostnetwork, kubernetes.podspec-dnspolicy",
            f"volumes.a: {FEATURE}podspec-volumes-hostpath",
        ],
    ),
    "ways to the workload, which Knative chooses": (
        "{ports: {items: {a: {value: {container: 80}}, b: {value: {container: 81}}}}, "
        "serviceType: {value: clusterip}, exposedUrls: {items: {a: {value: {container: 80}}}}}",
        [
            "serviceType: has no effect, since Knative decides how requests reach the workload",
            "exposedUrls: has no effect, since Knative decides how requests reach the workload",
            "ports.b: has no effect, since requests are sent to one port only, that of ports.a",
        ],
    ),
}


@pytest.mark.parametrize("name", NOTES)
def test_notes_on_inference(name: str) -> None:
    """What inference workloads note about Knative, case by case."""
    spec, notes = NOTES[name]
    add, edit = {"rules": {"canAdd": True}}, {"rules": {"canEdit": True}}
    policy = {"volumes": add, "capabilities": add, "hostIpc": edit, "hostNetwork": edit}
    assert list(resolved({**PORT, **yaml.safe_load(spec)}, policy=policy, kind=INFERENCE).notes) == notes


@pytest.mark.parametrize("scheduler", [None, *Scheduler])
def test_knative_must_be_let_know_of_schedulers_that_pods_name(scheduler: Scheduler | None) -> None:
    """A note names the Knative feature that a scheduler needs, and only for inference."""
    found = resolve(INFERENCE, workload({"image": {"value": "python"}, **PORT}), None, scheduler=scheduler)
    named = scheduler in (Scheduler.KAI, Scheduler.RUNAI)
    assert list(found.notes) == ([f"scheduler {scheduler}: {FEATURE}podspec-schedulername"] if named else [])
    assert resolve(TRAINING, workload({"image": {"value": "python"}}), None, scheduler=scheduler).notes == ()


def test_only_inference_workloads_are_told_of_knative() -> None:
    """Other kinds never mention Knative."""
    assert resolved("nodeType: {value: dgx}").notes == ()


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distribution(name: str) -> None:
    """What distributed workloads refuse, case by case."""
    spec, sentences = DISTRIBUTIONS[name]
    assert refused(spec, kind=DISTRIBUTED) == sentences


@pytest.mark.parametrize(("kind", "least"), [(INFERENCE, PORT), (DISTRIBUTED, TORCH)], ids=["inference", "distributed"])
def test_the_least_that_a_workload_states(kind: Kind, least: dict[str, object]) -> None:
    """The fewest values that each kind accepts."""
    assert resolved(least, kind=kind).values_set["imagePullPolicy"] == "Always"


def test_a_framework_comes_from_the_base_and_is_no_policys_to_give() -> None:
    """jobType may come from the base workload and never from a policy."""
    assert resolved({}, MPI, kind=DISTRIBUTED).values_set["jobType"] == "MPI"
    assert refused(MPI, policy="jobType: {value: MPI}", kind=DISTRIBUTED) == [
        "jobType: cannot be governed by a policy (in the policy)"
    ]


@pytest.mark.parametrize("default", ["{slotsPerWorker: 4}", "{value: {slotsPerWorker: 4}}"])
def test_both_forms_of_a_default_that_is_an_object(default: str) -> None:
    """A policy's default for an object may be flat or nested."""
    found = resolved(MPI, policy=f"mpiJob: {{value: {default}, rules: {{canEdit: false}}}}", kind=DISTRIBUTED)
    assert found.values_set["mpiJob"] == {"slotsPerWorker": 4}
