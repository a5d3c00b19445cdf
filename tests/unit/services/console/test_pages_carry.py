"""The page itself carries the form: what a browser sends back states what it should, whatever texts are in it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from services.console.carried import not_carried
from services.console.form import Form
from services.console.inherited import inherited
from services.console.keeping import kept_of
from services.console.pages import TEMPLATES
from services.console.place import Place
from services.console.posted import read
from services.console.stated import Stated, stated
from shared.parameters.kinds import INTERACTIVE, KINDS, Kind
from tests.unit.services.console.browser import MARKS, Ground, ground
from tests.unit.services.console.controls import Controls
from tests.unit.services.console.test_round_trips import statements, under
from tests.unit.shared.resolution.strategies import sound, specs

EXAMPLES: Final = 12
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def drawn(kind: Kind, form: Form) -> Controls:
    """The page's controls; every id is used once."""
    draw: Any = getattr(TEMPLATES.get_template("fields.html").module, "field")  # noqa: B009 - a macro
    place = Place(kind, "team-a", "")
    controls = Controls("".join(str(draw(place, form, one)) for one in form.fields()))
    assert [name for name, times in Counter(controls.ids).items() if times > 1] == []
    return controls


def back(on: Ground, spec: Mapping[str, Any]) -> Stated:
    """What the page of a workload states once it was sent."""
    page = on.page(spec)
    posted = read(on.kind, drawn(on.kind, page.form).sent)
    return stated(inherited(on.kind, on.policy, on.base), posted, MARKS, kept_of(on.kind, dict(spec)))


@kinds
@settings(max_examples=EXAMPLES, phases=[Phase.reuse, Phase.generate])  # shrinking takes minutes
@given(st.data())
def test_an_untouched_page_states_nothing(kind: Kind, data: st.DataObject) -> None:
    """Locked controls, hidden values, odd labels and texts of several lines: who changes nothing states nothing."""
    given = back(ground(kind, *data.draw(under(kind))), {})
    assert (given.spec, given.problems) == ({}, ())


@kinds
@settings(max_examples=EXAMPLES, phases=[Phase.reuse, Phase.generate])  # shrinking takes minutes
@given(st.data())
def test_a_page_keeps_what_a_workload_states(kind: Kind, data: st.DataObject) -> None:
    """Also what is inherited anyway, deletions, values that are wrong, and those that exclude each other."""
    on = ground(kind, *data.draw(under(kind)))
    spec = data.draw(specs(kind) | sound(kind))
    assume(not not_carried(kind, dict(spec)))
    given = back(on, spec)
    assert given.problems == ()
    assert statements(kind, given.spec) == statements(kind, spec)


def test_texts_of_several_lines_come_back_as_they_were() -> None:
    """A first line that is empty stays, and line ends become those of Unix."""
    spec = {"environment": {"items": {"A": {"value": "\n\none\ntwo "}, "B": {"value": "a\r\nb"}}}}
    assert back(ground(INTERACTIVE), spec).spec == {
        "environment": {"items": {"A": {"value": "\n\none\ntwo "}, "B": {"value": "a\nb"}}}
    }


def test_texts_of_others_are_texts_and_no_markup() -> None:
    """Whatever a base holds is quoted wherever the page shows it."""
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    items = {"environment": {"items": {evil: {"value": evil}}}, "annotations": {"items": {"a": {"value": evil}}}}
    on = ground(INTERACTIVE, items, {**items, "username": {"value": evil}, "command": {"value": evil}}, name=evil)
    page = on.page({"image": {"value": evil}})
    draw: Any = getattr(TEMPLATES.get_template("fields.html").module, "field")  # noqa: B009 - a macro
    html = "".join(str(draw(Place(INTERACTIVE, "team-a", ""), page.form, one)) for one in page.form.fields())
    assert "<script" not in html and "<img" not in html
    assert back(on, {"image": {"value": evil}}).spec == {"image": {"value": evil}}
