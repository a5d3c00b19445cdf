"""What a policy grants of what reaches beyond a workload's own pods, and that nothing else grants it."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.parameters.derive import parameters
from shared.parameters.kinds import DEPLOYMENT, INFERENCE, INTERACTIVE, KINDS, Kind
from tests.unit.shared.resolution.sources import LEAST, refused
from tests.unit.shared.resolution.strategies import policies, policy_entries

REACHING: Final[Mapping[str, str]] = {
    "hostIpc": "{value: true}",
    "hostNetwork": "{value: true}",
    "allowPrivilegeEscalation": "{value: true}",
    "capabilities": "{items: {a: {value: NET_ADMIN}}}",
    "volumes": "{items: {a: {value: {sourcePath: /, targetPath: /a, readOnly: true}}}}",
    "extendedResources": "{items: {example.com/d: {value: 1}}}",
    "labels": "{items: {example.com/d: {value: x}}}",
    "annotations": "{items: {example.com/d: {value: x}}}",
    "tolerations": "{items: {a: {value: {operator: Exists, key: node-role.kubernetes.io/control-plane}}}}",
    "exposedUrls": "{items: {a: {value: {container: 80, url: 'https://a.example.com'}}}}",
}
"""Values that reach beyond the workload's own pods, by parameter; the labels are among those of random policies."""
NFS: Final = "{items: {a: {value: {sourcePath: /, targetPath: /a, nfsServer: nas}}}}"
PORT: Final = "{items: {a: {value: {container: 80, external: 30080}}}}"
OPEN_PORT: Final = "{items: {a: {value: {container: 80, external: 30080, serviceType: NodePort}}}}"

GRANTED: Final[list[tuple[str, str]]] = [
    *((name, "{rules: {canEdit: true}}") for name in ("hostIpc", "hostNetwork", "allowPrivilegeEscalation")),
    *((name, "{value: true}") for name in ("hostIpc", "hostNetwork", "allowPrivilegeEscalation")),
    *((name, "{rules: {canAdd: true}}") for name in ("capabilities", "volumes", "extendedResources", "exposedUrls")),
    *((name, REACHING[name]) for name, value in REACHING.items() if "items" in value),
    ("capabilities", "{items: {a: {value: cap_net_admin}}}"),
    ("capabilities", "{itemRules: {value: {options: [NET_ADMIN]}}}"),
    ("volumes", "{itemRules: {sourcePath: {options: [/]}}}"),
    ("volumes", "{items: {a: {rules: {canEdit: true}}}}"),
    ("labels", "{items: {example.com/d: {rules: {canEdit: true}}}}"),
    ("annotations", "{items: {example.com/d: {value: y, rules: {canEdit: true}}}}"),
    ("tolerations", "{itemRules: {key: {options: [node-role.kubernetes.io/control-plane]}}}"),
    ("exposedUrls", "{itemRules: {url: {options: ['https://a.example.com']}}}"),
]
DENIED: Final[list[tuple[str, str]]] = [
    *((name, "{}") for name in REACHING),
    *((name, "{rules: {}}") for name in REACHING),
    *((name, "{rules: {required: false}}") for name in REACHING),
    *((name, "{value: false}") for name in ("hostIpc", "hostNetwork", "allowPrivilegeEscalation")),
    *((name, "{rules: {required: true}}") for name in REACHING),
    ("capabilities", "{items: {b: {value: NET_ADMIN}}}"),
    ("capabilities", "{itemRules: {value: {options: [KILL]}}}"),
    ("volumes", "{items: {a: {value: {sourcePath: /data, targetPath: /a, readOnly: true}}}}"),
    ("volumes", "{items: {b: {rules: {canEdit: true}}}}"),
    ("volumes", "{itemRules: {readOnly: {required: true}, sourcePath: {required: true}}}"),
    ("volumes", "{itemRules: {sourcePath: {options: [/]}, nfsServer: {options: [nas]}}}"),
    ("extendedResources", "{items: {example.com/d: {value: 2}}}"),
    ("labels", "{rules: {canAdd: true}}"),
    ("labels", "{items: {example.com/d: {value: y}}}"),
    ("annotations", "{rules: {canAdd: true}, items: {example.com/e: {rules: {canEdit: true}}}}"),
    ("tolerations", "{rules: {canAdd: true}}"),
    ("tolerations", "{items: {a: {rules: {canEdit: true}}}}"),
    ("exposedUrls", "{itemRules: {container: {max: 80}}}"),
]


def said(name: str, policy: str, value: str | None = None, kind: Kind = INTERACTIVE) -> list[str]:
    """The sentences about the reaching value of a parameter under a policy that says `policy` of it."""
    return refused({name: yaml.safe_load(value or REACHING[name])}, policy={name: yaml.safe_load(policy)}, kind=kind)


