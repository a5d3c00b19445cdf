"""Every flag, from the command line to the resource, and on to the container."""

import re
from functools import reduce
from typing import Any, Final, NamedTuple

import pytest
import yaml

from cli.shell.groups import HELP_FLAGS
from cli.submit.command import split
from cli.submit.flags import Flag, flags_by_parameter, spec_of, stated, table
from shared.outputs.build import build_all
from shared.outputs.naming import Names
from shared.parameters.derive import controls, parameters
from shared.parameters.kinds import KINDS, Kind
from shared.resolution.model import Origin, Resolved, Source
from shared.resolution.policy import compile_policy
from shared.resolution.resolve import resolve
from tests.unit.cli.submit.submits import VERBS, drafted
from tests.unit.generate.newer_flags import NEWER

GPU = "nvidia.com/gpu"
SWITCHES: Final = ("hostIpc", "hostNetwork", "allowPrivilegeEscalation", "serviceType")
ITEMS: Final = ("volumes", "capabilities", "extendedResources")
GRANTS: Final[dict[str, Any]] = {
    **{key: {"rules": {"canEdit": True}} for key in SWITCHES},
    **{key: {"rules": {"canAdd": True}} for key in ITEMS},
}
"""A policy that grants everything that the rows state."""
"""Parameters that reach the node, which the policy must mention."""


class Row(NamedTuple):
    """Command-line words, what they state, and the result."""

    line: str
    stated: dict[str, Any]
    """The part of the spec that the flag states, without `value` and `items`."""
    place: str
    """A path in the created objects; see `seen`."""
    found: Any
    verb: str = "submit"

    @property
    def whole(self) -> str:
        """The line with an image, which every job needs."""
        return self.line if {"--image", "-i"} & set(self.line.split()) else f"-i ubuntu {self.line}"


CLAIM = {"claimName": "data", "existingPvc": True, "path": "/data"}
NEW = {"size": "3Gi", "path": "/tmp/john", "readOnly": True}
SPOT = {"operator": "Equal", "key": "spot", "value": "true", "effect": "NoExecute", "seconds": 30}
SPOT_TAINT = {"operator": "Equal", "key": "spot", "value": "true", "effect": "NoExecute", "tolerationSeconds": 30}
REPOSITORY = {
    "source": "https://github.com/a/b",
    "branch": "main",
    "target": "/code",
    "username": "robot",
    "password": "SECRET:git,token",
}
STORE = {
    "bucket": "images",
    "key": "SECRET:store,key",
    "secret": "SECRET:store,secret",
    "target": "/images",
    "url": "https://minio.local:9000",
}
NEAR = {"podAffinity": True, "podAffinityTopology": "zone"}
INFERENCE = "--knative --port 8000"

