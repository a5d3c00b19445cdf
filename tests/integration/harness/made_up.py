"""Random workloads, templates and policies, made from the catalogue and from what users are known to write.

Everything comes from one seed, so that you can reproduce a failure. Most values are plausible: at the limits of what
is allowed, in odd notations, in unusual combinations. A few are arbitrary.
"""

import random
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import yaml

from shared.objects import JsonObject
from shared.parameters.derive import Member, Parameter, parameters
from shared.parameters.forms import Family
from shared.parameters.kinds import Kind
from shared.parameters.rules import OF_ITEMIZED, OF_ITEMS, Rule, fitting
from shared.schedulers import Scheduler

MOST: Final = 2**31 - 1
PATHS: Final = (
    *("/a", "/b/c", "/", "/dev/shm", "/home/runai-home", "/logs", "/logs/x", "/x//y/", "/é", "/a b", "/$(HOME)", "/.."),
)
NAMES: Final = ("a", "data-1", "a.b", "x" * 63, "x" * 253)
WORDS: Final = ("", " ", "-1", "0.5", "1e999", "1Gi", "9" * 64, "always", "a", "/a", "SECRET:", "é", "a\nb")

VALUES: Final[dict[str, tuple[Any, ...]]] = {
    "username": ("jane", "a@b", '"q"'),
    "name": ("a", "x" * 50, "tensorboard", "git-sync-0", "a-b", "-"),
    "image": ("ubuntu", "a/b:c@sha256:0", "é"),
    "command": ("sleep 1", "bash -c 'x'"),
    "arguments": ("--a ${RUNAI_PROJECT}",),
    "imagePullPolicy": ("never", "Always"),
    "workingDir": ("/w", "/"),
    "gpu": ("1", "0.5", "0", "1000", str(2**63 - 1)),
    "gpuMemory": ("1G", "0", "1n"),
    "gpuLimit": ("2G", "8191P"),
    "cpu": ("1", "0.0001", "0", ".5"),
    "cpuLimit": ("2", "0.5"),
    "memory": ("1G", "1", "0.5", "1m", "1e3"),
    "memoryLimit": ("2G", "1Gi"),
    "serviceType": ("nodeport", "loadbalancer", "ingress", "clusterip", "portforward"),
    "runAsUid": (0, 1000, MOST),
    "runAsGid": (0, 5, MOST),
    "supplementalGroups": ("1;2", f"0,{MOST}"),
    "nodeType": ("dgx", "x" * 63),
    "nodePools": ("a b default", "default"),
    "notebookToken": ("abc", "SECRET:a,b", "$(X)"),
    "tensorboardLogdir": PATHS,
    "backoffLimit": (0, MOST),
    "completions": (1, 5, MOST),
    "processes": (1, 9999, 10_000),
    "workers": (1, 4, 9999),
    "ttlAfterFinish": ("0", "1.5s", "596523h"),
    "replicas": (0, 3, MOST),
    "jobType": ("MPI", "PyTorch"),
    "class": ("kpa.autoscaling.knative.dev", "hpa.autoscaling.knative.dev"),
}
"""Values to try for parameters with a single value, in addition to the catalogue's examples."""
GOES_WITH: Final = {
    "runAsUid": "runAsUser",
    "runAsGid": "runAsUser",
    "supplementalGroups": "runAsUser",
    "tensorboardLogdir": "tensorboard",
    "notebookToken": "jupyter",
    "processes": "mpi",
    "slotsPerWorker": "mpi",
    "tty": "stdin",
}
"""Parameters that only make sense together with a switch."""
OF_ITEM: Final = {"items": {"a.b/c": {"rules": {"canEdit": True}}}}
GRANTS: Final[dict[str, JsonObject]] = {
    **{key: {"rules": {"canAdd": True}} for key in ("capabilities", "volumes", "exposedUrls", "extendedResources")},
    **{key: {"rules": {"canEdit": True}} for key in ("hostIpc", "hostNetwork", "allowPrivilegeEscalation")},
    **{key: {"rules": {"canEdit": True}} for key in ("serviceType", "gpuMemory", "migProfile", "nodePool")},
    **dict.fromkeys(("labels", "annotations"), OF_ITEM),
}
"""What a policy states to grant what reaches beyond the pods, by parameter."""
REACH_THE_HOST: Final = ("mountPropagation", *GRANTS)
"""Parameters that are only allowed if a policy mentions them."""


