"""Every contradiction that a policy can contain, as `runai policy lint` reports it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from cli.main import runai
from cli.shell.exits import Exit
from shared.inquiry.lint import Problem, Weight, by_itself, lint
from shared.inquiry.written import Written
from shared.parameters.kinds import INTERACTIVE, KINDS, TRAINING, Kind

OLD, NEW = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


def policy(
    spec: str, namespace: str = "runai-team-a", name: str = "p", kind: Kind = TRAINING, created: str = ""
) -> Written:
    metadata = {"name": name, "namespace": namespace, **({"creationTimestamp": created} if created else {})}
    return Written(kind, {"apiVersion": "run.ai/v1alpha1", "metadata": metadata, "spec": yaml.safe_load(f"{{{spec}}}")})


def problems(of: Written) -> list[Problem]:
    """Errors and warnings, without notes on what a rule also means."""
    return [one for one in by_itself(of) if one.weight is not Weight.NOTE]


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ("gpu: {rules: {max: 4}, value: 5}", "gpu: must be no greater than 4 (the policy's own default is 5)"),
        ("gpu: {rules: {max: 4}, value: {value: 5}}", "gpu: must be no greater than 4 (the policy's own default is 5)"),
        ("gpu: {rules: {min: 5, max: 4}}", "gpu: min 5 is greater than max 4, so no value fits"),
        ("memory: {rules: {min: 1Gi, max: 1G}}", "memory: min 1Gi is greater than max 1G, so no value fits"),
        ("cpu: {rules: {max: -1}}", "cpu: max -1 is below zero, so no value fits"),
        ("image: {rules: {options: []}}", "image: options is an empty list, so no value fits"),
        (
            "image: {rules: {options: ['a b', 'c d']}}",
            "image: none of the options is a valid value, so no value",
        ),
        ("image: {rules: {options: [a]}, value: b}", "image: must be a valid value: a (the policy's own default is b)"),
        (
            "cpu: {rules: {min: 1, step: 2}, value: 2}",
            "cpu: must be 1 plus a multiple of 2 (the policy's own default is 2",
        ),
        (
            "completions: {rules: {min: 0.5, step: 1}}",
            "completions: no whole number satisfies min, max and step, so no",
        ),
        (
            "completions: {rules: {min: 1.2, max: 1.8}}",
            "completions: no whole number satisfies min, max and step, so no",
        ),
        ("gpu: {value: 1.5}", "gpu: must be a whole number of GPUs, or a fraction of one GPU such as 0.5"),
        (
            "gpu: {rules: {max: many}}",
            "gpu: cannot be checked: invalid rule max in the policy: many, expected a decimal number",
        ),
        ("gpu: {rules: {most: 4}}", "gpu: cannot be checked: unknown rule most in the policy"),
        ("gpus: {value: 1}", "gpus: is not a parameter of training workloads (in the policy)"),
        ("gpu: 1", "gpu: must be written as {rules: {...}, value: ...} (in the policy)"),
        (
            "gpu: {rules: {required: true, canEdit: false}}",
            "gpu: is required, but canEdit is false and the policy has no value",
        ),
        (
            "ports: {rules: {required: true, canAdd: false}}",
            "ports: is required, but canAdd is false and the policy has no",
        ),
        (
            "ports: {itemRules: {container: {min: 9, max: 2}}}",
            "ports.itemRules.container: min 9 is greater than max 2, so no value fits",
        ),
        (
            "ports: {itemRules: {container: {min: 30000}}, items: {a: {value: {container: 80}}}}",
            "ports.a.container: must be no less than 30000 (the policy's own default is 80)",
        ),
        (
            "ports: {itemRules: {external: {required: true}}, items: {a: {value: {container: 80}}}}",
            "ports.a.external: cannot be blank (the policy's own default is {container: 80})",
        ),
        ("ports: {items: {a: {value: {container: no}}}}", "ports.a.container: must be a whole number"),
        ("environment: {items: {'1 A': {value: x}}}", "environment.1 A: must be a variable's name"),
    ],
)
def test_contradictions_are_errors(spec: str, error: str) -> None:
    """A policy that no workload can satisfy is an error, row by row."""
    found = problems(policy(spec))
    assert {one.weight for one in found} == {Weight.ERROR}
    assert f"{found[0].path}: {found[0].message}".startswith(error)
    assert len(found) == len(set(found)) == 1


@pytest.mark.parametrize(
    ("spec", "warning"),
    [
        ("gpu: {rules: {canEdit: false}}", "gpu: canEdit is false and the policy has no value: no workload can set it"),
        (
            "ports: {rules: {canAdd: false}}",
            "ports: canAdd is false and the policy has no items: no workload can have any",
        ),
        (
            "cpu: {rules: {min: 1, max: 4, step: 2}}",
            "cpu: max 4 is never reached in steps of 2 from 1: the largest is 3",
        ),
        ("cpu: {rules: {min: 1, max: 2, step: 5}}", "cpu: step 5 exceeds the range up to max 2: only 1 is allowed"),
        ("image: {rules: {options: [a, 'b c']}}", "image: some of the options are not valid values"),
        (
            "ports: {items: {a: {rules: {canRemove: false}}}}",
            "ports.a: canRemove is false, but the policy has no value to keep",
        ),
        (
            "ports: {items: {a: {rules: {canEdit: false}}}}",
            "ports.a: canEdit is false and the policy has no value: no workload",
        ),
        (
            "ports: {itemRules: {container: {canEdit: false}}}",
            "ports.itemRules.container: canEdit is false, but the policy has",
        ),
        ("tty: {value: true}", "tty: a workload that does not set it is refused: needs stdin to be true"),
        (
            "cpu: {value: 2}, cpuLimit: {value: 1}",
            "cpuLimit: a workload that does not set it is refused: must be no",
        ),
        (
            "name: {value: a}, namePrefix: {value: b}",
            "namePrefix: a workload that does not set it is refused: cannot",
        ),
    ],
)
def test_what_may_be_meant_is_a_warning(spec: str, warning: str) -> None:
    """A policy that is probably a mistake is a warning, row by row."""
    found = problems(policy(spec))
    assert {one.weight for one in found} == {Weight.WARNING}
    assert f"{found[0].path}: {found[0].message}".startswith(warning)


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "gpu: {rules: {required: true, min: '1', max: '4'}, value: '1'}",
        "gpu: {rules: {required: true}}",
        "cpu: {rules: {min: 1, max: 2, step: 0.2}, value: 1.2}",
        "completions: {rules: {min: 0.5, step: 0.5, max: 5}}",
        "largeShm: {rules: {required: true, canEdit: false}, value: true}",
        "image: {rules: {options: [python, {value: debian, displayed: Debian}]}, value: python}",
        "ports: {rules: {canAdd: true}, itemRules: {container: {min: 30000, max: 32767}, external: {max: 32767}}, "
        "items: {a: {rules: {canRemove: false, canEdit: false}, value: {container: 30100, external: 8080}}}}",
        "environment: {items: {PASSWORD: {value: 'SECRET:my-secret,password'}}}",
    ],
)
def test_nothing_is_found_in_a_policy_that_makes_sense(spec: str) -> None:
    """A sensible policy has no findings."""
    assert problems(policy(spec)) == []


def said(policies: list[Written]) -> list[str]:
    return [
        f"{one.policy.name}: {one.problem.weight}: {one.problem.message}"
        for one in lint(policies)
        if one.problem.weight is not Weight.NOTE
    ]


def test_a_project_policy_hides_what_the_global_one_says_beyond_it() -> None:
    """A warning lists what a project's policy drops from the global one."""
    general = policy("gpu: {rules: {max: 4}}, memory: {value: 1G}", "runai", "general")
    assert said([policy("gpu: {rules: {max: 8}}", name="own"), general]) == [
        "own: warning: replaces the global policy general entirely: its entries for memory do not apply in project "
        "team-a"
    ]
    assert said([policy("gpu: {}, memory: {}", name="own"), general]) == []
    assert said([policy("", name="own", kind=INTERACTIVE), general]) == []