ROWS = {
    "--name": Row("--name my-job", {"name": "my-job"}, "job.metadata.name", "my-job"),
    "--job-name-prefix": Row("--job-name-prefix nightly", {"namePrefix": "nightly"}, "job.metadata.name", "nightly-1"),
    "--user": Row("--user jane", {"username": "jane"}, "template.metadata.labels.user", "jane"),
    "-u": Row("-u jane", {"username": "jane"}, "template.metadata.labels.user", "jane"),
    "--workload": Row("--workload my-template", {"baseWorkload": "my-template"}, "job.kind", "RunaiJob"),
    "--template": Row("--template my-template", {"baseWorkload": "my-template"}, "job.kind", "RunaiJob"),
    "--image": Row("--image a/b:1", {"image": "a/b:1"}, "container.image", "a/b:1"),
    "-i": Row("-i a/b:1", {"image": "a/b:1"}, "container.image", "a/b:1"),
    "--image-pull-policy": Row("--image-pull-policy ifnotpresent", {"imagePullPolicy": "ifnotpresent"},
                               "container.imagePullPolicy", "IfNotPresent"),
    "--environment": Row("--environment A=1,2=3", {"environment": {"A": "1,2=3"}}, "container.env.A.value", "1,2=3"),
    "-e": Row("-e A=SECRET:s,k -e B=", {"environment": {"A": "SECRET:s,k", "B": ""}}, "container.env.A.valueFrom",
              {"secretKeyRef": {"name": "s", "key": "k"}}),
    "--label": Row("--label team=vision,tier=a", {"labels": {"team": "vision", "tier": "a"}},
                   "template.metadata.labels.tier", "a"),
    "-l": Row("-l team=vision", {"labels": {"team": "vision"}}, "template.metadata.labels.team", "vision"),
    "--annotation": Row("--annotation 'note=a, first try'", {"annotations": {"note": "a, first try"}},
                        "template.metadata.annotations.note", "a, first try"),
    "-a": Row("-a note=a", {"annotations": {"note": "a"}}, "template.metadata.annotations.note", "a"),
    "--working-dir": Row("--working-dir /w", {"workingDir": "/w"}, "container.workingDir", "/w"),
    "--stdin": Row("--stdin", {"stdin": True}, "container.stdin", True),
    "--tty": Row("--tty --stdin", {"tty": True, "stdin": True}, "container.tty", True),
    "-t": Row("-t --stdin", {"tty": True, "stdin": True}, "container.tty", True),
    "--add-capability": Row("--add-capability NET_ADMIN,sys_ptrace",
                            {"capabilities": {"NET_ADMIN": "NET_ADMIN", "sys_ptrace": "sys_ptrace"}},
                            "container.securityContext.capabilities.add", ["NET_ADMIN", "SYS_PTRACE"]),
    "--gpu": Row("--gpu 2", {"gpu": "2"}, f"container.resources.limits|{GPU}", 2),
    "-g": Row("-g 0.50", {"gpu": "0.50"}, "template.metadata.annotations.gpu-fraction", "0.5"),
    "--gpu-memory": Row("--gpu-memory 2G", {"gpuMemory": "2G"}, "template.metadata.annotations.gpu-memory", "1908"),
    "--mig-profile": Row("--mig-profile 1g.5gb", {"migProfile": "1g.5gb"},
                         "container.resources.limits|nvidia.com/mig-1g.5gb", 1),
    "--cpu": Row("--cpu 0.5", {"cpu": "0.5"}, "container.resources.requests.cpu", "0.5"),
    "--cpu-limit": Row("--cpu-limit 2", {"cpuLimit": "2"}, "container.resources.limits.cpu", "2"),
    "--memory": Row("--memory 1G", {"memory": "1G"}, "container.resources.requests.memory", "1G"),
    "--memory-limit": Row("--memory-limit 4Gi", {"memoryLimit": "4Gi"}, "container.resources.limits.memory", "4Gi"),
    "--extended-resource": Row("--extended-resource a.com/fpga=2", {"extendedResources": {"a.com/fpga": "2"}},
                               "container.resources.limits|a.com/fpga", "2"),
    "--large-shm": Row("--large-shm", {"largeShm": True}, "container.volumeMounts.0.mountPath", "/dev/shm"),
    "--volume": Row("--volume /mnt:/data:ro", {"volumes": {"volume-data": {
        "sourcePath": "/mnt", "targetPath": "/data", "readOnly": True}}}, "pod.volumes.0.hostPath.path", "/mnt"),
    "-v": Row("-v /export:/data::nfs.example.com", {"volumes": {"volume-data": {
        "sourcePath": "/export", "targetPath": "/data", "nfsServer": "nfs.example.com"}}},
        "pod.volumes.0.nfs.server", "nfs.example.com"),
    "--volumes": Row("--volumes /a:/data", {"volumes": {"volume-data": {"sourcePath": "/a", "targetPath": "/data"}}},
                     "container.volumeMounts.0.mountPath", "/data"),
    "--pvc": Row("--pvc :3Gi:/tmp/john:ro", {"pvcs": {"pvc-tmp.john": NEW}},
                 "objects.PersistentVolumeClaim/pvc-job-1-0.spec.resources.requests.storage", "3Gi"),
    "--pvc-exists": Row("--pvc-exists claimname=data,path=/data", {"pvcs": {"pvc-data": CLAIM}},
                        "pod.volumes.0.persistentVolumeClaim.claimName", "data"),
    "--pvc-new": Row("--pvc-new size=3Gi,path=/x,storageclass=fast,accessmode-rwm,ephemeral", {"pvcs": {"pvc-x": {
        "size": "3Gi", "path": "/x", "storageClass": "fast", "accessModes": "ReadWriteMany", "ephemeral": True}}},
        "pod.volumes.0.ephemeral.volumeClaimTemplate.spec.accessModes", ["ReadWriteMany"]),
    "--git-sync": Row("--git-sync source=https://github.com/a/b,branch=main,username=robot,password=SECRET:git,token",
                      {"gitSync": {"git-code": REPOSITORY}}, "pod.initContainers.0.env.GITSYNC_REF.value", "main"),
    "--s3": Row("--s3 bucket=images,key=SECRET:store,key,secret=SECRET:store,secret,url=https://minio.local:9000,"
                "target=/images", {"s3": {"s3-images": STORE}}, "pod.initContainers.0.args.2", "store:images"),
    "--mount-propagation": Row("--mount-propagation -v /mnt:/m", {"mountPropagation": True},
                               "container.volumeMounts.0.mountPropagation", "HostToContainer"),
    "--port": Row("--port 30022:22 --service-type nodeport --port 8080", {"ports": {
        "port-22": {"container": 22, "external": 30022}, "port-8080": {"container": 8080}}},
        "objects.Service/job-1.spec.ports.0.nodePort", 30022),
    "--service-type": Row("--service-type LoadBalancer --port 80", {"serviceType": "LoadBalancer"},
                          "objects.Service/job-1.spec.type", "LoadBalancer"),
    "-s": Row("-s nodeport --port 8080", {"serviceType": "nodeport"}, "objects.Service/job-1.spec.type", "NodePort"),
    "--host-ipc": Row("--host-ipc", {"hostIpc": True}, "pod.hostIPC", True),
    "--host-network": Row("--host-network", {"hostNetwork": True}, "pod.hostNetwork", True),
    "--run-as-user": Row("--run-as-user", {"runAsUser": True, "runAsUid": 1000, "runAsGid": 1001,
                                           "supplementalGroups": "100;2000"},
                         "pod.securityContext.supplementalGroups", [100, 2000]),
    "--create-home-dir": Row("--create-home-dir", {"createHomeDir": True}, "container.env.HOME.value",
                             "/home/runai-home"),
    "--allow-privilege-escalation": Row("--allow-privilege-escalation", {"allowPrivilegeEscalation": True},
                                        "container.securityContext.allowPrivilegeEscalation", True),
    "--prevent-privilege-escalation": Row("--prevent-privilege-escalation", {"allowPrivilegeEscalation": False},
                                          "container.securityContext.allowPrivilegeEscalation", False),
    "--node-type": Row("--node-type dgx", {"nodeType": "dgx"}, "pod.nodeSelector|run.ai/type", "dgx"),
    "--node-pool": Row("--node-pool a100", {"nodePool": "a100"}, "pods' pools", ["a100"]),
    "--node-pools": Row("--node-pools 'a100 v100'", {"nodePools": "a100 v100"}, "pods' pools", ["a100", "v100"]),
    "--toleration": Row("--toleration operator=Equal,key=spot,value=true,effect=NoExecute,seconds=30",
                        {"tolerations": {"toleration-spot-NoExecute": SPOT}}, "pod.tolerations.0", SPOT_TAINT),
    "--jupyter": Row("--jupyter", {"jupyter": True, "serviceType": "portforward"},
                     "objects.Service/job-1-jupyter.spec.ports.0.port", 8888),
    "--preemptible": Row("--interactive --preemptible", {"preemptible": True},
                         "job.metadata.labels.priorityClassName", "interactive-preemptible"),
    "--backoff-limit": Row("--backoff-limit 3", {"backoffLimit": 3}, "job.spec.backoffLimit", 3),
    "--backoffLimit": Row("--backoffLimit 3", {"backoffLimit": 3}, "job.spec.backoffLimit", 3),
    "--completions": Row("--completions 4", {"completions": 4}, "job.spec.completions", 4),
    "--parallelism": Row("--parallelism 2 --completions 4", {"parallelism": 2}, "job.spec.parallelism", 2),
    "--ttl-after-finish": Row("--ttl-after-finish 1h30m", {"ttlAfterFinish": "1h30m"},
                              "job.spec.ttlSecondsAfterFinished", 5400),
    "--elastic": Row("--elastic", {"elastic": True}, "template.metadata.annotations.elastic", "true"),
    "--mps": Row("--inference --mps -g 0.5", {"mps": True}, "template.metadata.annotations.mps", "true"),
    "--min-scale": Row(f"{INFERENCE} --min-scale 1", {"minScale": 1}, "scaling.min-scale", "1"),
    "--max-scale": Row(f"{INFERENCE} --max-scale 4", {"maxScale": 4}, "scaling.max-scale", "4"),
    "--metric": Row(f"{INFERENCE} --metric throughput", {"metric": "throughput"}, "scaling.metric", "rps"),
    "--metric-name": Row(f"{INFERENCE} --metric-name q --min-scale 1", {"metricName": "q"}, "scaling.metric", "q"),
    "--target": Row(f"{INFERENCE} --target 10", {"target": 10}, "scaling.target", "10"),
    "--class": Row(f"{INFERENCE} --class a.example.com", {"class": "a.example.com"}, "scaling.class", "a.example.com"),
    "--private-service-url": Row(f"{INFERENCE} --private-service-url", {"isPrivateServiceUrl": True},
                                 "job.metadata.labels|networking.knative.dev/visibility", "cluster-local"),
    "submit-mpi --processes": Row("--processes 3", {"processes": 3, "mpi": True},
                                  "job.spec.mpiReplicaSpecs.Worker.replicas", 3, "submit-mpi"),
    "submit-mpi --num-processes": Row("--num-processes 3", {"processes": 3, "mpi": True},
                                      "job.spec.mpiReplicaSpecs.Worker.replicas", 3, "submit-mpi"),
    "submit-dist --workers": Row("--workers 2", {"workers": 2, "jobType": "PyTorch"},
                                 "job.spec.pytorchReplicaSpecs.Worker.replicas", 2, "submit-dist pytorch"),
    "submit-dist --processes": Row("--processes 2", {"workers": 2, "jobType": "MPI"},
                                   "job.spec.mpiReplicaSpecs.Worker.replicas", 2, "submit-dist mpi"),
    "submit-dist --num-processes": Row("--num-processes 2", {"workers": 2, "jobType": "MPI"},
                                       "job.spec.mpiReplicaSpecs.Worker.replicas", 2, "submit-dist mpi"),
    "submit-dist --non-preemptible": Row("--non-preemptible", {"nonPreemptible": True},
                                         "job.metadata.labels.priorityClassName", "build", "submit-dist pytorch"),
    "submit-dist --min-replicas": Row("--min-replicas 1 --max-replicas 4", {"pyTorchJob": {
        "minReplicas": 1, "maxReplicas": 4}}, "job.spec.elasticPolicy.minReplicas", 1, "submit-dist pytorch"),
    "submit-dist --max-replicas": Row("--min-replicas 1 --max-replicas 4", {"pyTorchJob": {
        "minReplicas": 1, "maxReplicas": 4}}, "job.spec.elasticPolicy.maxReplicas", 4, "submit-dist pytorch"),
    "submit-dist --clean-pod-policy": Row("--clean-pod-policy All", {"runPolicy": {"cleanPodPolicy": "All"}},
                                          "job.spec.runPolicy.cleanPodPolicy", "All", "submit-dist pytorch"),
    "submit-dist --backoff-limit": Row("--backoff-limit 3", {"runPolicy": {"backoffLimit": 3}},
                                       "job.spec.runPolicy.backoffLimit", 3, "submit-dist mpi"),
    "submit-dist --backoffLimit": Row("--backoffLimit 3", {"runPolicy": {"backoffLimit": 3}},
                                      "job.spec.runPolicy.backoffLimit", 3, "submit-dist pytorch"),
    "submit-dist --preferred-pod-topology-key": Row(
        "--preferred-pod-topology-key zone", {**NEAR, "podAffinitySchedulingRule": "soft"},
        "pod.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.0.podAffinityTerm.topologyKey",
        "zone", "submit-dist pytorch"),
    "submit-dist --required-pod-topology-key": Row(
        "--required-pod-topology-key zone", {**NEAR, "podAffinitySchedulingRule": "hard"},
        "pod.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution.0.topologyKey",
        "zone", "submit-dist pytorch"),
}  # fmt: skip
"""By flag; if two verbs have a flag of the same name, by flag and verb."""
ROWS |= {flag: Row(*row) for flag, row in NEWER.items()}