@pytest.mark.parametrize(("name", "policy"), GRANTED)
def test_an_explicit_rule_grants(name: str, policy: str) -> None:
    """P9: what reaches beyond the pods is granted by an explicit rule, or is the policy's own value."""
    assert said(name, policy) == []


@pytest.mark.parametrize(("name", "policy"), DENIED)
def test_nothing_else_grants(name: str, policy: str) -> None:
    """P9: to mention a parameter, to ban a value, to bound it or to state another one grants nothing."""
    assert any(one.startswith(f"{name}") for one in said(name, policy))


@pytest.mark.parametrize("name", REACHING)
def test_the_sentence_shows_the_rule_that_grants(name: str) -> None:
    """The rule that the sentence shows is valid and grants the value."""
    (sentence,) = said(name, "{}")
    rule = yaml.safe_load(f"{{{sentence.partition('unless the policy grants it: ')[2]}}}")
    assert rule.keys() == {name}
    assert said(name, yaml.safe_dump(rule[name])) == []


@pytest.mark.parametrize(
    ("policy", "granted"),
    [
        ("{}", False),
        ("{itemRules: {nfsServer: {required: true}}}", False),
        ("{itemRules: {sourcePath: {options: [/]}}}", False),
        ("{itemRules: {nfsServer: {options: [other]}}}", False),
        ("{itemRules: {nfsServer: {options: [nas]}}}", True),
        ("{rules: {canAdd: true}, itemRules: {nfsServer: {required: true}}}", True),
        (NFS, True),
    ],
)
def test_a_file_server_is_granted_by_its_name(policy: str, granted: bool) -> None:
    """P9: a file server trusts the user number that a workload chooses, so a policy lists the servers."""
    assert (said("volumes", policy, NFS) == []) is granted


@pytest.mark.parametrize(
    ("policy", "by_workload", "by_port"),
    [
        ("{}", False, False),
        ("{ports: {rules: {canAdd: true}}, serviceType: {rules: {required: false}}}", False, False),
        ("{ports: {items: {a: {rules: {canEdit: true}}}}}", False, False),
        ("{serviceType: {rules: {options: [loadbalancer, ingress]}}}", False, False),
        ("{serviceType: {rules: {options: [nodeport]}}}", True, True),
        ("{serviceType: {rules: {canEdit: true}}}", True, True),
        ("{serviceType: {value: nodeport}}", True, True),
        ("{ports: {itemRules: {serviceType: {options: [NodePort]}}}}", False, True),
        (f"{{ports: {OPEN_PORT}}}", False, True),
    ],
)
def test_a_port_outside_the_cluster_is_granted_by_its_service_type(
    policy: str, by_workload: bool, by_port: bool
) -> None:
    """P9: node ports and load balancers need a rule, whether the workload or one port asks for them."""
    of_workload = {"serviceType": {"value": "nodeport"}, "ports": yaml.safe_load(PORT)}
    assert (refused(of_workload, policy=policy) == []) is by_workload
    assert (refused({"ports": yaml.safe_load(OPEN_PORT)}, policy=policy) == []) is by_port


def test_an_inference_workload_needs_no_grant_for_what_has_no_effect_on_it() -> None:
    """Knative decides how an inference workload is reached, so its service type opens nothing."""
    assert (
        refused("{serviceType: {value: nodeport}, ports: {items: {a: {value: {container: 80}}}}}", kind=INFERENCE) == []
    )


def test_no_source_but_the_policy_grants() -> None:
    """P9: a base workload or template lists nothing: its author is a researcher too."""
    labels = {"items": {"example.com/d": {"value": "x"}}}
    (sentence,) = refused({}, {"labels": labels})
    assert sentence.startswith("labels.example.com/d: has a domain")
    assert refused({"labels": labels}, {"labels": labels}, policy={"labels": labels}) == []


@pytest.mark.parametrize(
    "key", ["team", "app.kubernetes.io/name", "sidecar.istio.io/inject", "k8s.v1.cni.cncf.io/networks"]
)
def test_only_keys_without_a_domain_are_free(key: str) -> None:
    """P9: keys that meshes, networks, clouds and runtimes act on have a domain, and each needs a listing."""
    for name in ("labels", "annotations"):
        assert (refused({name: {"items": {key: {"value": "x"}}}}) == []) is ("/" not in key)


