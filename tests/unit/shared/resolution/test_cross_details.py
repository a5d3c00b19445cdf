"""Constraints between the values that make up a pod, independent of any policy."""

from typing import Any

import pytest
import yaml

from shared.parameters import sentences
from shared.parameters.derive import parameters
from shared.parameters.kinds import DISTRIBUTED, INTERACTIVE, KINDS, TRAINING, Kind
from shared.resolution.model import Origin, Provenance
from shared.resolution.policy import compile_policy
from tests.unit.shared.resolution.detail_cases import BEAR, CASES, GIT, HOST, PVC
from tests.unit.shared.resolution.sources import refused, resolved


@pytest.mark.parametrize("case", CASES)
def test_what_goes_together(case: str) -> None:
    """What parameters require of each other, case by case."""
    kind, spec, told = CASES[case]
    found = refused(yaml.safe_load(spec), kind=kind)
    assert sorted(found) == sorted(told)


def test_a_base_cannot_bring_in_what_reaches_the_node() -> None:
    """A base workload cannot bring in what reaches the node."""
    (sentence,) = refused({}, "hostNetwork: {value: true}")
    assert sentence.startswith(
        f"hostNetwork: {HOST} hostNetwork: {{rules: {{canEdit: true}}}} (base workload big has true"
    )


GRANTED = "{capabilities: {rules: {canAdd: true}}, allowPrivilegeEscalation: {rules: {canEdit: true}}}"


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
    assert refused(f"capabilities: {{items: {items}}}", policy=GRANTED) == sentences


def test_all_rights_are_had_where_they_are_called_so() -> None:
    """SYS_ADMIN is accepted together with privilege escalation."""
    spec = "{capabilities: {items: {SYS_ADMIN: {}}}, allowPrivilegeEscalation: {value: true}}"
    assert refused(spec, policy=GRANTED) == []


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
    """If a base workload states two of them, stating the third resolves the conflict."""
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
    assert found.notes == ("ingressUrl: has no effect, since the system sets it itself",)
    assert resolved({}).notes == ()


def test_what_a_claim_cannot_heed_has_no_effect_and_says_so() -> None:
    """Members that do not apply to an existing claim are noted."""
    there, block = "existingPvc: true, claimName: c", "volumeMode: Block, readOnly: true"
    size = "size: 1G, storageClass: fast, accessModes: ReadWriteOnce"
    assert resolved(PVC % f"{there}, {size}, {block}").notes == (
        "pvcs.a.size: has no effect on an existing claim",
        "pvcs.a.storageClass: has no effect on an existing claim",
        "pvcs.a.accessModes: has no effect on an existing claim",
    )
    assert resolved(PVC % f"size: 1G, ephemeral: true, {block}").notes == (
        "pvcs.a.readOnly: has no effect on the device of an ephemeral claim, which is always writable",
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
    assert refused(referring(17)) == ["environment: no more than 16 different Secrets can be used"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_policy_binds_every_member_of_every_item_and_value(kind: Kind) -> None:
    """`itemRules` know the members of everything that is itemized, `memberRules` those of every object."""
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
