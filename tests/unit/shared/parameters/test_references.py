"""References to environment variables: which are followed, and the order that they require."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.parameters.references import circles, expandable, followed, in_order

OURS = {"RUNAI_PROJECT", "RUNAI_JOB_NAME"}
NAMES = "ABCDEF"


@pytest.mark.parametrize(
    ("written", "rewritten"),
    [
        ("${RUNAI_PROJECT}/$RUNAI_JOB_NAME", "$(RUNAI_PROJECT)/$(RUNAI_JOB_NAME)"),
        ("export HOME=/workspace; cd $HOME && ls ${HOME}", "export HOME=/workspace; cd $HOME && ls ${HOME}"),
        ("--port $JUPYTER_PORT", "--port $JUPYTER_PORT"),
        (r"\$RUNAI_PROJECT \\$RUNAI_PROJECT", r"\$RUNAI_PROJECT \\$(RUNAI_PROJECT)"),
        ("$RUNAI_PROJECT$RUNAI_PROJECT_2${RUNAI_PROJECT:-x}", "$(RUNAI_PROJECT)$RUNAI_PROJECT_2${RUNAI_PROJECT:-x}"),
        ("$$RUNAI_PROJECT $(date) $1 $? $", "$$$$RUNAI_PROJECT $(date) $1 $? $"),
    ],
)
def test_only_the_named_variables_are_rewritten(written: str, rewritten: str) -> None:
    """A reference to any other variable, an escaped one and a run of dollars mean what they did before."""
    assert expandable(written, OURS) == rewritten


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("$(A)/$(B.c-d)", ["A", "B.c-d"]),
        ("$A ${B} $$(C) $$$(D) $() $(", []),
        ("a$(b$(C))", ["b$(C"]),
    ],
)
def test_kubernetes_follows_names_in_parentheses(text: str, names: list[str]) -> None:
    """Only `$(NAME)` is followed, and not after another dollar."""
    assert list(followed(text)) == names


@pytest.mark.parametrize(
    ("variables", "ordered"),
    [
        ({"A_LOGS": "$(Z_ROOT)/logs", "Z_ROOT": "/x"}, ["Z_ROOT", "A_LOGS"]),
        ({"A": "$(B)", "B": "$(C)", "C": "c", "D": "d"}, ["C", "D", "B", "A"]),
        ({"B": "b", "A": "a", "C": "$(NOWHERE) $A"}, ["B", "A", "C"]),
        ({"A": "$(B)", "B": "$(A)"}, ["A", "B"]),
    ],
)
def test_a_variable_stands_after_those_it_refers_to(variables: dict[str, str], ordered: list[str]) -> None:
    """The order is that of the references, and otherwise the given one."""
    assert in_order(variables) == ordered


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({"A": "$(B)", "B": "$(A)"}, [["A", "B", "A"]]),
        ({"PATH": "/opt/bin:$(PATH)"}, [["PATH", "PATH"]]),
        ({"Z": "$(A)", "C": "$(A)", "A": "$(B)", "B": "$(C)"}, [["C", "A", "B", "C"]]),
        ({"A": "$(B)", "B": "$(A)", "C": "$(D)", "D": "$(C)$(A)"}, [["A", "B", "A"], ["C", "D", "C"]]),
        ({"A": "$(B)", "B": "$$(A) $A ${A}"}, []),
    ],
)
def test_circles_are_found(variables: dict[str, str], found: list[list[str]]) -> None:
    """Every circle is reported once, from its first variable on."""
    assert sorted(circles(variables)) == found


@given(st.dictionaries(st.sampled_from(NAMES), st.text(alphabet=NAMES, max_size=3)))
def test_either_there_is_a_circle_or_every_reference_is_followed(wanted: dict[str, str]) -> None:
    """For any references, each name is kept once; without a circle it stands after those that it refers to."""
    variables = {name: "".join(f"$({other})" for other in others) for name, others in wanted.items()}
    ordered = in_order(variables)
    assert sorted(ordered) == sorted(variables)
    early = [name for place, name in enumerate(ordered) if set(wanted[name]) & {*ordered[place:]}]
    assert bool(early) is bool(list(circles(variables)))
    for circle in circles(variables):
        assert all(re.search(rf"\$\({other}\)", variables[name]) for name, other in pairwise(circle))