@pytest.mark.parametrize("flag", ROWS)
def test_every_flag_reaches_the_resource_as_written_and_the_pod(flag: str) -> None:
    """Every flag states its value in the workload and reaches what is created, row by row."""
    row = ROWS[flag]
    made = drafted(row.whole, row.verb)
    assert made.values == {**made.values, **row.stated}
    assert seen(created(made.kind, made.spec), row.place) == row.found


PLAIN = [
    (verb, flag, name)
    for verb, command in VERBS.items()
    for flag in command.flags
    for name in flag.names
    if not (flag.itemized or flag.member or flag.negated)
]
"""Flags that state their parameter's value as a manifest does, so that the catalogue defines the result."""


@pytest.mark.parametrize(("verb", "flag", "name"), PLAIN, ids=[f"{verb} {name}" for verb, _, name in PLAIN])
def test_a_plain_flag_states_the_value_of_its_parameter(verb: str, flag: Flag, name: str) -> None:
    """A flag with a plain value states that value."""
    kind = next(kind for kind in KINDS if kind.name in flag.kinds)
    parameter = {**controls(), **parameters(kind)}[flag.parameter]
    value = yaml.safe_load(parameter.shown.example)
    words = [name] if value is True else [name, str(value)]
    with VERBS[verb].make_context(verb, words, help_option_names=HELP_FLAGS) as ctx:
        wrong: list[str] = []
        spec = spec_of(stated(VERBS[verb].flags, ctx.params, wrong))
    assert (spec, wrong) == ({flag.parameter: {"value": value} if parameter.shown.wrapped else value}, [])


