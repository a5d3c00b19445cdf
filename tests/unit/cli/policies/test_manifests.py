"""Whatever a file of policies contains, the command reports a verdict or a clear error."""

from contextlib import suppress

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from cli.cluster.documents import documents_in
from cli.main import runai
from cli.shell.exits import Exit, Stop
from cli.workloads.files import workloads_in

HEAD = "apiVersion: run.ai/v1alpha1\nkind: TrainingPolicy\nmetadata: {name: p}\n"
LAUGHS = "\n".join(["- &a0 [x]", *(f"- &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20))])


def linted(text: str) -> Result:
    """Only the end of a command is raised."""
    result = CliRunner().invoke(runai, ["policy", "lint", "-f", "-"], input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("kind: [a]", "- contains ['a']; expected "),
        ("kind: {a: b}", "- contains {'a': 'b'}; expected "),
        (f"{HEAD}spec: {{on: {{value: 1}}}}", "-: key True is not a string: put it in quotes (on, off, yes and no"),
        (f"{HEAD}spec: {{5: {{value: 1}}}}", "-: key 5 is not a string"),
        (f"{HEAD}spec: {{gpu: {{value: !!set {{a}}}}}}", "-: a set is not a value that a resource can hold"),
        (f"{HEAD}spec: {{gpu: {{value: .inf}}}}", "-: inf is not a number that a resource can hold"),
        (f"{HEAD}spec: {{gpu: {{value: 0x{'f' * 5000}}}}}", "-: a number is longer than 64 bits"),
        (f"{HEAD}spec: {{gpu: {{value: {'9' * 5000}}}}}", "- is not valid YAML: Exceeds the limit"),
        (f"{HEAD}spec: {{gpu: {{value: !!bool x}}}}", "- is not valid YAML: "),
        (f"{HEAD}spec: &all {{gpu: *all}}", "-: it contains itself or is larger than any resource"),
        (LAUGHS, "-: it contains itself or is larger than any resource"),
        ("[" * 2000, "- is not valid YAML: "),
        (
            HEAD.replace("{name: p}", "{name: p, namespace: [a]}"),
            "-: the namespace of TrainingPolicy p is not a string",
        ),
    ],
)
def test_what_no_resource_can_hold_is_told_in_a_sentence(text: str, sentence: str) -> None:
    """YAML that no resource can contain ends with a clear error, row by row."""
    result = linted(text)
    assert (result.exit_code, result.stdout) == (Exit.USAGE, "")
    assert result.stderr.startswith(f"Error: {sentence}")


def test_dates_are_text_as_for_kubectl() -> None:
    """Dates in YAML stay text, as for kubectl."""
    assert documents_in("2026-01-05: 2026-01-05T10:00:00Z", "it") == [{"2026-01-05": "2026-01-05T10:00:00Z"}]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.binary()
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.booleans() | st.integers(), inner),
    max_leaves=10,
)
RULES = ("required", "canEdit", "canAdd", "min", "max", "step", "options")
PARAMETERS = st.dictionaries(
    st.sampled_from(["gpu", "image", "ports", "memory", "completions", "environment", "other"]),
    ANYTHING
    | st.fixed_dictionaries(
        {},
        optional={
            "rules": ANYTHING | st.dictionaries(st.sampled_from(RULES), ANYTHING),
            "value": ANYTHING,
            "items": ANYTHING | st.dictionaries(st.text(), ANYTHING),
            "itemRules": ANYTHING,
        },
    ),
)
METADATA = st.fixed_dictionaries({"name": st.text()}, optional={"namespace": ANYTHING, "creationTimestamp": ANYTHING})
POLICIES = st.lists(
    st.fixed_dictionaries({
        "apiVersion": st.just("run.ai/v1alpha1"), "kind": st.just("TrainingPolicy") | ANYTHING,
        "metadata": METADATA | ANYTHING, "spec": PARAMETERS | ANYTHING,
    })
)  # fmt: skip


@given(st.text() | ANYTHING.map(yaml.safe_dump) | POLICIES.map(yaml.safe_dump_all))
def test_no_text_is_a_fault_of_ours(text: str) -> None:
    """No text as a policy causes an internal error."""
    assert linted(text).exit_code in (Exit.DONE, Exit.REFUSED, Exit.USAGE)


@given(st.text() | ANYTHING.map(yaml.safe_dump))
def test_no_text_of_workloads_is_either(text: str) -> None:
    """No text as a workload causes an internal error."""
    with suppress(Stop):
        workloads_in(text, "runai-team-a")
