"""What the catalogue declares about every parameter: its title, its place in the form, and its relations."""

from collections import Counter

import pytest
import yaml

from shared.parameters.catalogue import EXCLUSIVE
from shared.parameters.derive import Parameter, controls, parameters, read
from shared.parameters.kinds import DEPLOYMENT, DISTRIBUTED, INFERENCE, INTERACTIVE, KINDS, TRAINING, Kind
from shared.parameters.shown import SECTIONS, Condition, Either, Rank, Suggests


def every_parameter() -> dict[str, Parameter]:
    """All parameters of all kinds by name, and what drives the processing."""
    found = dict(controls())
    for kind in KINDS:
        found |= parameters(kind)
    return found


def of_condition(condition: Condition | None) -> list[str]:
    """The parameters that a condition looks at."""
    if condition is None:
        return []
    return [one.parameter for one in (condition.conditions if isinstance(condition, Either) else [condition])]


def test_every_parameter_has_a_title_of_its_own_in_each_kind() -> None:
    """A form never shows two fields with the same title, and none without."""
    for kind in KINDS:
        titles = Counter(one.shown.title for one in {**controls(), **parameters(kind)}.values())
        assert all(title.strip() and title[0].isupper() for title in titles)
        assert titles.most_common(1)[0][1] == 1


def test_every_parameter_stands_in_a_section_that_exists_and_no_section_is_empty() -> None:
    """Sections are declared once, with a sentence; parameters name one of them."""
    used = {one.shown.section for one in every_parameter().values()}
    assert used == {section.title for section in SECTIONS}
    assert all(section.sentence.endswith(".") for section in SECTIONS)


def test_every_member_has_a_title_and_an_example_that_can_be_read() -> None:
    """A form shows the members of an item as columns, each with its own heading and a placeholder."""
    for name, parameter in every_parameter().items():
        cells = {member.name: member.cell for member in parameter.members.values()}
        titles = [cell.title for cell in cells.values() if cell]
        assert len(set(titles)) == len(parameter.members), name
        for member in parameter.members.values():
            assert member.cell and read(member.adapter, yaml.safe_load(member.cell.example)) is not None, member.name


def test_items_have_headings_for_their_label_and_their_value() -> None:
    """An item without members shows its value in its own column."""
    for name, parameter in every_parameter().items():
        columns = 1 if parameter.members or not parameter.itemized else 2
        assert len(parameter.shown.headings) == columns, name


def test_ranks_show_what_most_people_need_first() -> None:
    """The image and the GPUs are always in sight; what has no effect or is deprecated is not."""
    ranks = {name: one.shown.rank for name, one in every_parameter().items()}
    assert {ranks[name] for name in ("image", "gpu", "command", "memory")} == {Rank.BASIC}
    assert {name for name, rank in ranks.items() if rank is Rank.RARE} == {
        *(name for name, one in every_parameter().items() if one.shown.section == "Internal"),
        *(name for name, one in every_parameter().items() if "Deprecated" in one.summary or "Historic" in one.summary),
    }


def test_every_kind_of_suggestion_is_offered_for_some_value() -> None:
    """Every declared suggestion appears in some form."""
    members = [member for one in every_parameter().values() for member in one.members.values()]
    offered = {one.suggests for one in every_parameter().values()} | {member.suggests for member in members}
    assert offered - {None} == set(Suggests)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_a_parameter_depends_on_exists_in_every_kind_that_has_it(kind: Kind) -> None:
    """A condition that a kind cannot meet would make the parameter useless there."""
    known = {**controls(), **parameters(kind)}
    for name, parameter in known.items():
        shown = parameter.shown
        others = [*of_condition(shown.only_with), *of_condition(shown.required_with), *parameter.excludes]
        assert set(others) <= set(known), name


def test_what_a_parameter_follows_or_excludes_exists_in_some_kind_that_has_it() -> None:
    """For other kinds the relation means nothing, and is not described."""
    for name, parameter in every_parameter().items():
        shown = parameter.shown
        others = [*shown.not_with, *([shown.follows.parameter] if shown.follows else [])]
        together = [kind for kind in KINDS if {name, *others} <= set(parameters(kind))]
        assert together or not others, name


def test_exclusive_groups_are_apart_and_of_parameters_that_exist() -> None:
    """A parameter is in at most one group."""
    grouped = [name for group in EXCLUSIVE for name in group]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) <= set(every_parameter())


ENDS: list[tuple[Kind, str, str]] = [
    (INTERACTIVE, "image", "Required. Defaults to jupyter/scipy-notebook with jupyter."),
    (TRAINING, "image", "that the container runs. Required."),
    (INTERACTIVE, "tty", "Only with stdin."),
    (INTERACTIVE, "gpu", "Not together with gpuMemory or migProfile."),
    (INTERACTIVE, "runAsUid", "Required with runAsUser, and only allowed then."),
    (INTERACTIVE, "createHomeDir", "Defaults to true with runAsUser."),
    (INTERACTIVE, "tensorboardLogdir", "Only with tensorboard. Defaults to /logs."),
    (INTERACTIVE, "ports", "Not together with mpi."),
    (DEPLOYMENT, "ports", "exposed from the container, by label."),
    (DEPLOYMENT, "mps", "Only with a fraction of a GPU, or gpuMemory."),
    (INFERENCE, "metricName", "Required if metric is custom."),
    (DISTRIBUTED, "mpiJob", "Only if jobType is MPI."),
]
"""For each kind of dependency, a parameter and the end of its description."""


@pytest.mark.parametrize(("kind", "name", "end"), ENDS)
def test_a_description_ends_with_what_the_parameter_depends_on(kind: Kind, name: str, end: str) -> None:
    """The words follow from the same data as the checks, and only name parameters that the kind has."""
    assert parameters(kind)[name].doc.endswith(end)


def test_no_docstring_repeats_what_is_derived() -> None:
    """A relation is stated once, as data: prose would be forgotten when it changes."""
    for name, parameter in every_parameter().items():
        said = parameter.summary
        assert not any(words in said for words in ("Only with", "Only for", "Needs ", "Needed", "Not together")), name


def test_units_come_from_the_type_of_an_amount() -> None:
    """Memory is written with the units of bytes, a span with those of time, a count without any."""
    known = parameters(TRAINING)
    assert known["pvcs"].members["size"].units == known["memory"].units
    assert known["memory"].units[:2] == ("Mi", "Gi")
    assert known["ttlAfterFinish"].units == ("s", "m", "h")
    assert (known["gpu"].units, known["extendedResources"].units) == ((), ())
