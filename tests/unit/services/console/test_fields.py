"""What a field of the form says: its widget, whether it is shown, what it needs and what is wrong with it."""

from collections import Counter

import pytest

from services.console.widgets import Option, Widget
from shared.parameters.derive import parameters
from shared.parameters.kinds import DEPLOYMENT, DISTRIBUTED, INFERENCE, INTERACTIVE, KINDS, TRAINING, Kind
from shared.parameters.shown import SECTIONS, Rank
from tests.unit.services.console.browser import ground

KIND_NAMES = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@KIND_NAMES
def test_every_parameter_is_in_the_form_once_in_its_section(kind: Kind) -> None:
    """Sections are in their order, fields in the catalogue's, and controls have names of their own."""
    form = ground(kind).page({}).form
    assert sorted(one.name for one in form.fields()) == sorted(parameters(kind))
    titles = [section.title for section in SECTIONS]
    assert [section.title for section in form.sections] == sorted(
        (section.title for section in form.sections), key=titles.index
    )
    names = Counter(cell.name for one in form.fields() for cell in one.cells or (one.blank.cells if one.blank else ()))
    assert max(names.values()) == 1
    assert all(name.startswith("v.") for name in names)


@KIND_NAMES
def test_every_control_has_a_title_and_a_help_and_a_widget_that_fits(kind: Kind) -> None:
    """No control is left without words, and a switch always says true or false."""
    for one in ground(kind).page({}).form.fields():
        for cell in one.cells or (one.blank.cells if one.blank else ()):
            assert cell.title and cell.help, cell.name
            if cell.control.widget is Widget.SWITCH:
                assert cell.text in ("true", "false")
            assert bool(cell.control.options) is (cell.control.widget is Widget.SELECT)


@pytest.mark.parametrize(
    ("kind", "name", "widget", "inputmode", "placeholder"),
    [
        (TRAINING, "gpu", Widget.NUMBER, "decimal", "1"),
        (TRAINING, "cpu", Widget.NUMBER, "decimal", "0.5"),
        (TRAINING, "completions", Widget.NUMBER, "numeric", "10"),
        (TRAINING, "memory", Widget.LINE, "text", "1G"),
        (TRAINING, "ttlAfterFinish", Widget.LINE, "text", "1h30m"),
        (TRAINING, "command", Widget.AREA, "text", "sleep infinity"),
        (TRAINING, "arguments", Widget.AREA, "text", "--epochs 10"),
        (TRAINING, "stdin", Widget.SWITCH, "text", "true"),
        (TRAINING, "imagePullPolicy", Widget.SELECT, "text", "IfNotPresent"),
        (TRAINING, "image", Widget.LINE, "text", "jupyter/scipy-notebook"),
        (DISTRIBUTED, "jobType", Widget.SELECT, "text", "PyTorch"),
        (INFERENCE, "metric", Widget.SELECT, "text", "concurrency"),
        (DEPLOYMENT, "replicas", Widget.NUMBER, "numeric", "2"),
    ],
)
def test_the_widget_follows_from_the_type(
    kind: Kind, name: str, widget: Widget, inputmode: str, placeholder: str
) -> None:
    """Numbers are text with a fitting keyboard, lists are closed, long texts have several lines."""
    (cell,) = ground(kind).page({}).form.field(name).cells
    control = cell.control
    assert (control.widget, control.inputmode, control.placeholder) == (widget, inputmode, placeholder)


def test_text_of_several_lines_never_lands_in_a_single_line() -> None:
    """A browser would drop the line ends."""
    form = ground(TRAINING).page({"workingDir": {"value": "/a\nb"}}).form
    assert form.field("workingDir").cells[0].control.widget is Widget.AREA


def test_options_of_the_policy_are_a_closed_list_with_their_texts() -> None:
    """The value that it has now is in the list even if it is not allowed, so that nothing seems to be another."""
    options = [{"value": "a:1", "displayed": "The first"}, "b:2"]
    policy = {"image": {"rules": {"options": options}}, "nodePools": {"rules": {"options": ["a100 v100"]}}}
    on = ground(TRAINING, policy, {"image": {"value": "c:3"}, "nodePools": {"value": "a100,v100"}})
    image, pools = (on.page({}).form.field(name).cells[0] for name in ("image", "nodePools"))
    assert image.control.options == (
        Option("c:3", "c:3", allowed=False),
        Option("a:1", "The first"),
        Option("b:2", "b:2"),
    )
    assert image.allowed == "one of a:1, b:2"
    assert pools.control.options == (Option("a100,v100", "a100,v100"), Option("a100 v100", "a100 v100"))
    assert ground(TRAINING, policy).page({}).form.field("image").cells[0].control.options[0] == Option("", "")


def test_rare_parameters_are_folded_unless_they_are_set_or_wrong() -> None:
    """A deprecated parameter is in sight only if somebody uses it."""
    assert ground(TRAINING).page({}).form.field("nodePool").folded
    assert not ground(TRAINING, base={"nodePool": {"value": "a"}}).page({}).form.field("nodePool").folded
    wrong = ground(TRAINING, {"nodePool": {"rules": {"required": True}}}).page({}).form.field("nodePool")
    assert wrong.rank is Rank.RARE and wrong.problems == () and wrong.cells[0].problems and not wrong.folded