def test_every_other_flag_has_its_row() -> None:
    """Every flag that is not plain has a row in the table."""
    rows, plain = {word.split()[-1] for word in ROWS}, {name for _, _, name in PLAIN}
    everywhere = {name for flag in table() for name in flag.names}
    assert {name for command in VERBS.values() for flag in command.flags for name in flag.names} == everywhere
    assert everywhere - plain <= rows <= everywhere


def test_the_page_about_parameters_tells_how_each_is_stated() -> None:
    """The page about parameters names the flags of each parameter."""
    rows = [("-i ubuntu -- a", "submit"), ("-i ubuntu --command -- a", "submit")]
    rows += [(f"-i ubuntu {row.line}", row.verb) for row in ROWS.values()]
    by_rows = {name for line, verb in rows for name in drafted(line, verb).spec}
    assert set(flags_by_parameter()) == by_rows | {flag.parameter for _, flag, _ in PLAIN}
    options = {name for command in VERBS.values() for one in command.params for name in one.opts}
    told = {words for text in flags_by_parameter().values() for words in re.findall("`([^`]+)`", text)} - {"--"}
    assert {words for words in told if words.startswith("-")} <= options
    verbs = {words.partition(" -")[0] for words in told if not words.startswith("-")}
    assert verbs == {"submit-mpi", "submit-dist mpi", "submit-dist pytorch"}