def test_a_second_policy_of_the_kind_does_not_count() -> None:
    """A second policy of a kind in a namespace is an error."""
    stored = [policy("", name="young", created=NEW), policy("", name="old", created=OLD)]
    assert said(stored) == [
        "young: error: namespace runai-team-a has several policies of the kind: the oldest, old, counts; young does not"
    ]
    assert said([policy("", name="a"), policy("", name="b"), policy("", "runai-team-b", "c")]) == [
        "b: error: namespace runai-team-a would have several policies of the kind, and only the oldest counts: a, b"
    ]


def test_a_policy_outside_of_projects_counts_nowhere() -> None:
    """A policy outside a project is a warning."""
    assert said([policy("", "default")]) == [
        "p: warning: namespace default does not belong to a project: the policy has no effect"
    ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_can_be_looked_at(kind: Kind) -> None:
    """Policies of every kind can be checked."""
    assert problems(policy("gpu: {rules: {max: 1}}", kind=kind)) == []


# ------------------------------------------------------------ from the terminal
def typed(line: str, given: str = "") -> Result:
    return CliRunner().invoke(runai, line.split(), input=given)


def written(spec: str, **fields: Any) -> str:
    document = {"apiVersion": "run.ai/v1alpha1", "kind": "TrainingPolicy", "metadata": {"name": "p"}, **fields}
    return yaml.safe_dump({**document, "spec": yaml.safe_load(f"{{{spec}}}")})


def test_findings_and_exit_codes(tmp_path: Path) -> None:
    """Findings end with exit code 1 and a count."""
    file = tmp_path / "p.yaml"
    file.write_text(written("gpu: {rules: {max: 4}, value: 5}"))
    result = typed(f"policy lint -f {file}")
    assert (result.exit_code, result.stderr) == (Exit.REFUSED, "1 policy: 1 error, 0 warnings, 1 note\n")
    assert result.stdout.splitlines() == [
        "SEVERITY  POLICY            FOUND",
        "error     TrainingPolicy p  gpu: must be no greater than 4 (the policy's own default is 5)",
        "note      TrainingPolicy p  gpu: workloads cannot use gpuMemory or migProfile instead; to allow it, give it a "
        "rule of its own: gpuMemory: {rules: {max: ...}}",
    ]
    warned = written("gpu: {rules: {canEdit: false}}")
    assert typed("policy lint -f -", warned).exit_code == Exit.DONE
    assert typed("policy lint -f - --strict", warned).exit_code == Exit.REFUSED
    noted = typed("policy lint -f - --strict", written("gpu: {rules: {max: 4}}"))
    assert (noted.exit_code, noted.stderr) == (Exit.DONE, "1 policy: fine, 1 note\n")
    fine = typed("policy lint -f -", written(""))
    assert (fine.exit_code, fine.stdout, fine.stderr) == (Exit.DONE, "", "1 policy: fine\n")


def test_findings_for_programs() -> None:
    """Findings as JSON name policy, severity and path."""
    result = typed("policy lint -f - -p team-a -o json", written("gpu: {value: x}"))
    (finding,) = json.loads(result.stdout)
    assert finding["policy"] == {"kind": "TrainingPolicy", "namespace": "runai-team-a", "name": "p"}
    assert (finding["severity"], finding["path"]) == ("error", "gpu")
    assert yaml.safe_load(typed("policy lint -f - -o yaml", written("")).stdout) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file contains no policy"),
        ("a: [", "- is not valid YAML: "),
        ("[]", "- contains something that is not an object; expected InteractivePolicy or TrainingPolicy or"),
        ("{}", "- contains an object without a kind; expected"),
        ("kind: Pod", "- contains Pod; expected"),
        (
            "kind: TrainingPolicy",
            "-: invalid apiVersion of TrainingPolicy: expected run.ai/v1alpha1 or run.ai/v2alpha1",
        ),
        ("{kind: TrainingPolicy, apiVersion: run.ai/v1alpha1}", "-: a TrainingPolicy has no name"),
        (
            "{kind: TrainingPolicy, apiVersion: run.ai/v1alpha1, metadata: {name: a}, spec: 7}",
            "-: the spec of TrainingPolicy a is not an object",
        ),
    ],
)
def test_files_that_hold_no_policy_get_a_sentence(text: str, sentence: str) -> None:
    """A file without a policy ends with a sentence, row by row."""
    result = typed("policy lint -f -", text)
    assert (result.exit_code, result.stdout) == (Exit.USAGE, "")
    assert result.stderr.startswith(f"Error: {sentence}")


def test_lists_and_several_documents_are_read() -> None:
    """Lists and several documents in one file are read."""
    listed = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [yaml.safe_load(written(""))] * 2})
    result = typed("policy lint -f -", f"{listed}---\n{written('', apiVersion='run.ai/v2alpha1')}---\n")
    assert (result.exit_code, result.stderr) == (Exit.DONE, "3 policies: fine\n")


def test_mistakes_of_the_command() -> None:
    """A missing argument or file ends with a sentence."""
    assert "-f FILE or --all is required" in typed("policy lint").stderr
    missing = typed("policy lint -f nothing-there.yaml")
    assert missing.exit_code == Exit.USAGE
    assert missing.stderr == "Error: cannot read nothing-there.yaml: No such file or directory\n"
