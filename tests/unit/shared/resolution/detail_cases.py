"""Which detailed parameters may be combined, and the sentence for each invalid combination."""

from shared.parameters import sentences
from shared.parameters.kinds import DEPLOYMENT, INTERACTIVE, TRAINING, Kind

PVC = "pvcs: {items: {a: {value: {path: /a, %s}}}}"
GIT = "gitSync: {items: {a: {value: {source: 'https://g/a', target: /a, %s}}}}"
BEAR = "tolerations: {items: {a: {value: {key: k, %s}}}}"
HOST = "gives access to the node, which is refused unless the policy grants it:"
EDIT = "{rules: {canEdit: true}}"
ADD = "{rules: {canAdd: true}}"
OPEN = "opens a port to everybody who reaches the cluster, which is refused unless the policy grants it:"
BALANCED = f"{OPEN} serviceType: {{rules: {{options: [loadbalancer]}}}}"
NODEPORT = f"{OPEN} serviceType: {{rules: {{options: [nodeport]}}}}"
SERVER = (
    "uses a file server, which cannot check who reads, which is refused unless the policy grants it: "
    "volumes: {itemRules: {nfsServer: {options: [n]}}}"
)
PART = "needs a fraction of a GPU, or gpuMemory"
MPI = "cannot be combined with mpi"
MUCH = ", ".join(f"a{number}: {{value: {'x' * 31_000}}}" for number in range(8))