class MadeUp:
    """The random resources of one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def scheduler(self) -> Scheduler:
        """Any scheduler that jobs can be created for."""
        return self._random.choice(list(Scheduler))

    def workload(self, kind: Kind) -> JsonObject:
        """The spec of a plausible workload."""
        spec = self._some(kind, self._random.randint(0, 9))
        spec.setdefault("image", {"value": "ubuntu"})
        if kind.name == "distributed":
            spec.setdefault("jobType", self._random.choice(VALUES["jobType"]))
        for name, switch in GOES_WITH.items():
            if name in spec and switch in parameters(kind):
                spec[switch] = {"value": True}
        if spec.get("runAsUser") == {"value": True}:
            spec.setdefault("runAsUid", {"value": 7})
        return spec

    def base(self, kind: Kind) -> JsonObject:
        """The spec of a template."""
        return {**self._some(kind, self._random.randint(0, 5)), "usage": "Template"}

    def policy(self, kind: Kind) -> JsonObject:
        """The spec of a policy that allows access to the host, and may set defaults and rules for anything."""
        known = parameters(kind)
        spec: JsonObject = {name: GRANTS.get(name, {}) for name in REACH_THE_HOST if name in known}
        for name in self._random.sample(list(known), self._random.randint(0, 4)):
            if known[name].shown.wrapped:
                spec[name] = self._policy_entry(known[name])
        return spec

    def _some(self, kind: Kind, count: int) -> JsonObject:
        known = parameters(kind)
        chosen = self._random.sample(list(known), count)
        return {name: self._entry(known[name]) for name in chosen}

    def _entry(self, parameter: Parameter) -> Any:
        if not parameter.shown.wrapped:
            return self._value(parameter)
        if not parameter.itemized:
            return {"value": self._value(parameter)}
        items: JsonObject = {}
        for _ in range(self._random.randint(1, 3)):
            label, value = self._item(parameter)
            items[label] = {"deleted": True} if self._random.random() < 0.05 else {"value": value}
        return {"items": items}

    def _value(self, parameter: Parameter) -> Any:
        shown = _example(parameter.shown.example)
        usual = (shown, *VALUES.get(parameter.name, ()))
        match parameter.family:
            case Family.BOOLEAN:
                return self._random.random() < 0.9
            case Family.INTEGER:
                return self._pick((*usual, 1, 2), (-1, 0, MOST, MOST + 1))
            case Family.OBJECT:
                return OBJECTS[parameter.name](self._random)
            case _:
                return self._pick(usual, WORDS)

    def _pick(self, usual: tuple[Any, ...], odd: tuple[Any, ...]) -> Any:
        return self._random.choice(odd if self._random.random() < 0.05 else usual)

    def _item(self, parameter: Parameter) -> tuple[str, Any]:
        if made := ITEMS.get(parameter.name):
            return made(self._random)
        ((label, item),) = _example(parameter.shown.example).items()
        return label, item["value"]

    def _policy_entry(self, parameter: Parameter) -> JsonObject:
        members = {
            name: self._rules(fitting(member.family), member)
            for name, member in parameter.governed_members.items()
            if self._random.random() < 0.3
        }
        if parameter.itemized:
            label, value = self._item(parameter)
            item = {"value": value, "rules": self._rules(OF_ITEMS, parameter)}
            rules = self._rules(OF_ITEMIZED, parameter)
            return {"rules": rules, "itemRules": members, "items": {label: item}}
        entry: JsonObject = {"value": self._value(parameter)} if self._random.random() < 0.6 else {}
        if parameter.members:
            entry["memberRules"] = members
        return {**entry, "rules": self._rules(fitting(parameter.family), parameter)}

    def _rules(self, known: Sequence[type[Rule]], of: Parameter | Member) -> JsonObject:
        """Some of the rules that fit, each of which most values satisfy."""
        usual = {str(value) for value in VALUES.get(of.name, ())} | {"a", "b"}
        of_options = [*sorted(usual), *({"value": text, "displayed": text} for text in sorted(usual))]
        bounds = BOUNDS.get(of.family, ())
        raw: dict[str, Callable[[], Any]] = {
            "required": lambda: self._random.random() < 0.2,
            "min": lambda: self._random.choice(bounds[:2]),
            "max": lambda: self._random.choice(bounds[1:]),
            "step": lambda: self._random.choice(bounds[1:2]),
            "options": lambda: self._random.sample(of_options, len(of_options) - 1),
        }
        often = 0.3 if len(known) > 2 else 0.5
        flag = lambda: self._random.random() < 0.8  # noqa: E731 - as the others
        return {rule.name: raw.get(rule.name, flag)() for rule in known if self._random.random() < often}


BOUNDS: Final[dict[Family, tuple[Any, ...]]] = {
    Family.INTEGER: (0, 1, 3, MOST),
    Family.NUMBER: ("0", "0.5", "2", "1000000000000000000"),
    Family.QUANTITY: ("0", "1", "2", "100G", "1e18"),
    Family.DURATION: ("0", "1s", "596523h"),
}
"""Amounts in ascending order; the second one is small enough for a step."""


@cache
def _example(text: str) -> Any:
    return yaml.safe_load(text)


def _some_of(r: random.Random, *more: JsonObject) -> JsonObject:
    return r.choice(({}, *more))


def _claim(r: random.Random) -> JsonObject:
    sized = {"size": r.choice(("1G", "1", "1m", "0.5", "1e3"))}
    return r.choice(
        (
            sized,
            {"existingPvc": True, "claimName": r.choice(NAMES)},
            {**sized, "ephemeral": True},
            {**sized, "volumeMode": "block"},
            {**sized, "claimName": r.choice(NAMES)},
            {**sized, "storageClass": r.choice(NAMES)},
        )
    )


def _toleration(r: random.Random) -> JsonObject:
    return r.choice(
        (
            {"operator": "Exists", "key": r.choice(("k", "a.b/c"))},
            {"operator": "Equal", "key": "k", "value": r.choice(("", "v"))},
            {"operator": "Exists", "key": "k", "effect": "NoExecute", "seconds": r.choice((0, MOST))},
        )
    )


URLS: Final = ("https://a.b/c", "http://x", "https://a-b.c/d/", "https://" + "x" * 64 + ".com", "https://a/~b._-")
ITEMS: Final[dict[str, Callable[[random.Random], tuple[str, Any]]]] = {
    "environment": lambda r: (
        r.choice(("A", "b.c", "HOME", "RUNAI_PROJECT", "JUPYTER_TOKEN", "RUNAI_MPI_NUM_WORKERS", "_x", "a-b")),
        r.choice(("", "x", "SECRET:a,b", "SECRET:a..b,c", "$(A)", "$$A", "é" * 10)),
    ),
    "labels": lambda r: (r.choice(("team", "a.b/c", "release", "x" * 63)), r.choice(("", "v"))),
    "annotations": lambda r: (r.choice(("note", "a.b/c", "A.b")), r.choice(("", "any\ntext"))),
    "capabilities": lambda r: (r.choice("abc"), r.choice(("NET_ADMIN", "KILL", "cap_chown", "ALL"))),
    "extendedResources": lambda r: (
        r.choice(("a.b/c", "rdma/hca", "example.com/x_y.z", "hugepages-2Mi", "x" * 50 + ".com/" + "y" * 63)),
        r.choice(("1", "0", "1k", "2000m", str(2**63 - 1))),
    ),
    "volumes": lambda r: (
        r.choice("abc"),
        {
            "sourcePath": r.choice(("/s", "/", "/a b")),
            "targetPath": r.choice(PATHS),
            **_some_of(r, {"nfsServer": r.choice(("nfs", "10.0.0.1", "::1", "[fd00::1]"))}, {"readOnly": True}),
        },
    ),
    "pvcs": lambda r: (
        r.choice("abc"),
        {"path": r.choice(PATHS), **_claim(r), **_some_of(r, {"readOnly": True}, {"accessModes": "readonlymany"})},
    ),
    "gitSync": lambda r: (
        r.choice("abc"),
        {
            "source": "https://git.example/a%20b?x=$(A)",
            "target": r.choice(PATHS),
            **_some_of(r, {"branch": "x/y"}, {"username": "j", "password": "SECRET:a,b"}),
        },
    ),
    "s3": lambda r: (
        r.choice("abc"),
        {
            "bucket": "data",
            "key": "SECRET:a,b",
            "secret": "SECRET:a,b",
            "target": r.choice(PATHS),
            **_some_of(r, {"url": "http://m:9000"}),
        },
    ),
    "ports": lambda r: (
        r.choice("abcd"),
        {
            "container": r.choice((1, 22, 80, 6006, 8888, 65535)),
            **_some_of(r, {"external": r.choice((1, 80, 30000, 32767, 65535))}, {"autoGenerate": True}),
            **_some_of(r, {}, {"serviceType": r.choice(("NodePort", "LoadBalancer", "ClusterIP"))}),
        },
    ),
    "exposedUrls": lambda r: (
        r.choice("ab"),
        {"container": r.choice((80, 8888, 6006, 443)), **_some_of(r, {"url": r.choice(URLS)})},
    ),
    "tolerations": lambda r: (r.choice("ab"), _toleration(r)),
}
"""A label and the value of an item under it."""
OBJECTS: Final[dict[str, Callable[[random.Random], JsonObject]]] = {
    "runPolicy": lambda r: {
        **_some_of(r, {"cleanPodPolicy": r.choice(("all", "None", "running"))}),
        **_some_of(r, {"backoffLimit": r.choice((0, MOST))}),
        **_some_of(r, {"activeDeadlineSeconds": r.choice((1, MOST))}),
        **_some_of(r, {"ttlSecondsAfterFinished": r.choice((0, MOST))}),
    },
    "mpiJob": lambda r: _some_of(r, {"slotsPerWorker": r.choice((1, 2, MOST))}),
    "pyTorchJob": lambda r: _some_of(r, {"minReplicas": 1, "maxReplicas": r.choice((1, 4, 9999))}, {"minReplicas": 3}),
}
"""The value of a parameter that has members."""
