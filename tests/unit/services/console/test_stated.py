"""What the form sends, in the stories that people tell of it."""

from typing import Any, Final

import pytest

from services.console.form import Whose
from shared.parameters.kinds import DISTRIBUTED, INTERACTIVE, TRAINING
from tests.unit.services.console.browser import Ground, Page, ground

POLICY: Final = {
    "ports": {
        "items": {
            "admin-port-a": {"value": {"container": 30100, "external": 8080}},
            "admin-port-b": {"value": {"container": 30101, "external": 8081}},
        }
    }
}
TEAM_A: Final = {
    "usage": "Template",
    "image": {"value": "python"},
    "ports": {
        "items": {
            "admin-port-a": {"value": {"container": 30100, "external": 8100}},
            "team-a-port": {"value": {"container": 30111, "external": 8111}},
        }
    },
}


def guide() -> Ground:
    """The policy and the template of the submission guide."""
    return ground(INTERACTIVE, POLICY, TEAM_A, "team-a")


def spec(on: Ground, page: Page) -> Any:
    given = on.stated(page)
    assert given.problems == ()
    return given.spec


def test_the_table_of_the_guide_states_exactly_the_two_changes() -> None:
    """Loading team-a, removing admin-port-b and adding my-port states these two and nothing else."""
    on = guide()
    page = on.page({})
    page.remove(page.row("ports", "admin-port-b").name)
    page.add("ports", "my-port", container="30222", external="8222")
    assert spec(on, page) == {
        "ports": {
            "items": {
                "admin-port-b": {"deleted": True},
                "my-port": {"value": {"container": 30222, "external": 8222}},
            }
        }
    }


def test_the_rows_of_the_guide_say_where_they_come_from() -> None:
    """Each row has its origin and what it replaced; a removed row stays, and can be restored."""
    on = guide()
    page = on.page({})
    _, after = on.again(page.remove(page.row("ports", "admin-port-b").name))
    a, b, team = (after.row("ports", label) for label in ("admin-port-a", "admin-port-b", "team-a-port"))
    assert (a.origin.text, [(one.origin.text, one.text) for one in a.beat]) == (
        "from team-a",
        [("policy", "{container: 30100, external: 8080}")],
    )
    assert (team.origin.text, team.beat) == ("from team-a", ())
    assert b.removed and b.mine
    assert [(one.origin.text, one.text) for one in b.beat] == [("policy", "{container: 30101, external: 8081}")]
    assert [cell.text for cell in b.cells[:2]] == ["30101", "8081"]
    assert spec(on, after.restore(b.name)) == {}


def test_an_edited_row_is_stated_whole() -> None:
    """Changing one member of an inherited item sends all of its members."""
    on = guide()
    page = on.page({})
    row = page.row("ports", "team-a-port")
    assert spec(on, page.type(f"{row.name}.external", "9000")) == {
        "ports": {"items": {"team-a-port": {"value": {"container": 30111, "external": 9000}}}}
    }


def test_a_value_means_the_inherited_one_in_any_spelling_until_it_is_pinned() -> None:
    """Typing 1.0 for an inherited 1 states nothing; keeping it as one's own does, and stays so."""
    on = ground(TRAINING, {"gpu": {"value": "1"}})
    page = on.page({}).type("gpu", "1.0")
    assert spec(on, page) == {}
    given, after = on.again(page.pin("gpu"))
    assert given.spec == {"gpu": {"value": "1.0"}}
    assert after.form.field("gpu").pinned
    assert spec(on, after) == given.spec


def test_undo_brings_back_what_was_beaten() -> None:
    """A value of one's own lists what it replaced; once it is undone, the spec no longer has it."""
    on = ground(TRAINING, {"gpu": {"value": "1"}}, {"gpu": {"value": "2"}}, "big")
    _, after = on.again(on.page({}).type("gpu", "4"))
    gpu = after.form.field("gpu")
    assert (gpu.origin.text, gpu.cells[0].text) == ("mine", "4")
    assert [(one.origin.text, one.text) for one in gpu.beat] == [("from big", "2"), ("policy", "1")]
    given, undone = on.again(after.undo("gpu"))
    assert given.spec == {}
    assert (undone.form.field("gpu").origin.text, undone.form.field("gpu").cells[0].text) == ("from big", "2")


def test_a_base_refused_by_a_later_policy_is_mended_by_typing_another_value() -> None:
    """The field says the sentence that the command line says, what is allowed, and who sets it."""
    on = ground(
        TRAINING, {"gpu": {"rules": {"min": "1", "max": "3"}}}, {"gpu": {"value": "5"}, "image": {"value": "x"}}
    )
    page = on.page({})
    (problem,) = page.form.problems
    assert str(problem) == ("gpu: must be no greater than 3 (base workload big has 5, which the policy does not allow)")
    assert (problem.anchor, problem.allowed) == ("v.gpu", "1 to 3")
    assert problem.set_by == "TrainingPolicy the-policy in namespace runai-team-a"
    given, after = on.again(page.type("gpu", "2"))
    assert given.spec == {"gpu": {"value": "2"}}
    assert after.form.problems == ()


