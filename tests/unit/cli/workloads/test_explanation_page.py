"""The page that shows the source of every value."""

import pytest

from cli.workloads.explanation_page import head, page
from shared.inquiry.explanation import FROZEN, NOW, of_frozen
from shared.inquiry.seals import SealSaid
from shared.outputs.configmap import Claim
from shared.parameters.kinds import INTERACTIVE
from tests.unit.shared.inquiry.explained import OWN, WORKLOAD, explained, frozen_as


def stated(page: list[str]) -> list[list[str]]:
    """The table's rows whose values are not built in, without the spaces between their cells."""
    rows = page[page.index("") + 2 :]
    return [[cell.strip() for cell in row.split("  ") if cell.strip()] for row in rows if "built-in" not in row]


def test_the_table_says_where_each_value_comes_from_and_what_it_beat() -> None:
    """The page shows value, origin, what it overrode and the rules of every parameter."""
    lines_of_page = page(explained())
    assert lines_of_page[:5] == [
        "Workload:  InteractiveWorkload my-job in namespace runai-team-a",
        "Values:    as of now, with the current policy and base workload",
        "Policy:    InteractivePolicy interactive-policy in namespace runai (uid uid-interactive-policy, version 7)",
        "Base:      InteractiveWorkload template in namespace runai-team-a (uid uid-template, version 7)",
        "Scheduler: default",
    ]
    assert stated(lines_of_page) == [
        ["namePrefix", "nb", "workload", "base job-2 of name", "-"],
        ["image", "jupyter/scipy-notebook", "base", "-", "-"],
        ["imagePullPolicy", "IfNotPresent", "policy default", "-", "only IfNotPresent"],
        ["environment.SEED", "(deleted)", "workload", "base 2; policy default 1", "-"],
        ["environment.API_TOKEN", "(hidden)", "workload", "base (hidden)", "-"],
        ["environment.DB_PASSWORD", "SECRET:db,password", "workload", "-", "-"],
        ["gpu", "3", "workload", "base 2; policy default 1", "1 to 4, required"],
        ["ports.admin", "container=30100, external=8080", "policy default", "-",
         "only container=30100, external=8080; container 30000 or more"],
        ["ports.mine", "container=30222", "workload", "-", "container 30000 or more"],
        ["jupyter", "true", "workload", "-", "-"],
        ["notebookToken", "(hidden)", "workload", "-", "-"],
    ]  # fmt: skip


def test_secrets_are_not_on_the_page() -> None:
    """A secret does not appear; a reference to one does."""
    text = "\n".join(page(explained()))
    assert "hunter" not in text
    assert "SECRET:db,password" in text


def test_a_refused_workload_has_the_table_of_its_values_too() -> None:
    """An error is one row among all the others, with its origin and the rules."""
    found = explained({**OWN, "gpu": {"value": "5"}})
    assert page(found)[: len(head(found))] == head(found)
    assert [row[0] for row in stated(page(found))] == [row[0] for row in stated(page(explained()))]
    assert ["gpu", "5", "workload", "base 2; policy default 1", "1 to 4, required"] in stated(page(found))


@pytest.mark.parametrize("frozen", [True, False])
def test_a_workload_that_has_failed_says_so_and_why(frozen: bool) -> None:
    """The reason comes first, whatever follows."""
    taken = "the name my-job is taken by ConfigMap my-job, which no workload made"
    status = {"phase": "Failed", "events": [{"type": "Info", "message": "x"}, {"type": "Error", "message": taken}]}
    workload = {**WORKLOAD, "status": status}
    claim = Claim("my-job", "u", {}, {}, {})
    found = of_frozen(INTERACTIVE, workload, claim) if frozen else explained(workload=workload)
    assert page(found)[1:3] == ["Status:    Failed", f"Reason:    {taken}"]


def test_without_policy_and_base() -> None:
    """The page says none if there is no policy and no base workload."""
    found = explained({"image": {"value": "x"}, "ingressUrl": {"value": "/x"}}, None, None)
    assert page(found)[2:4] == ["Policy:    none", "Base:      none"]
    assert "Note:      ingressUrl: has no effect, since the system sets it itself" in page(found)


def test_what_was_frozen_is_told_in_the_same_way() -> None:
    """A frozen decision has the same page as one of today."""
    now = explained()
    then = of_frozen(INTERACTIVE, WORKLOAD, frozen_as(now))
    assert (then.decided, now.decided, then.job) == (FROZEN, NOW, "nb-1")
    assert page(then)[:3] == [
        "Workload:  InteractiveWorkload my-job in namespace runai-team-a",
        "Job:       nb-1",
        "Values:    as frozen when it was submitted",
    ]
    assert stated(page(then)) == stated(page(now))


def test_the_page_names_who_wrote_the_workload_and_its_base() -> None:
    """P9: whose hands a template went through is shown, as it was when the values were decided."""
    stamps = {"submittedBy": "alice", "changedBy": "bob"}
    base = {"namespace": "runai-team-a", "name": "template", "uid": "u", "resourceVersion": "7", **stamps}
    annotated = {**WORKLOAD, "metadata": {**WORKLOAD["metadata"], "annotations": {"run.ai/submitted-by": "jane"}}}
    found = of_frozen(INTERACTIVE, annotated, Claim("job-1", "u", {}, {"baseWorkload": base}, {}))
    lines = head(found)
    assert "Written:   by jane" in lines
    assert any(line.startswith("Base: ") and line.endswith("), by alice, last changed by bob") for line in lines)
    told = found.to_json()
    assert (told["submittedBy"], told["baseWorkload"]["changedBy"]) == ("jane", "bob")


@pytest.mark.parametrize(
    ("state", "how"),
    [
        ("Sealed", "as frozen when it was submitted"),
        ("Unchecked", "as frozen when it was submitted"),
        ("Altered", "as its job's ConfigMap has them, which is not known to be what was decided"),
    ],
)
def test_the_page_says_whether_the_record_is_as_sealed(state: str, how: str) -> None:
    """P9: an altered record is never presented as what was decided."""
    found = of_frozen(INTERACTIVE, WORKLOAD, Claim("nb-1", "u", {}, {}, {}), SealSaid(state, "the record is so"))
    assert head(found)[2:4] == [f"Values:    {how}", "Seal:      the record is so"]