CASES: dict[str, tuple[Kind, str, list[str]]] = {
    # ------------------------------------------------------------ GPUs
    "a part of a split GPU and a whole one": (
        TRAINING,
        "{gpu: {value: 1}, migProfile: {value: 1g.5gb}}",
        ["migProfile: cannot be given together with gpu; give one of them"],
    ),
    "three ways to have a GPU": (
        TRAINING,
        "{gpu: {value: 1}, migProfile: {value: 1g.5gb}, gpuMemory: {value: 1G}}",
        [
            "gpuMemory: cannot be given together with gpu; give one of them",
            "migProfile: cannot be given together with gpu; give one of them",
        ],
    ),
    "a limit of no GPU": (TRAINING, "gpuLimit: {value: 1G}", [f"gpuLimit: {PART}"]),
    "a limit of a whole GPU": (TRAINING, "{gpu: {value: 1}, gpuLimit: {value: 1G}}", [f"gpuLimit: {PART}"]),
    "a limit of a fraction": (TRAINING, "{gpu: {value: '0.5'}, gpuLimit: {value: 1G}}", []),
    "a limit of a GPU that cannot be read": (
        TRAINING,
        "{gpu: {value: none}, gpuLimit: {value: 1G}}",
        ["gpu: must be a whole number of GPUs, or a fraction of one GPU such as 0.5"],
    ),
    "a limit below the memory": (
        TRAINING,
        "{gpuMemory: {value: 1Gi}, gpuLimit: {value: 1G}}",
        ["gpuLimit: must be no less than 1Gi, the value of gpuMemory"],
    ),
    "a limit equal to the memory": (TRAINING, "{gpuMemory: {value: 1Gi}, gpuLimit: {value: 1024Mi}}", []),
    "MPS with a whole GPU": (DEPLOYMENT, "{gpu: {value: 2}, mps: {value: true}}", [f"mps: {PART}"]),
    "MPS with a fraction": (DEPLOYMENT, "{gpu: {value: '0.5'}, mps: {value: true}}", []),
    "MPS with memory": (DEPLOYMENT, "{gpuMemory: {value: 1G}, mps: {value: true}}", []),
    "MPS turned off": (DEPLOYMENT, "{gpu: {value: 2}, mps: {value: false}}", []),
    # ------------------------------------------------------------ storage
    "a new claim without a size": (
        TRAINING, PVC % "storageClass: fast", ["pvcs.a.size: cannot be blank unless existingPvc is true"]
    ),
    "a new claim": (TRAINING, PVC % "size: 1G", []),
    "a new claim with a name": (TRAINING, PVC % "size: 1G, claimName: mine", []),
    "a claim that exists without its name": (
        TRAINING, PVC % "existingPvc: true", ["pvcs.a.claimName: cannot be blank when existingPvc is true"]
    ),
    "a claim that exists": (TRAINING, PVC % "existingPvc: true, claimName: mine", []),
    "a claim that exists and goes with the pod": (
        TRAINING,
        PVC % "existingPvc: true, claimName: mine, ephemeral: true",
        ["pvcs.a.ephemeral: cannot be given together with pvcs.a.existingPvc; give one of them"],
    ),
    "a claim of each pod with one name": (
        TRAINING,
        PVC % "size: 1G, claimName: mine, ephemeral: true",
        ["pvcs.a.claimName: cannot be given together with pvcs.a.ephemeral; give one of them"],
    ),
    "two new claims with one name": (
        TRAINING,
        "pvcs: {items: {a: {value: {path: /a, size: 1G, claimName: x}}, "
        "b: {value: {path: /b, size: 1G, claimName: x}}}}",
        ["pvcs.b.claimName: cannot be the same as pvcs.a.claimName"],
    ),
    "one claim that exists in two places": (
        TRAINING,
        "pvcs: {items: {a: {value: {path: /a, existingPvc: true, claimName: x}}, "
        "b: {value: {path: /b, existingPvc: true, claimName: x}}}}",
        [],
    ),
    "a user without a password": (
        TRAINING, GIT % "username: jane", ["gitSync.a.password: cannot be blank when gitSync.a.username is given"]
    ),
    "a password without a user": (
        TRAINING,
        GIT % "password: 'SECRET:a,b'",
        ["gitSync.a.username: cannot be blank when gitSync.a.password is given"],
    ),
    "a user with a password": (TRAINING, GIT % "username: jane, password: 'SECRET:a,b'", []),
    "one directory for everything": (
        TRAINING,
        "{volumes: {items: {v: {value: {sourcePath: /s, targetPath: /x, nfsServer: n}}}}, "
        "pvcs: {items: {p: {value: {path: /x, size: 1G}}}}, "
        "gitSync: {items: {g: {value: {source: 'https://g/a', target: /x/}}}}, "
        "s3: {items: {s: {value: {bucket: data, key: 'SECRET:a,b', secret: 'SECRET:a,b', target: //x/./}}}}}",
        [
            f"volumes.v.nfsServer: {SERVER}",
            "pvcs.p.path: cannot be the same as volumes.v.targetPath",
            "gitSync.g.target: cannot be the same as volumes.v.targetPath",
            "s3.s.target: cannot be the same as volumes.v.targetPath",
        ],
    ),
    "a claim in place of the home directory": (
        TRAINING,
        "{createHomeDir: {value: true}, pvcs: {items: {p: {value: {path: /home/runai-home, size: 1G}}}}}",
        ["pvcs.p.path: cannot be the same as createHomeDir"],
    ),
    # ------------------------------------------------------------ addresses
    "a port numbered by both": (
        INTERACTIVE,
        "ports: {items: {a: {value: {container: 80, external: 80, autoGenerate: true}}}}",
        ["ports.a.external: cannot be given together with autoGenerate; give one of them"],
    ),
    "ports numbered by themselves": (
        INTERACTIVE,
        "ports: {items: {a: {value: {container: 80, autoGenerate: true}}, b: {value: {container: 80}}}}",
        [],
    ),
    "one number in two services": (
        INTERACTIVE,
        "ports: {items: {a: {value: {container: 80}}, b: {value: {container: 80, serviceType: LoadBalancer}}}}",
        [f"ports.b.serviceType: {BALANCED}"],
    ),
    "one number twice in a service of its own": (
        INTERACTIVE,
        "ports: {items: {a: {value: {container: 80, serviceType: LoadBalancer}}, "
        "b: {value: {container: 81, external: 80, serviceType: loadbalancer}}}}",
        [
            "ports.b.external: cannot be the same as ports.a.external",
            *(f"ports.{label}.serviceType: {BALANCED}" for label in ("a", "b")),
        ],
    ),
    "a port of nodes by the item's own word": (
        INTERACTIVE,
        "ports: {items: {a: {value: {container: 80, external: 80, serviceType: NodePort}}}}",
        [
            "ports.a.external: must be from 30000 to 32767 when serviceType is nodeport",
            f"ports.a.serviceType: {NODEPORT}",
        ],
    ),
    "a port of another service where nodes are meant": (
        INTERACTIVE,
        "{serviceType: {value: nodeport}, "
        "ports: {items: {a: {value: {container: 80, external: 80, serviceType: ClusterIP}}}}}",
        [f"serviceType: {NODEPORT}"],
    ),
    "an Ingress without ports": (
        INTERACTIVE, "serviceType: {value: ingress}", ["serviceType: ports must be provided when exposing a service"]
    ),
    "TensorBoard's service": (
        INTERACTIVE,
        "{serviceType: {value: ingress}, tensorboard: {value: true}}",
        ["serviceType: ports must be provided when exposing a service"],
    ),
    "a port exposed twice": (
        INTERACTIVE,
        "exposedUrls: {items: {a: {value: {container: 80}}, b: {value: {container: 80}}}}",
        ["exposedUrls.b.container: cannot be the same as exposedUrls.a.container"],
    ),
    "an address of one's own": (
        INTERACTIVE,
        "exposedUrls: {items: {a: {value: {container: 80, url: 'https://intranet.example.com'}}}}",
        [
            "exposedUrls.a.url: uses an address of the whole cluster, which is refused unless the policy grants it: "
            "exposedUrls: {itemRules: {url: {options: [https://intranet.example.com]}}}"
        ],
    ),
    # ------------------------------------------------------------ rights and placement
    "a user without a number": (
        TRAINING, "runAsUser: {value: true}", ["runAsUid: cannot be blank when runAsUser is true"]
    ),
    "a user whose number cannot be read": (
        TRAINING, "{runAsUser: {value: true}, runAsUid: {value: jane}}", ["runAsUid: must be a whole number"]
    ),
    "a user with a number": (TRAINING, "{runAsUser: {value: true}, runAsUid: {value: 0}}", []),
    "numbers without a user": (
        TRAINING,
        "{runAsUid: {value: 1}, runAsGid: {value: 2}, supplementalGroups: {value: '3'}}",
        [f"{name}: needs runAsUser to be true" for name in ("runAsUid", "runAsGid", "supplementalGroups")],
    ),
    "numbers below nothing": (
        TRAINING,
        "{runAsUser: {value: true}, runAsUid: {value: -1}, runAsGid: {value: 2147483648}}",
        ["runAsUid: must be no less than 0", "runAsGid: must be no greater than 2147483647"],
    ),
    "a capability": (
        TRAINING, "capabilities: {items: {NET_ADMIN: {}}}", [f"capabilities.NET_ADMIN: {HOST} capabilities: {ADD}"]
    ),
    "the node's memory": (TRAINING, "hostIpc: {value: true}", [f"hostIpc: {HOST} hostIpc: {EDIT}"]),
    "the node's network": (TRAINING, "hostNetwork: {value: true}", [f"hostNetwork: {HOST} hostNetwork: {EDIT}"]),
    "more rights": (
        TRAINING,
        "allowPrivilegeEscalation: {value: true}",
        [f"allowPrivilegeEscalation: {HOST} allowPrivilegeEscalation: {EDIT}"],
    ),
    "nothing of the node": (
        TRAINING,
        "{hostIpc: {value: false}, hostNetwork: {value: false}, allowPrivilegeEscalation: {value: false}}",
        [],
    ),
    "a pool under both names": (
        TRAINING,
        "{nodePool: {value: a}, nodePools: {value: a}}",
        ["nodePools: cannot be given together with nodePool; give one of them"],
    ),
    "a taint compared with nothing": (
        TRAINING, BEAR % "operator: Equal", ["tolerations.a.value: cannot be blank when operator is Equal"]
    ),
    "a taint compared with empty text": (TRAINING, BEAR % "operator: Equal, value: ''", []),
    "a taint whose value does not count": (
        TRAINING,
        BEAR % "operator: Exists, value: x",
        ["tolerations.a.value: can be given only when operator is Equal"],
    ),
    "seconds without being driven away": (
        TRAINING,
        BEAR % "operator: Exists, effect: NoSchedule, seconds: 5",
        ["tolerations.a.seconds: can be given only when effect is NoExecute"],
    ),
    "seconds for any effect": (
        TRAINING,
        BEAR % "operator: Exists, seconds: 5",
        ["tolerations.a.seconds: can be given only when effect is NoExecute"],
    ),
    "seconds until driven away": (TRAINING, BEAR % "operator: Exists, effect: NoExecute, seconds: 5", []),
    # ------------------------------------------------------------ tools
    "a token of no notebook": (INTERACTIVE, "notebookToken: {value: abc}", ["notebookToken: needs jupyter to be true"]),
    "a token of a notebook": (INTERACTIVE, "{notebookToken: {value: abc}, jupyter: {value: true}}", []),
    "a directory of no TensorBoard": (
        INTERACTIVE, "tensorboardLogdir: {value: /a}", ["tensorboardLogdir: needs tensorboard to be true"]
    ),
    "a directory of TensorBoard that is none": (
        INTERACTIVE,
        "{tensorboardLogdir: {value: a}, tensorboard: {value: true}}",
        ["tensorboardLogdir: must be an absolute path, starting with '/', without ':' and '..'"],
    ),
    "workers of no MPI job": (
        TRAINING,
        "{processes: {value: 2}, slotsPerWorker: {value: 2}}",
        ["processes: needs mpi to be true", "slotsPerWorker: needs mpi to be true"],
    ),
    "too few workers": (
        INTERACTIVE,
        "{mpi: {value: true}, processes: {value: 0}, slotsPerWorker: {value: 0}}",
        ["processes: must be no less than 1", "slotsPerWorker: must be no less than 1"],
    ),
    "an MPI job": (TRAINING, "{mpi: {value: true}, processes: {value: 2}, backoffLimit: {value: 1}}", []),
    "an MPI job of more workers than can be named": (
        TRAINING, "{mpi: {value: true}, processes: {value: 20000}}", ["processes: must be no greater than 9999"]
    ),
    "what an interactive MPI job cannot have": (
        INTERACTIVE,
        "{mpi: {value: true}, jupyter: {value: true}, tensorboard: {value: true}, serviceType: {value: ingress}, "
        "ports: {items: {a: {value: {container: 80}}}}, exposedUrls: {items: {a: {value: {container: 80}}}}}",
        [f"{name}: {MPI}" for name in ("ports", "serviceType", "exposedUrls", "jupyter", "tensorboard")],
    ),
    "what a training MPI job cannot have": (
        TRAINING,
        "{mpi: {value: true}, completions: {value: 2}, parallelism: {value: 2}, elastic: {value: true}}",
        [
            f"completions: {MPI}",
            f"parallelism: {MPI}",
            "elastic: cannot be given together with parallelism; give one of them",
            f"elastic: {MPI}",
        ],
    ),
    "a claim called as one that is made for the job": (
        TRAINING,
        "{name: {value: j}, pvcs: {items: {a: {value: {path: /a, size: 1G}}, "
        "b: {value: {path: /b, size: 1G, claimName: pvc-j-0}}}}}",
        ["pvcs.b.claimName: cannot be the same as pvcs.a"],
    ),
    "a claim called as one that may be made for the job": (
        TRAINING,
        "{namePrefix: {value: j}, pvcs: {items: {a: {value: {path: /a, size: 1G, claimName: pvc-j-7-1}}, "
        "b: {value: {path: /b, size: 1G}}}}}",
        ["pvcs.a.claimName: cannot be the same as pvcs.b"],
    ),
    "a claim called nearly so": (
        TRAINING,
        "{name: {value: j}, pvcs: {items: {a: {value: {path: /a, size: 1G}}, "
        "b: {value: {path: /b, size: 1G, claimName: pvc-j-1}}}}}",
        [],
    ),
    "more annotations than an object can hold": (
        TRAINING,
        f"annotations: {{items: {{{MUCH}}}}}",
        ["annotations: must be no larger than 240 KiB in total"],
    ),
    "more pods at a time than Kubernetes runs": (
        TRAINING,
        "{parallelism: {value: 100001}, completions: {value: 200000}}",
        ["parallelism: must be no greater than 100000"],
    ),
    "an address of more than a name can have": (
        TRAINING,
        f"exposedUrls: {{items: {{a: {{value: {{container: 80, url: 'http://{'a.' * 150}b'}}}}}}}}",
        ["exposedUrls.a.url: " + sentences.must_be(sentences.EXPOSED_URL)],
    ),
    "an elastic job of one pod": (TRAINING, "elastic: {value: true}", []),
}  # fmt: skip