def test_a_locked_field_is_never_stated() -> None:
    """What the policy lets nobody change is read-only with its value, and whatever comes back for it is left out."""
    on = ground(TRAINING, {"gpu": {"rules": {"canEdit": False}, "value": "1"}, "stdin": {"rules": {"canEdit": False}}})
    page = on.page({})
    gpu = page.form.field("gpu")
    assert gpu.locked and gpu.cells[0].locked and gpu.cells[0].text == "1"
    assert gpu.allowed == "only 1"
    assert spec(on, page.type("gpu", "").type("stdin", "true")) == {}
    del page.fields["v.gpu"], page.fields["v.stdin"]
    assert spec(on, page) == {}


def test_a_value_typed_before_the_policy_locked_it_is_refused_and_not_dropped() -> None:
    """If the policy changes under the form, what was typed is stated, and the server's sentence says why not."""
    page = ground(TRAINING, {"gpu": {"value": "1"}}).page({}).type("gpu", "2")
    now = ground(TRAINING, {"gpu": {"rules": {"canEdit": False}, "value": "1"}, "image": {"value": "x"}})
    given, after = now.again(page)
    assert given.spec == {"gpu": {"value": "2"}}
    assert [str(one) for one in after.form.problems] == ["gpu: cannot be changed (policy value is 1)"]


def test_picking_one_of_those_that_exclude_each_other_clears_the_rest() -> None:
    """GPUs, GPU memory and MIG profile are one choice: what was typed for the others does not count."""
    on = ground(TRAINING, base={"gpu": {"value": "2"}})
    page = on.page({}).type("gpu", "3").type("gpuMemory", "4G").pick("gpu", "gpuMemory")
    given, after = on.again(page)
    assert given.spec == {"gpuMemory": {"value": "4G"}}
    fields = {name: after.form.field(name) for name in ("gpu", "gpuMemory", "migProfile")}
    assert [name for name, one in fields.items() if one.picked] == ["gpuMemory"]
    assert {one.group for one in fields.values()} == {("gpu", "gpuMemory", "migProfile")}
    assert fields["gpu"].cells[0].text == "" and fields["gpu"].given_up
    assert [(one.parameter, one.text) for one in fields["gpuMemory"].beat] == [("GPUs", "2")]
    assert spec(on, after.pick("gpu", "gpu")) == {}


def test_two_of_those_that_exclude_each_other_are_refused_if_nobody_picked() -> None:
    """Without a choice, nothing that was typed is dropped silently, even if it is the inherited value."""
    on = ground(TRAINING, base={"gpu": {"value": "2"}, "image": {"value": "x"}})
    _, after = on.again(on.page({}).type("gpuMemory", "4G").pick("gpu", "gpuMemory"))
    after.type("gpu", "2")
    del after.fields["c.gpu"]
    given, refused = on.again(after)
    assert given.spec == {"gpu": {"value": "2"}, "gpuMemory": {"value": "4G"}}
    assert [str(one) for one in refused.form.problems] == [
        "gpuMemory: cannot be given together with gpu; give one of them"
    ]


def test_a_workload_that_states_two_of_them_has_picked_none() -> None:
    """Showing it as a form drops neither: the mistake stays until the person picks one."""
    both = {"gpu": {"value": "1"}, "gpuMemory": {"value": "4G"}}
    on = ground(TRAINING, base={"image": {"value": "x"}})
    page = on.page(both)
    assert not any(page.form.field(name).picked for name in ("gpu", "gpuMemory", "migProfile"))
    assert spec(on, page) == both
    assert spec(on, page.pick("gpu", "gpuMemory")) == {"gpuMemory": {"value": "4G"}}


def test_what_follows_from_another_value_changes_with_it() -> None:
    """Turning on runAsUser makes createHomeDir true, says so, and states nothing of it."""
    on = ground(TRAINING, base={"image": {"value": "x"}})
    given, after = on.again(on.page({}).type("runAsUser", "true"))
    home = after.form.field("createHomeDir")
    assert given.spec == {"runAsUser": {"value": True}}
    assert (home.cells[0].text, home.origin.text) == ("true", "built-in, follows from Run as user")
    assert spec(on, after) == given.spec
    assert spec(on, after.type("createHomeDir", "false")) == {**given.spec, "createHomeDir": {"value": False}}


def test_a_value_that_could_follow_is_undone_to_what_follows() -> None:
    """Beneath one's own createHomeDir lies what follows from runAsUser, and not the built-in default."""
    on = ground(TRAINING)
    page = on.page({"runAsUser": {"value": True}, "createHomeDir": {"value": False}})
    assert page.form.field("createHomeDir").mine
    assert spec(on, page.type("createHomeDir", "true")) == {"runAsUser": {"value": True}}