# ---------------------------------------------------------------- siblings
@pytest.mark.parametrize(
    ("policy", "mine", "by"),
    [
        ("{gpu: {rules: {max: 1}}}", "{gpuMemory: {value: 640G}}", "gpuMemory"),
        ("{gpu: {rules: {max: 1}}}", "{migProfile: {value: 7g.80gb}}", "migProfile"),
        ("{gpu: {rules: {max: 1}}}", "{gpuDevices: {value: 2}}", "gpu"),
        ("{gpu: {rules: {canEdit: false}, value: 1}}", "{gpuMemory: {value: 640G}}", "gpu: cannot be changed"),
        ("{gpu: {rules: {max: 1}}}", "{extendedResources: {items: {amd.com/gpu: {value: 8}}}}", "extendedResources"),
        ("{nodePools: {value: a, rules: {options: [a]}}}", "{nodePool: {value: b}}", "nodePool"),
        (
            "{namePrefix: {value: team, rules: {canEdit: false}}}",
            "{name: {value: theirs}}",
            "namePrefix: cannot be changed",
        ),
        ("{cpu: {rules: {max: 4}}}", "{cpuLimit: {value: 64}}", "cpuLimit"),
        ("{memory: {rules: {max: 1G}}}", "{memoryLimit: {value: 1Gi}}", "memoryLimit"),
    ],
)
def test_a_limit_is_not_evaded_by_a_sibling(policy: str, mine: str, by: str) -> None:
    """P9: a rule of one parameter binds the others that take its place."""
    (sentence,) = refused(mine, policy=policy)
    assert sentence.startswith(by)


@pytest.mark.parametrize(
    ("policy", "mine"),
    [
        ("{gpu: {rules: {max: 1}}, gpuMemory: {rules: {max: 40G}}}", "{gpuMemory: {value: 40G}}"),
        ("{gpu: {rules: {max: 1}}, gpuMemory: {rules: {canEdit: true}}}", "{gpuMemory: {value: 640G}}"),
        ("{gpu: {rules: {max: 1}}, gpuMemory: {value: 4G}}", "{}"),
        ("{gpu: {rules: {max: 1}}}", "{gpu: {value: 1}}"),
        ("{gpu: {value: 1}}", "{gpuMemory: {value: 4G}}"),
        ("{gpuMemory: {rules: {canEdit: false}}}", "{gpu: {value: 1}}"),
        ("{cpu: {rules: {max: 4}}}", "{cpu: {value: 1}, cpuLimit: {value: 64}}"),
    ],
)
def test_a_sibling_with_a_rule_of_its_own_is_free_and_a_ban_binds_no_other(policy: str, mine: str) -> None:
    """A policy that has a rule for the sibling, or only forbids one of them, does not bind the others."""
    assert refused(mine, policy=policy) == []


def test_a_bound_of_replicas_forbids_the_value_that_means_no_bound() -> None:
    """P9: `maxScale: 0` sets no limit, so a policy's bound refuses it."""
    mine = {"maxScale": {"value": 0}, **LEAST[INFERENCE]}
    (sentence,) = refused(mine, policy="{maxScale: {rules: {max: 4}}}", kind=INFERENCE)
    assert sentence == "maxScale: must be from 1 to 4: 0 sets no limit"


# ---------------------------------------------------------------- for any policy
def without_grants(written: Any) -> Any:
    """A policy without anything that grants: no true canEdit or canAdd, no options and no values of its own."""
    if isinstance(written, Mapping):
        return {key: without_grants(inner) for key, inner in written.items() if not _grants(key, inner)}
    return [without_grants(inner) for inner in written] if isinstance(written, list) else written


def _grants(key: Any, inner: Any) -> bool:
    return (key in ("canEdit", "canAdd") and inner is True) or key in ("options", "value")


def reaching(kind: Kind) -> st.SearchStrategy[tuple[Kind, str, Any]]:
    """A kind, a parameter that reaches beyond the pods, and the spec of a policy that mentions it without a grant."""
    names = st.sampled_from([name for name in REACHING if name in parameters(kind)])

    def under(name: str) -> st.SearchStrategy[tuple[Kind, str, Any]]:
        whole = st.tuples(policies(kind), policy_entries(kind, name))
        return whole.map(lambda both: (kind, name, without_grants({**both[0], name: both[1]})))

    return names.flatmap(under)


@settings(max_examples=200)
@given(st.sampled_from(KINDS).flatmap(reaching), st.booleans())
def test_no_policy_without_an_explicit_grant_lets_anybody_reach_the_node(
    sources: tuple[Kind, str, Any], of_base: bool
) -> None:
    """P9: whatever else a policy says, what reaches beyond the pods is refused, from a workload and from a base."""
    kind, name, policy = sources
    stated = {name: yaml.safe_load(REACHING[name])}
    found = refused({**LEAST.get(kind, {}), **({} if of_base else stated)}, stated if of_base else None, policy, kind)
    assert any(one.startswith((f"{name}:", f"{name}.")) for one in found), found


def test_every_kind_has_what_reaches_the_node() -> None:
    """The property above covers every kind; only inference workloads have no privilege escalation."""
    assert all(name in parameters(DEPLOYMENT) for name in REACHING)
    assert set(REACHING) - set(parameters(INFERENCE)) == {"allowPrivilegeEscalation"}