def test_what_needs_another_parameter_is_folded_until_it_is_on_and_a_mistake_unfolds_it() -> None:
    """The field says what it needs, by the title of the other field."""
    on = ground(TRAINING, base={"image": {"value": "x"}})
    field = on.page({}).form.field("processes")
    assert (field.folded, field.needs) == (True, "Only with MPI.")
    assert on.page({"mpi": {"value": True}}).form.field("processes").needs == ""
    wrong = on.page({"processes": {"value": 2}}).form.field("processes")
    assert not wrong.folded
    assert [str(one) for one in wrong.all_problems()] == ["processes: needs mpi to be true"]
    assert on.page({"mpi": {"value": True}}).form.field("completions").needs == "Not together with MPI."
    assert on.page({}).form.field("gpuLimit").needs == "Only with a fraction of a GPU, or gpuMemory."


def test_required_fields_are_announced_as_soon_as_they_are() -> None:
    """By the catalogue, by the policy, or since another value asks for it."""
    on = ground(TRAINING, {"memory": {"rules": {"required": True}}})
    form = on.page({}).form
    assert form.field("image").required and form.field("memory").cells[0].required
    assert not form.field("runAsUid").required
    assert on.page({"runAsUser": {"value": True}}).form.field("runAsUid").required


def test_each_problem_stands_at_its_control_and_once_in_the_summary() -> None:
    """The summary has them in the order of the form, each with the id of the control that it leads to."""
    spec = {"gpu": {"value": "9"}, "ports": {"items": {"web": {"value": {"container": 0}}}}, "cpu": {"value": "x"}}
    on = ground(INTERACTIVE, {"gpu": {"rules": {"max": "4"}}})
    form = on.page(spec).form
    assert [(str(one), one.anchor) for one in form.problems] == [
        ("image: cannot be blank", "v.image"),
        ("gpu: must be no greater than 4", "v.gpu"),
        ("cpu: must be a decimal number such as 1 or 0.5", "v.cpu"),
        ("ports.web.container: must be no less than 1", "v.ports.0.container"),
    ]
    assert [(one.title, one.wrong) for one in form.sections if one.wrong] == [
        ("Container", 1),
        ("Resources", 2),
        ("Network", 1),
    ]


def test_what_is_wrong_at_no_place_of_the_form_comes_first() -> None:
    """A policy with an unknown parameter refuses everything: the summary says so, although there is no field."""
    form = ground(INTERACTIVE, {"gpus": {"value": "1"}}, {"image": {"value": "x"}}).page({}).form
    assert [(str(one), one.anchor) for one in form.problems] == [
        ("gpus: is not a parameter of interactive workloads (in the policy)", "")
    ]


def test_a_member_that_the_form_does_not_know_is_told_at_its_row() -> None:
    """A base may hold what no control shows; editing the row mends it."""
    base = {"image": {"value": "x"}, "ports": {"items": {"web": {"value": {"container": 80, "colour": "red"}}}}}
    on = ground(INTERACTIVE, base=base)
    page = on.page({})
    (problem,) = page.form.problems
    assert (problem.violation.path, problem.anchor) == (("ports", "web", "colour"), "l.ports.0")
    assert on.stated(page).spec == {}
    given, after = on.again(page.type("ports.0.external", "8080"))
    assert given.spec == {"ports": {"items": {"web": {"value": {"container": 80, "external": 8080}}}}}
    assert after.form.problems == ()


def test_members_that_the_policy_freezes_are_locked_in_its_own_items_only() -> None:
    """The rest of the item can be changed, and is sent with the frozen member."""
    ports = {"itemRules": {"container": {"canEdit": False}}, "items": {"web": {"value": {"container": 80}}}}
    on = ground(INTERACTIVE, {"ports": ports})
    page = on.page({})
    row = page.row("ports", "web")
    assert [cell.locked for cell in row.cells] == [True, False, False, False]
    given, after = on.again(page.type(f"{row.name}.external", "8080").add("ports", "mine", container="81"))
    assert given.spec["ports"] == {
        "items": {"web": {"value": {"container": 80, "external": 8080}}, "mine": {"value": {"container": 81}}}
    }
    assert after.row("ports", "web").cells[0].locked
    assert not after.row("ports", "mine").cells[0].locked


def test_a_switch_that_the_policy_requires_in_items_is_stated_even_if_it_is_off() -> None:
    """Otherwise nobody could satisfy the policy with a checkbox."""
    volumes = {"itemRules": {"readOnly": {"required": True}}}
    on = ground(TRAINING, {"volumes": volumes})
    page = on.page({}).add("volumes", "a", sourcePath="/a", targetPath="/b", readOnly="false")
    assert on.stated(page).spec == {
        "volumes": {"items": {"a": {"value": {"sourcePath": "/a", "targetPath": "/b", "readOnly": False}}}}
    }
