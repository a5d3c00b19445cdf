"""What must hold between the values that make up a pod, whatever a policy says."""

from typing import Any

import pytest
import yaml

from shared.parameters import sentences
from shared.parameters.derive import parameters
from shared.parameters.kinds import DEPLOYMENT, DISTRIBUTED, INTERACTIVE, KINDS, TRAINING, Kind
from shared.resolution.model import Origin, Provenance
from shared.resolution.policy import compile_policy
from tests.unit.shared.resolution.sources import refused, resolved

PVC = "pvcs: {items: {a: {value: {path: /a, %s}}}}"
GIT = "gitSync: {items: {a: {value: {source: 'https://g/a', target: /a, %s}}}}"
BEAR = "tolerations: {items: {a: {value: {key: k, %s}}}}"
HOST = "reaches the node itself, which is refused unless the policy mentions"
PART = "needs a fraction of a GPU, or gpuMemory"
MPI = "cannot be had together with mpi"
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
        [],
    ),
    "one number twice in a service of its own": (
        INTERACTIVE,
        "ports: {items: {a: {value: {container: 80, serviceType: LoadBalancer}}, "
        "b: {value: {container: 81, external: 80, serviceType: loadbalancer}}}}",
        ["ports.b.external: cannot be the same as ports.a.external"],
    ),
    "a port of nodes by the item's own word": (
        INTERACTIVE,
        "ports: {items: {a: {value: {container: 80, external: 80, serviceType: NodePort}}}}",
        ["ports.a.external: must be from 30000 to 32767 when serviceType is nodeport"],
    ),
    "a port of another service where nodes are meant": (
        INTERACTIVE,
        "{serviceType: {value: nodeport}, "
        "ports: {items: {a: {value: {container: 80, external: 80, serviceType: ClusterIP}}}}}",
        [],
    ),
    "an Ingress without ports": (
        INTERACTIVE, "serviceType: {value: ingress}", ["serviceType: ports must be provided when exposing a service"]
    ),
    "TensorBoard's service": (INTERACTIVE, "{serviceType: {value: nodeport}, tensorboard: {value: true}}", []),
    "a port exposed twice": (
        INTERACTIVE,
        "exposedUrls: {items: {a: {value: {container: 80}}, b: {value: {container: 80}}}}",
        ["exposedUrls.b.container: cannot be the same as exposedUrls.a.container"],
    ),
    "an address of one's own": (
        INTERACTIVE,
        "exposedUrls: {items: {a: {value: {container: 80, url: 'https://intranet.example.com'}}}}",
        [
            "exposedUrls.a.url: takes an address of the whole cluster, "
            "which is refused unless the policy mentions exposedUrls"
        ],
    ),
    # ------------------------------------------------------------ rights and place
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
        TRAINING, "capabilities: {items: {NET_ADMIN: {}}}", [f"capabilities.NET_ADMIN: {HOST} capabilities"]
    ),
    "the node's memory": (TRAINING, "hostIpc: {value: true}", [f"hostIpc: {HOST} hostIpc"]),
    "the node's network": (TRAINING, "hostNetwork: {value: true}", [f"hostNetwork: {HOST} hostNetwork"]),
    "more rights": (
        TRAINING,
        "allowPrivilegeEscalation: {value: true}",
        [f"allowPrivilegeEscalation: {HOST} allowPrivilegeEscalation"],
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
        "{mpi: {value: true}, jupyter: {value: true}, tensorboard: {value: true}, serviceType: {value: nodeport}, "
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
        ["annotations: must be no larger than 240 KiB all together"],
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


@pytest.mark.parametrize("case", CASES)
def test_what_goes_together(case: str) -> None:
    """What parameters require of each other, case by case."""
    kind, spec, told = CASES[case]
    found = refused(yaml.safe_load(spec), kind=kind)
    assert sorted(found) == sorted(told)


@pytest.mark.parametrize(
    ("spec", "parameter"),
    [
        ("hostIpc: {value: true}", "hostIpc"),
        ("hostNetwork: {value: true}", "hostNetwork"),
        ("allowPrivilegeEscalation: {value: true}", "allowPrivilegeEscalation"),
        ("capabilities: {items: {NET_ADMIN: {value: NET_ADMIN}}}", "capabilities"),
        ("exposedUrls: {items: {a: {value: {container: 80, url: 'https://a.example.com'}}}}", "exposedUrls"),
    ],
)
def test_what_the_policy_mentions_may_reach_the_node(spec: str, parameter: str) -> None:
    """What reaches the node is refused unless the policy has the parameter."""
    assert len(refused(spec, policy="gpu: {}")) == 1
    assert refused(spec, policy=f"{parameter}: {{}}") == []


def test_a_base_cannot_bring_in_what_reaches_the_node() -> None:
    """A base workload cannot bring in what reaches the node."""
    (sentence,) = refused({}, "hostNetwork: {value: true}")
    assert sentence.startswith(f"hostNetwork: {HOST} hostNetwork (base workload big has true")


MENTIONED = "{capabilities: {}, allowPrivilegeEscalation: {}}"


@pytest.mark.parametrize(
    ("items", "sentences"),
    [
        ("{NET_ADMIN: {}, a: {value: cap_kill}}", []),
        ("{a: {}}", ["capabilities.a: must be a Linux capability such as NET_ADMIN or SYS_PTRACE, or ALL"]),
        ("{a: {value: b}}", ["capabilities.a: must be a Linux capability such as NET_ADMIN or SYS_PTRACE, or ALL"]),
        ("{SYS_ADMIN: {}}", ["capabilities.SYS_ADMIN: needs allowPrivilegeEscalation to be true"]),
        ("{a: {value: all}}", ["capabilities.a: needs allowPrivilegeEscalation to be true"]),
        (
            "{NET_ADMIN: {deleted: true, value: x}}",
            ["capabilities.NET_ADMIN: cannot be deleted and have a value; give one of them"],
        ),
    ],
)  # fmt: skip
def test_capabilities_are_named_by_their_value_or_their_label(items: str, sentences: list[str]) -> None:
    """A capability is named by its value or its label, case by case."""
    assert refused(f"capabilities: {{items: {items}}}", policy=MENTIONED) == sentences


def test_all_rights_are_had_where_they_are_called_so() -> None:
    """SYS_ADMIN is accepted together with privilege escalation."""
    spec = "{capabilities: {items: {SYS_ADMIN: {}}}, allowPrivilegeEscalation: {value: true}}"
    assert refused(spec, policy=MENTIONED) == []


def test_a_policy_takes_away_a_capability_by_its_label() -> None:
    """A policy's capability can be removed by label, and others cannot be added."""
    policy = "capabilities: {items: {NET_ADMIN: {value: NET_ADMIN}}, rules: {canAdd: false}}"
    assert resolved({}, policy=policy).values_set["capabilities"] == {"NET_ADMIN": "NET_ADMIN"}
    assert (
        "capabilities" not in resolved("capabilities: {items: {NET_ADMIN: {deleted: true}}}", policy=policy).values_set
    )
    assert refused("capabilities: {items: {KILL: {}}}", policy=policy) == ["capabilities.KILL: items cannot be added"]


def test_the_strongest_of_three_ways_to_have_a_gpu_counts() -> None:
    """Of gpu, gpuMemory and migProfile the one from the strongest source counts."""
    found = resolved("migProfile: {value: 1g.5gb}", "gpuMemory: {value: 4G}", "gpu: {value: 1}")
    assert found.values_set["migProfile"] == "1g.5gb"
    assert not {"gpu", "gpuMemory"} & found.values_set.keys()
    provenance = found.provenance["migProfile"]
    assert isinstance(provenance, Provenance)
    assert [(one.origin, one.value, one.parameter) for one in provenance.beat] == [
        (Origin.POLICY, 1, "gpu"),
        (Origin.BASE, "4G", "gpuMemory"),
    ]
    assert len(found.notes) == 2


def test_a_base_that_states_two_ways_is_mended_by_stating_the_third() -> None:
    """A base workload that states two of them is mended by stating the third."""
    found = resolved("migProfile: {value: 1g.5gb}", "{gpuMemory: {value: 4G}, gpu: {value: 1}}")
    assert not {"gpu", "gpuMemory"} & found.values_set.keys()


@pytest.mark.parametrize(
    ("spec", "name", "value"),
    [
        ("tensorboard: {value: true}", "tensorboardLogdir", "/logs"),
        ("{runAsUser: {value: true}, runAsUid: {value: 1}}", "createHomeDir", True),
        ("{runAsUser: {value: true}, runAsUid: {value: 1}, createHomeDir: {value: false}}", "createHomeDir", False),
        ("{}", "createHomeDir", False),
    ],
)
def test_some_defaults_follow_from_other_values(spec: str, name: str, value: Any) -> None:
    """Defaults that follow from other values, row by row."""
    assert resolved(spec).values_set[name] == value


def test_nobody_has_a_directory_of_a_tool_that_does_not_run() -> None:
    """A default of a tool is absent if the tool is off."""
    assert "tensorboardLogdir" not in resolved({}).values_set


def test_what_the_system_knows_by_itself_has_no_effect_and_says_so() -> None:
    """A parameter without effect is noted."""
    found = resolved("ingressUrl: {value: /other}")
    assert found.notes == ("ingressUrl: has no effect, since the system knows it by itself",)
    assert resolved({}).notes == ()


def test_what_a_claim_cannot_heed_has_no_effect_and_says_so() -> None:
    """Members that do not apply to an existing claim are noted."""
    there, block = "existingPvc: true, claimName: c", "volumeMode: Block, readOnly: true"
    size = "size: 1G, storageClass: fast, accessModes: ReadWriteOnce"
    assert resolved(PVC % f"{there}, {size}, {block}").notes == (
        "pvcs.a.size: has no effect on a claim that exists already",
        "pvcs.a.storageClass: has no effect on a claim that exists already",
        "pvcs.a.accessModes: has no effect on a claim that exists already",
    )
    assert resolved(PVC % f"size: 1G, ephemeral: true, {block}").notes == (
        "pvcs.a.readOnly: has no effect on the device of an ephemeral claim, which can always be written",
    )
    for heeded in (there, size, f"{size}, {block}", f"{size}, ephemeral: true, readOnly: true"):
        assert resolved(PVC % heeded).notes == ()


def test_a_label_that_is_not_the_users_to_set_is_left_out_with_a_note() -> None:
    """A reserved label is left out with a note."""
    found = resolved({"labels": {"items": {"team": {"value": "a"}, "release": {"value": "b"}}}})
    assert found.notes == (
        "labels.release: left out, since this key is set by Slipway, the scheduler or Kubernetes itself",
    )


def test_a_variable_that_is_not_the_users_to_set_is_left_out_with_a_note() -> None:
    """A reserved variable is left out with a note."""
    spec = {"environment": {"items": {name: {"value": "x"} for name in ("RUNAI_JOB_NAME", "JUPYTER_PORT", "MINE")}}}
    note = "left out, since this variable is set by Slipway"
    assert resolved(spec).notes == (f"environment.RUNAI_JOB_NAME: {note}",)
    with_notebook = resolved({**spec, "jupyter": {"value": True}}, kind=INTERACTIVE)
    assert with_notebook.notes == (f"environment.RUNAI_JOB_NAME: {note}", f"environment.JUPYTER_PORT: {note}")


def test_an_mpi_job_of_another_user_than_root_is_told_what_its_image_needs() -> None:
    """An MPI job that does not run as root notes what its image needs."""
    user = {"runAsUser": {"value": True}, "runAsUid": {"value": 1000}}
    (note,) = resolved({**user, "mpi": {"value": True}}, kind=TRAINING).notes
    assert note == sentences.needs_ssh_of_user()
    assert resolved({**user, "jobType": "MPI"}, kind=DISTRIBUTED).notes == (note,)
    assert resolved(user, kind=TRAINING).notes == ()


def referring(count: int) -> dict[str, Any]:
    clone = {"source": "https://g/a", "username": "jane"}
    return {
        "environment": {"items": {"A": {"value": "SECRET:s0,key"}}},
        "gitSync": {
            "items": {
                f"g{n}": {"value": {**clone, "target": f"/g{n}", "password": f"SECRET:s{n},key"}} for n in range(1, 8)
            }
        },
        "s3": {
            "items": {
                f"o{n}": {
                    "value": {
                        "bucket": "data", "target": f"/o{n}", "key": f"SECRET:s{n},key", "secret": f"SECRET:s{n},other"
                    }
                }
                for n in range(8, count - 1)
            }
        },
        "jupyter": {"value": True},
        "notebookToken": {"value": f"SECRET:s{count},token"},
    }  # fmt: skip


def test_secrets_are_counted_wherever_they_are_referred_to() -> None:
    """References to Secrets are counted over all parameters."""
    assert refused(referring(16)) == []
    assert refused(referring(17)) == ["environment: no more than 16 different Secrets can be referred to"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_policy_binds_every_member_of_every_item_and_value(kind: Kind) -> None:
    """`itemRules` know the members of whatever is itemized, `memberRules` those of whatever is an object."""
    bound = []
    for name, parameter in parameters(kind).items():
        members = list(parameter.members) or (["value"] if parameter.itemized else [])
        if members:
            rules: dict[str, Any] = {member: {"required": True, "canEdit": False} for member in members}
            policy = compile_policy(kind, {name: {"itemRules" if parameter.itemized else "memberRules": rules}})
            assert not policy.layer.violations
            assert [one.member.name for one in policy.rules[name].members] == members
            bound.append(name)
    itemized = [name for name, parameter in parameters(kind).items() if parameter.itemized]
    assert bound == [*itemized, *(["mpiJob", "pyTorchJob", "runPolicy"] if kind is DISTRIBUTED else [])]


@pytest.mark.parametrize(
    ("policy", "spec", "sentence"),
    [
        ("pvcs: {itemRules: {size: {max: 1Ti}}}", PVC % "size: 2T", "pvcs.a.size: must be no greater than 1Ti"),
        (
            "pvcs: {itemRules: {storageClass: {options: [slow, {value: safe, displayed: Safe}]}}}",
            PVC % "size: 1G, storageClass: fast",
            "pvcs.a.storageClass: must be a valid value: slow, safe",
        ),
        (
            "pvcs: {itemRules: {accessModes: {options: [ReadWriteOnce]}}}",
            PVC % "size: 1G, accessModes: readwritemany",
            "pvcs.a.accessModes: must be a valid value: ReadWriteOnce",
        ),
        (
            "pvcs: {itemRules: {storageClass: {required: true}}}",
            PVC % "size: 1G",
            "pvcs.a.storageClass: cannot be blank",
        ),
        (
            "tolerations: {itemRules: {seconds: {max: 60}}}",
            BEAR % "operator: Exists, effect: NoExecute, seconds: 61",
            "tolerations.a.seconds: must be no greater than 60",
        ),
        ("gitSync: {itemRules: {rev: {required: true}}}", GIT % "branch: main", "gitSync.a.rev: cannot be blank"),
        (
            "runAsUid: {rules: {min: 1000}}",
            "{runAsUser: {value: true}, runAsUid: {value: 0}}",
            "runAsUid: must be no less than 1000",
        ),
        ("nodeType: {rules: {options: [dgx]}}", "nodeType: {value: cpu}", "nodeType: must be a valid value: dgx"),
        (
            "migProfile: {rules: {options: [1g.5gb]}}",
            "migProfile: {value: 7g.80gb}",
            "migProfile: must be a valid value: 1g.5gb",
        ),
        (
            "gpuLimit: {rules: {max: 1G}}",
            "{gpuMemory: {value: 1M}, gpuLimit: {value: 1Gi}}",
            "gpuLimit: must be no greater than 1G",
        ),
        (
            "extendedResources: {rules: {canAdd: false}}",
            "extendedResources: {items: {a.b/c: {value: 1}}}",
            "extendedResources.a.b/c: items cannot be added",
        ),
    ],
)  # fmt: skip
def test_policies_govern_the_new_parameters(policy: str, spec: str, sentence: str) -> None:
    """Policies apply to every parameter, case by case."""
    assert refused(spec, policy=policy) == [sentence]