def test_rows_of_the_person_s_own_leave_without_a_trace() -> None:
    """A new row that is removed, or left empty, is not stated; one without a label says so."""
    on = ground(TRAINING)
    page = on.page({"environment": {"items": {"A": {"value": "1"}}}})
    assert spec(on, page.remove(page.row("environment", "A").name).add("environment", "", value="")) == {}
    given, after = on.again(on.page({}).add("ports", "", container="80"))
    assert given.spec == {}
    (problem,) = [one for one in after.form.problems if one.violation.path[0] == "ports"]
    assert str(problem) == "ports: an item has no label; give it one, or leave all of it empty"
    (row,) = after.form.field("ports").rows
    assert row.loose and row.cells[0].text == "80", "nothing that was typed is lost"
    assert problem.anchor == f"l.{row.name}"


def test_a_label_that_is_given_twice_is_refused_at_the_second_row() -> None:
    """Neither row replaces the other silently; the first one counts until the second has another label."""
    on = ground(TRAINING, base={"image": {"value": "x"}})
    given, after = on.again(on.page({}).add("environment", "A", value="1").add("environment", "A", value="2"))
    assert given.spec == {"environment": {"items": {"A": {"value": "1"}}}}
    assert [str(one) for one in after.form.problems] == ["environment.A: the label is given twice; change one of them"]
    assert [row.loose for row in after.form.field("environment").rows] == [False, True]


def test_an_item_that_the_base_deletes_can_be_restored() -> None:
    """The row is struck through and says who deletes it; restored, it is stated as the policy has it."""
    on = ground(INTERACTIVE, POLICY, {"ports": {"items": {"admin-port-b": {"deleted": True}}}}, "quiet")
    page = on.page({})
    row = page.row("ports", "admin-port-b")
    assert (row.removed, row.origin.text, row.mine) == (True, "from quiet", False)
    assert spec(on, page.restore(row.name)) == {
        "ports": {"items": {"admin-port-b": {"value": {"container": 30101, "external": 8081}}}}
    }


def test_rows_that_the_policy_protects_say_who_forbids_it() -> None:
    """Without canRemove there is no way to remove a row; without canAdd there is no row to fill in."""
    rules = {"rules": {"canAdd": False}, "items": {"a": {"rules": {"canRemove": False}, "value": {"container": 80}}}}
    ports = ground(INTERACTIVE, {"ports": rules}).page({}).form.field("ports")
    assert ports.blank is None
    assert (ports.full, ports.set_by) == (
        "items cannot be added",
        "InteractivePolicy the-policy in namespace runai-team-a",
    )
    assert ports.rows[0].keeps == "cannot be removed"
    assert ground(INTERACTIVE).page({}).form.field("ports").blank is not None


@pytest.mark.parametrize("text", ["0.50", "1e3", "5e-1"])
def test_numbers_are_stated_as_they_are_typed(text: str) -> None:
    """No number loses a digit on its way: 0.50 is not 0.5."""
    on = ground(TRAINING)
    assert spec(on, on.page({}).type("gpu", text)) == {"gpu": {"value": text}}


def test_values_without_a_wrapper_and_values_with_members_are_written_as_a_manifest_has_them() -> None:
    """The framework of a distributed workload has no `value`; its settings are one value with members."""
    on = ground(DISTRIBUTED)
    page = on.page({}).type("jobType", "PyTorch").type("runPolicy.backoffLimit", "3")
    assert spec(on, page) == {"jobType": "PyTorch", "runPolicy": {"value": {"backoffLimit": 3}}}


def test_a_parameter_of_another_kind_is_refused_by_name() -> None:
    """Nothing that was sent is ignored silently."""
    on = ground(TRAINING)
    page = on.page({})
    page.fields["v.jupyter"] = "true"
    given, after = on.again(page)
    assert [str(one) for one in given.problems] == ["jupyter: is not a parameter of training workloads"]
    assert str(given.problems[0]) in [str(one) for one in after.form.problems]


def test_origins_are_those_of_the_values_set() -> None:
    """Policy, base, the person and the built-in defaults each have their word."""
    on = ground(TRAINING, {"cpu": {"value": "1"}}, {"memory": {"value": "1Gi"}}, "big")
    form = on.page({"gpu": {"value": "1"}}).form
    found = {name: form.field(name).origin for name in ("cpu", "memory", "gpu", "imagePullPolicy", "gpuMemory")}
    assert {name: one.whose for name, one in found.items()} == {
        "cpu": Whose.POLICY,
        "memory": Whose.BASE,
        "gpu": Whose.MINE,
        "imagePullPolicy": Whose.BUILT_IN,
        "gpuMemory": Whose.NOBODY,
    }
    assert [one.text for one in found.values()] == ["policy", "from big", "mine", "built-in", ""]