def test_every_parameter_with_a_flag_is_in_the_table() -> None:
    """Every flag of the catalogue is in the generated table."""
    shown = {(name, flag) for kind in KINDS for name, one in parameters(kind).items() for flag in one.shown.flags}
    in_table = {(flag.parameter, name) for flag in table() for name in flag.names}
    assert shown <= in_table


def test_words_after_two_dashes_belong_to_the_job() -> None:
    """Words after -- are the job's command, even if they look like flags."""
    assert split(["-i", "x"]) == (["-i", "x"], None)
    assert split(["-i", "x", "--", "sleep", "--", "1"]) == (["-i", "x"], ["sleep", "--", "1"])


def seen(objects: list[dict[str, Any]], place: str) -> Any:
    """The created value at a place: `container`, `pod`, `template`, `job`, an object, or a shorthand."""
    job = objects[-1]
    template = template_of(job)
    if place == "pods' pools":
        return pools(template["spec"])
    scaling = template["metadata"].get("annotations", {})
    views = {
        "job": job,
        "template": template,
        "pod": template["spec"],
        "container": template["spec"]["containers"][0],
        "scaling": {key.removeprefix("autoscaling.knative.dev/"): value for key, value in scaling.items()},
        "objects": {f"{one['kind']}/{one['metadata']['name']}": one for one in objects},
    }
    path, bar, key = place.partition("|")
    found = reduce(step, path.split("."), views)
    return found[key] if bar else found


def step(inside: Any, name: str) -> Any:
    if isinstance(inside, list):
        return inside[int(name)] if name.isdigit() else next(one for one in inside if one["name"] == name)
    return inside[name]


def created(kind: Kind, spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything that the submission creates, the job last, under a policy that permits every parameter."""
    policy = compile_policy(kind, {name: entry for name, entry in GRANTS.items() if name in parameters(kind)})
    base = Source(Origin.BASE, None, {}) if "baseWorkload" in spec else None
    result = resolve(kind, Source(Origin.WORKLOAD, None, spec), base, policy)
    assert isinstance(result, Resolved), result
    job = result.values_set.get("name") or f"{result.values_set.get('namePrefix', 'job')}-1"
    names = Names(str(job), "runai-team-a", "team-a", kind.workload, "w", "u")
    return build_all(kind, kind.values.model_validate(result.values_set), names)


def template_of(job: dict[str, Any]) -> dict[str, Any]:
    spec = job["spec"]
    replicas = spec.get("mpiReplicaSpecs") or spec.get("pytorchReplicaSpecs")
    template: dict[str, Any] = replicas["Worker"]["template"] if replicas else spec["template"]
    return template


def pools(pod: dict[str, Any]) -> list[str]:
    """The pools that the pods may run in."""
    affinity = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    expressions = [one for term in affinity["nodeSelectorTerms"] for one in term["matchExpressions"]]
    return [value for one in expressions for value in one["values"]]
