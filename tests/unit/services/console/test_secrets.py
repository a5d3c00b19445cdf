"""Secrets never reach a page, and are sent unchanged if they are left alone."""

import dataclasses
import json
from typing import Any, Final

import pytest

from services.console.form import Form
from services.console.keeping import packed, unpacked
from services.console.marks import Marks
from services.console.posted import read
from shared.parameters.kinds import INTERACTIVE, TRAINING
from shared.parameters.secrecy import HIDDEN
from tests.unit.services.console.browser import MARKS, ground

SECRET: Final = "hunter2-and-more"
WITH_SECRETS: Final[dict[str, Any]] = {
    "image": {"value": "x"},
    "notebookToken": {"value": SECRET},
    "jupyter": {"value": True},
    "environment": {"items": {"DB_PASSWORD": {"value": SECRET}, "URL": {"value": f"https://jane:{SECRET}@host/"}}},
    "arguments": {"value": f"--from https://jane:{SECRET}@host/"},
}


def told(form: Form) -> str:
    """Everything of a form that templates may show: all but what no template shows."""
    fields = json.loads(json.dumps(dataclasses.asdict(form), default=str))
    return json.dumps(_shown(fields))


def _shown(one: Any) -> Any:
    if isinstance(one, dict):
        return {key: _shown(value) for key, value in one.items() if key != "said"}
    return [_shown(value) for value in one] if isinstance(one, list) else one


def test_no_secret_of_anybody_is_in_the_form() -> None:
    """Those of policy, base and the person are hidden, in values, in what they replaced and in what is wrong."""
    policy = {name: one for name, one in WITH_SECRETS.items() if name != "image"}
    on = ground(INTERACTIVE, policy, WITH_SECRETS)
    for spec in ({}, WITH_SECRETS, {"notebookToken": {"value": "SECRET:"}, "environment": WITH_SECRETS["environment"]}):
        page = on.page(spec)
        assert SECRET not in told(page.form)
        assert SECRET not in json.dumps(page.fields)
        assert SECRET not in repr(page.form)
        assert HIDDEN in told(page.form)


def test_hidden_values_that_are_left_alone_are_not_stated() -> None:
    """Secrets of policy and base stay theirs, although the form never showed them."""
    on = ground(INTERACTIVE, {"notebookToken": {"value": SECRET}}, WITH_SECRETS)
    assert on.stated(on.page({})).spec == {}


def test_hidden_values_of_the_person_s_own_are_sent_as_they_typed_them() -> None:
    """What a page hides comes back sealed with it."""
    on = ground(INTERACTIVE)
    page = on.page(WITH_SECRETS)
    assert on.stated(page).spec == WITH_SECRETS
    assert unpacked(packed(page.kept)) == page.kept


def test_an_edited_row_keeps_the_secrets_of_the_inherited_one() -> None:
    """A row that is restored has the secret that the policy gave it, although the person never saw it."""
    policy = {"environment": {"items": {"DB_PASSWORD": {"value": SECRET}}}}
    on = ground(INTERACTIVE, policy, {"environment": {"items": {"DB_PASSWORD": {"deleted": True}}}})
    page = on.page({})
    row = page.row("environment", "DB_PASSWORD")
    assert on.stated(page.restore(row.name)).spec == {"environment": {"items": {"DB_PASSWORD": {"value": SECRET}}}}


def test_a_value_with_a_part_hidden_must_be_written_again_to_change_it() -> None:
    """Nobody can send the placeholder of a secret by accident, and what was typed stays in sight."""
    on = ground(INTERACTIVE, base=WITH_SECRETS)
    page = on.page({})
    text = page.fields["v.arguments"]
    assert text == f"--from https://jane:{HIDDEN}@host/"
    given, after = on.again(page.type("arguments", f"{text} --more"))
    assert given.spec == {}
    (problem,) = given.problems
    assert str(problem).startswith("arguments: contains (hidden), which stands for a secret that is not shown")
    assert after.fields["v.arguments"] == f"{text} --more"
    assert str(problem) in [str(one) for one in after.form.problems]


def test_a_secret_in_a_row_that_is_no_part_of_the_workload_yet_is_not_lost() -> None:
    """A row whose label is missing hides what may be a secret, and brings it back when the label is given."""
    on = ground(TRAINING)
    _, after = on.again(on.page({}).add("environment", "", value=SECRET))
    (row,) = after.form.field("environment").rows
    assert row.cells[0].text == HIDDEN
    assert SECRET not in told(after.form)
    after.fields[f"l.{row.name}"] = "DB_PASSWORD"
    assert on.stated(after).spec == {"environment": {"items": {"DB_PASSWORD": {"value": SECRET}}}}


def test_two_rows_with_one_label_keep_their_own_secrets() -> None:
    """The secret of one row never becomes that of another."""
    on = ground(TRAINING)
    _, after = on.again(
        on.page({}).add("environment", "TOKEN", value=SECRET).add("environment", "TOKEN", value="other")
    )
    first, second = after.form.field("environment").rows
    assert (first.loose, second.loose) == (False, True)
    after.fields[f"l.{second.name}"] = "OTHER_TOKEN"
    assert on.stated(after).spec == {
        "environment": {"items": {"TOKEN": {"value": SECRET}, "OTHER_TOKEN": {"value": "other"}}}
    }


def test_the_word_hidden_is_a_word_where_nothing_is_hidden() -> None:
    """A user named (hidden) can be typed: only places of secrets give the word another meaning."""
    on = ground(TRAINING)
    page = on.page({}).type("username", HIDDEN).add("environment", "NOTE", value=HIDDEN)
    assert on.stated(page).spec == {
        "username": {"value": HIDDEN},
        "environment": {"items": {"NOTE": {"value": HIDDEN}}},
    }


def test_a_hidden_value_that_nobody_has_any_more_is_left_out() -> None:
    """If the base lost its secret under the open form, the placeholder is not sent in its place."""
    page = ground(INTERACTIVE, base=WITH_SECRETS).page({})
    now = ground(INTERACTIVE, base={"image": {"value": "x"}, "jupyter": {"value": True}})
    assert "notebookToken" not in now.stated(page).spec
    nameless = ground(INTERACTIVE, base={"environment": {"items": {"": {"value": SECRET}}}}).page({})
    assert now.stated(nameless).spec == {}


@pytest.mark.parametrize("place", ["gpu", "ports\nweb"])
def test_marks_tell_what_was_shown_and_nothing_else(place: str) -> None:
    """A mark fits what it was made from, at its own place, under any of the keys; without a key, nobody can guess."""
    old, new = Marks([b"old" * 11]), Marks([b"new" * 11, b"old" * 11])
    mark = old.of(place, 'means "1"')
    assert new.fits(mark, place, 'means "1"')
    assert not new.fits(mark, place, 'means "2"')
    assert not new.fits(mark, "other", 'means "1"')
    assert not Marks([b"new" * 11]).fits(mark, place, 'means "1"')
    assert not MARKS.fits("", place, "nothing")
    assert not MARKS.fits("é", place, "nothing")


def test_fields_of_others_and_odd_names_are_left_alone() -> None:
    """Whatever a browser or a stranger posts, reading it never fails."""
    odd = ["v.", "v", "v.gpu.x", "v.ports", "v.ports.1.x", "s.", "l.ports", "e.gpu.y", "x.gpu", "c.", "csrf", "d.gpu"]
    posted = read(TRAINING, [(name, "1") for name in odd])
    assert posted.unknown == [""]
