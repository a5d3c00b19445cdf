"""Constraints between parameters, independent of any policy."""

import pytest
import yaml

from shared.parameters.kinds import DEPLOYMENT, INTERACTIVE, KINDS, TRAINING, Kind
from shared.parameters.scaling import MOST_WORKERS
from shared.resolution.cross import LONGEST_INDEX, LONGEST_JOB_NAME, LONGEST_PREFIX
from shared.resolution.model import Origin, Provenance, Refused
from tests.unit.shared.resolution.detail_cases import ADD, HOST, NODEPORT, SERVER
from tests.unit.shared.resolution.sources import outcome, refused, resolved

LONG = (
    f"must be no longer than {LONGEST_JOB_NAME} characters, so that everything created for the job can be "
    "named after it"
)
CASES: dict[str, tuple[Kind, str, list[str]]] = {
    "name and prefix": (
        INTERACTIVE,
        "{name: {value: a}, namePrefix: {value: b}}",
        ["namePrefix: cannot be given together with name; give one of them"],
    ),
    "one prefix under two names, the same": (INTERACTIVE, "{jobNamePrefix: {value: a}, namePrefix: {value: a}}", []),
    "one prefix under two names, different": (
        INTERACTIVE,
        "{jobNamePrefix: {value: a}, namePrefix: {value: b}}",
        [
            "namePrefix: cannot differ between jobNamePrefix and namePrefix, which are two names of the same "
            "parameter; give one of them"
        ],
    ),
    "longest name": (INTERACTIVE, f"name: {{value: {'a' * LONGEST_JOB_NAME}}}", []),
    "name too long": (INTERACTIVE, f"name: {{value: {'a' * (LONGEST_JOB_NAME + 1)}}}", [f"name: {LONG}"]),
    "longest prefix": (INTERACTIVE, f"namePrefix: {{value: {'a' * LONGEST_PREFIX}}}", []),
    "prefix too long": (
        INTERACTIVE,
        f"namePrefix: {{value: {'a' * (LONGEST_PREFIX + 1)}}}",
        [
            f"namePrefix: must be no longer than {LONGEST_PREFIX} characters, so that everything can be named after it "
            f"and the job's number"
        ],
    ),
    "gpu and its memory": (
        INTERACTIVE,
        "{gpu: {value: 1}, gpuMemory: {value: 1G}}",
        ["gpuMemory: cannot be given together with gpu; give one of them"],
    ),
    "one and a half GPUs": (
        INTERACTIVE,
        "gpu: {value: '1.5'}",
        ["gpu: must be a whole number of GPUs, or a fraction of one GPU such as 0.5"],
    ),
    "half a GPU": (INTERACTIVE, "gpu: {value: '0.5'}", []),
    "terminal without standard input": (INTERACTIVE, "tty: {value: true}", ["tty: needs stdin to be true"]),
    "terminal with standard input": (INTERACTIVE, "{tty: {value: true}, stdin: {value: true}}", []),
    "a service without ports": (
        INTERACTIVE,
        "serviceType: {value: ingress}",
        ["serviceType: ports must be provided when exposing a service"],
    ),
    "an Ingress of nothing but addresses": (
        INTERACTIVE,
        "{serviceType: {value: ingress}, exposedUrls: {items: {a: {value: {container: 80}}}}}",
        [],
    ),
    "a node's port of nothing but addresses": (
        INTERACTIVE,
        "{serviceType: {value: nodeport}, exposedUrls: {items: {a: {value: {container: 80}}}}}",
        ["serviceType: ports must be provided when exposing a service", f"serviceType: {NODEPORT}"],
    ),
    "a notebook's service": (INTERACTIVE, "{serviceType: {value: portforward}, jupyter: {value: true}}", []),
    "ports without a service type": (INTERACTIVE, "ports: {items: {a: {value: {container: 80}}}}", []),
    "limits below requests": (
        INTERACTIVE,
        "{cpu: {value: 2}, cpuLimit: {value: 1.5}, memory: {value: 1Gi}, memoryLimit: {value: 1G}}",
        [
            "cpuLimit: must be no less than 2, the value of cpu",
            "memoryLimit: must be no less than 1Gi, the value of memory",
        ],
    ),
    "limits equal to requests": (INTERACTIVE, "{memory: {value: 1Gi}, memoryLimit: {value: 1024Mi}}", []),
    "parallelism without completions": (
        TRAINING,
        "parallelism: {value: 2}",
        ["completions: cannot be blank when parallelism is greater than 1"],
    ),
    "parallelism of one": (TRAINING, "parallelism: {value: 1}", []),
    "parallelism above completions": (
        TRAINING,
        "{parallelism: {value: 3}, completions: {value: 2}}",
        ["parallelism: must be no greater than 2, the value of completions"],
    ),
    "parallelism up to completions": (TRAINING, "{parallelism: {value: 2}, completions: {value: 2}}", []),
    "two ports at one place": (
        INTERACTIVE,
        "ports: {items: {a: {value: {container: 80, external: 30080}}, b: {value: {container: 81, external: 30080}}}}",
        ["ports.b.external: cannot be the same as ports.a.external"],
    ),
    "a port reached where another stands by itself": (
        INTERACTIVE,
        "ports: {items: {a: {value: {container: 80}}, b: {value: {container: 81, external: 80}}}}",
        ["ports.b.external: cannot be the same as ports.a.external"],
    ),
    "no port of a node": (
        DEPLOYMENT,
        "{serviceType: {value: nodeport}, ports: {items: {a: {value: {container: 80, external: 29999}}, "
        "b: {value: {container: 81, external: 32768}}, c: {value: {container: 82}}, "
        "d: {value: {container: 83, external: 30000}}}}}",
        [
            "ports.a.external: must be from 30000 to 32767 when serviceType is nodeport",
            "ports.b.external: must be from 30000 to 32767 when serviceType is nodeport",
            f"serviceType: {NODEPORT}",
        ],
    ),
    "two volumes in one directory": (
        INTERACTIVE,
        "volumes: {items: {a: {value: {sourcePath: /a, targetPath: /data, nfsServer: n}}, "
        "b: {value: {sourcePath: /b, targetPath: /data/, nfsServer: n}}}}",
        [
            f"volumes.a.nfsServer: {SERVER}",
            f"volumes.b.nfsServer: {SERVER}",
            "volumes.b.targetPath: cannot be the same as volumes.a.targetPath",
        ],
    ),
    "a volume in place of the large shared memory": (
        INTERACTIVE,
        "{largeShm: {value: true}, "
        "volumes: {items: {a: {value: {sourcePath: /a, targetPath: /dev/shm, nfsServer: n}}}}}",
        [f"volumes.a.nfsServer: {SERVER}", "volumes.a.targetPath: cannot be the same as largeShm"],
    ),
    "a directory of the node": (
        INTERACTIVE,
        "volumes: {items: {a: {value: {sourcePath: /etc, targetPath: /a}}}}",
        [f"volumes.a: {HOST} volumes: {ADD}"],
    ),
    "a broken reference to a secret": (
        INTERACTIVE,
        "environment: {items: {A: {value: 'SECRET:mine'}, B: {value: 'SECRET:mine,key'}}}",
        ["environment.A: must be SECRET:<name>,<key>, naming a Secret of the project and one of its keys"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_goes_together(case: str) -> None:
    """What parameters require of each other, case by case."""
    kind, spec, sentences = CASES[case]
    assert sorted(refused(yaml.safe_load(spec), kind=kind)) == sorted(sentences)


def test_names_fit_with_all_that_is_made_from_them() -> None:
    """63 characters are all that a DNS label, and a label's value, may have."""
    assert LONGEST_PREFIX + 1 + LONGEST_INDEX == LONGEST_JOB_NAME
    job = "j" * LONGEST_JOB_NAME
    hash_of_revision, last_index = "f" * 10, 2**31 - 1
    last_worker = f"worker-{MOST_WORKERS - 1}"
    for made in ("jupyter", "tensorboard", "0-0", last_index, last_worker, f"0-{hash_of_revision}"):
        assert len(f"{job}-{made}") <= 63, made


def test_no_more_secrets_than_can_be_checked() -> None:
    """Sixteen Secrets are accepted, seventeen are refused."""

    def referring(count: int) -> dict[str, object]:
        return {"environment": {"items": {f"V{n}": {"value": f"SECRET:s{n},key"} for n in range(count)}}}

    assert refused(referring(16)) == []
    assert refused(referring(17)) == ["environment: no more than 16 different Secrets can be used"]


def test_the_stronger_of_name_and_prefix_counts() -> None:
    """Of name and prefix the one from the stronger source counts."""
    found = resolved("name: {value: mine}", "jobNamePrefix: {value: theirs}", "namePrefix: {value: ours}")
    assert found.values_set["name"] == "mine"
    assert "namePrefix" not in found.values_set
    assert "namePrefix" not in found.provenance
    provenance = found.provenance["name"]
    assert isinstance(provenance, Provenance)
    assert [(one.origin, one.value, one.parameter) for one in provenance.beat] == [
        (Origin.BASE, "theirs", "namePrefix"),
        (Origin.POLICY, "ours", "namePrefix"),
    ]
    assert found.notes == (
        "namePrefix: left out, since name is given by a stronger source and they exclude each other",
    )


def test_the_stronger_of_gpu_and_its_memory_counts() -> None:
    """Of gpu and gpuMemory the one from the stronger source counts."""
    found = resolved("gpuMemory: {value: 4G}", policy="gpu: {value: 1}")
    assert found.values_set["gpuMemory"] == "4G"
    assert "gpu" not in found.values_set


def test_giving_way_does_not_get_around_a_policy() -> None:
    """Choosing gpuMemory over gpu does not escape a policy on gpu."""
    assert refused("gpuMemory: {value: 4G}", policy="gpu: {rules: {canEdit: false, required: true}, value: 1}") == [
        "gpu: cannot be blank",
        "gpu: cannot be changed (policy value is 1)",
    ]


def test_a_base_that_states_both_is_mended_by_stating_one() -> None:
    """A base workload with name and prefix is refused until the workload states one of them."""
    both = "{name: {value: a}, namePrefix: {value: b}}"
    assert refused({}, both) == [
        "namePrefix: cannot be given together with name; give one of them (base workload big has b)"
    ]
    assert resolved("name: {value: c}", both).values_set["name"] == "c"


@pytest.mark.parametrize(("mine", "fits"), [("cpuLimit: {value: 1}", False), ("cpuLimit: {value: 4}", True)])
def test_values_of_different_sources_must_go_together(mine: str, fits: bool) -> None:
    """Values are checked together, whatever sources they come from."""
    found = refused(mine, policy="cpu: {value: 2}")
    assert found == ([] if fits else ["cpuLimit: must be no less than 2, the value of cpu"])


def test_a_base_cannot_bring_in_a_directory_of_the_node() -> None:
    """A base workload cannot bring in a directory of the node."""
    spec = "volumes: {items: {a: {value: {sourcePath: /etc, targetPath: /a}}}}"
    (sentence,) = refused({}, spec, "gpu: {value: 1}")
    assert sentence.startswith(f"volumes.a: {HOST} volumes: {ADD}")


def test_a_notebook_has_an_image_of_its_own() -> None:
    """A notebook without an image gets the built-in one."""
    found = outcome("jupyter: {value: true}")
    assert not isinstance(found, Refused)
    assert found.values_set["image"] == "jupyter/scipy-notebook"
    provenance = found.provenance["image"]
    assert isinstance(provenance, Provenance)
    assert provenance.origin is Origin.BUILT_IN


def test_a_notebooks_own_image_is_bound_by_the_policy() -> None:
    """The built-in image of a notebook is checked against the policy."""
    found = outcome("jupyter: {value: true}", policy="image: {rules: {options: [ours]}}")
    assert isinstance(found, Refused)
    assert [str(violation) for violation in found.violations] == [
        "image: must be a valid value: ours (the built-in default is jupyter/scipy-notebook)"
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_is_needed_once(kind: Kind) -> None:
    """The policy and the system both require it: one sentence is enough."""
    found = outcome({}, policy="image: {rules: {required: true}}", kind=kind)
    assert isinstance(found, Refused)
    said = [str(violation) for violation in found.violations if violation.parameter == "image"]
    assert said == ["image: cannot be blank"]


def test_an_unreadable_value_is_not_also_missing() -> None:
    """A value of the wrong form is reported once, not also as missing."""
    (sentence,) = refused({"image": {"value": "no good name"}})
    assert sentence.startswith("image: must be the name of a container image")
    (sentence,) = refused("{parallelism: {value: 2}, completions: {value: none}}", kind=TRAINING)
    assert sentence == "completions: must be a whole number"
