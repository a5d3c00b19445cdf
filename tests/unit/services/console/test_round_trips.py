"""The book-keeping of the form, tried with random policies, bases, workloads and edits of every kind of workload.

What the form shows is what is resolved, and it states nothing that nobody changed.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from services.console.carried import not_carried
from services.console.form import Field, Form, Row
from services.console.inherited import shown_texts
from services.console.texts import payload, texts_of
from shared.parameters.derive import Parameter, parameters
from shared.parameters.kinds import KINDS, Kind
from shared.resolution.cross_relations import FOLLOWED
from shared.resolution.merge import read_layer
from shared.resolution.model import Origin, Refused, Resolved, Source
from tests.unit.services.console.browser import Ground, Page, ground
from tests.unit.shared.resolution.strategies import LABELS, example, policies, sound, specs, texts

EXAMPLES: Final = int(os.environ.get("ROUND_TRIPS", "15"))
"""Random cases of each property and kind; `ROUND_TRIPS=2000 pytest -s` tries more, and says how many."""
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
Case = tuple[Mapping[str, Any], Mapping[str, Any]]
DONE: Final[Counter[str]] = Counter()


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    """Say how many round trips from form to workload and back were right."""
    yield
    print(f"\n{DONE.total()} round trips were right: {dict(DONE)}")


def under(kind: Kind) -> st.SearchStrategy[Case]:
    """A policy and a base, in any form."""
    return st.tuples(policies(kind), specs(kind) | sound(kind))


@kinds
@settings(max_examples=EXAMPLES, phases=[Phase.reuse, Phase.generate])  # shrinking takes minutes
@given(st.data())
def test_an_untouched_form_states_nothing(kind: Kind, data: st.DataObject) -> None:
    """Whatever policy and base say, even what nobody can read: who changes nothing states nothing."""
    policy, base = data.draw(under(kind))
    on = ground(kind, policy, base)
    given = on.stated(on.page({}))
    assert given.spec == {}
    assert given.problems == ()
    DONE["untouched"] += 1


@kinds
@settings(max_examples=EXAMPLES, phases=[Phase.reuse, Phase.generate])  # shrinking takes minutes
@given(st.data())
def test_the_form_shows_what_is_resolved(kind: Kind, data: st.DataObject) -> None:
    """After any edits, every value of the form is the one that is resolved, and only what was edited is stated."""
    policy, base = data.draw(under(kind))
    on = ground(kind, policy, base)
    page = on.page({})
    edited = {edit(data, page, kind) for _ in range(data.draw(st.integers(1, 4)))}
    given, after = on.again(page)
    assert given.spec.keys() <= edited
    assert_shown(kind, after.form, on.result(given.spec))
    assert_nothing_sent_unseen(on, page, after.form)
    again = on.stated(after).spec
    assert statements(kind, again) == statements(kind, given.spec), "what was checked stays as it is"
    DONE["edited"] += 1


@kinds
@settings(max_examples=EXAMPLES, phases=[Phase.reuse, Phase.generate])  # shrinking takes minutes
@given(st.data())
def test_a_workload_is_the_same_after_it_was_shown_as_a_form(kind: Kind, data: st.DataObject) -> None:
    """Whatever somebody wrote as YAML, the form that shows it states it again, even what is inherited anyway."""
    policy, base = data.draw(under(kind))
    spec = data.draw(specs(kind) | sound(kind))
    assume(not not_carried(kind, dict(spec)))
    on = ground(kind, policy, base)
    page = on.page(spec)
    assert_shown(kind, page.form, on.result(spec))
    given = on.stated(page)
    assert given.problems == ()
    assert statements(kind, given.spec) == statements(kind, spec)
    DONE["shown"] += 1


@kinds
@settings(max_examples=EXAMPLES, phases=[Phase.reuse, Phase.generate])  # shrinking takes minutes
@given(st.data())
def test_nothing_is_sent_that_was_not_shown(kind: Kind, data: st.DataObject) -> None:
    """If policy and base change under an open form, every value that nobody touched was shown, or is listed."""
    (policy, base), (later_policy, later_base) = data.draw(under(kind)), data.draw(under(kind))
    page = ground(kind, policy, base).page({})
    edited = {edit(data, page, kind) for _ in range(data.draw(st.integers(0, 2)))}
    now = ground(kind, later_policy, later_base)
    given, after = now.again(page)
    listed = {one.path for one in now.moved(page, after.form)}
    for one in after.form.fields():
        before, parameter = page.form.field(one.name), parameters(kind)[one.name]
        if one.itemized:
            assert {(one.name, label) for label in unseen(parameter, before, one)} <= listed, one.name
        elif one.name not in edited and not one.given_up and one.name not in FOLLOWED and (one.name,) not in listed:
            assert payload(parameter, cells_of(before)) == payload(parameter, cells_of(one)), one.name
    assert given.spec.keys() <= edited
    DONE["moved"] += 1


def unseen(parameter: Parameter, before: Field, now: Field) -> set[str]:
    """Labels of the items that nobody states, and that are something else than the form showed."""
    shown = {row.label: (row.removed, payload(parameter, cells_of(row))) for row in before.rows}
    found = {row.label: (row.removed, payload(parameter, cells_of(row))) for row in now.rows if not row.mine}
    return {label for label, said in found.items() if not said[0] and shown.get(label) != said}


def statements(kind: Kind, spec: Mapping[str, Any]) -> Mapping[tuple[str, ...], str]:
    """What a spec states, by path, as it is meant."""
    layer = read_layer(kind, Source(Origin.WORKLOAD, None, dict(spec)))
    found: dict[tuple[str, ...], str] = {}
    for name, parameter in parameters(kind).items():
        said: dict[tuple[str, ...], Any] = {(name, x): one[-1] for x, one in layer.items.get(name, {}).items()}
        if name in layer.values:
            said[(name,)] = layer.values[name][-1]
        meant = {path: payload(parameter, texts_of(parameter, one.raw)) for path, one in said.items()}
        found |= {path: "deleted" if one.deleted else meant[path] for path, one in said.items()}
    return found


def edit(data: st.DataObject, page: Page, kind: Kind) -> str:
    """Change something of a page, and say of which parameter."""
    free = [one.name for one in page.form.fields() if not one.folded and not one.locked]
    one = page.form.field(data.draw(st.sampled_from(free)))
    parameter = parameters(kind)[one.name]
    written = texts_for(parameter, data)
    if not one.itemized:
        if one.group:
            page.pick(one.group[0], one.name)
        for cell in one.cells:
            page.fields[cell.name] = written.get(cell.member, "")
    elif (at := data.draw(st.integers(-1, len(one.rows) - 1))) >= 0:
        row = one.rows[at]
        change_row(data, page, row, written)
    else:
        label = data.draw(st.sampled_from(LABELS))
        page.add(one.name, label, **{member or "value": text for member, text in written.items()})
    return one.name


def change_row(data: st.DataObject, page: Page, row: Row, written: Mapping[str, str]) -> None:
    """Remove a row, restore it, or type into one of its cells."""
    what = data.draw(st.sampled_from(("remove", "restore", "type")))
    if what == "remove":
        page.remove(row.name)
    elif what == "restore":
        page.restore(row.name)
    elif not row.locked:
        cell = row.cells[data.draw(st.integers(0, len(row.cells) - 1))]
        page.fields[cell.name] = written.get(cell.member, "")


def texts_for(parameter: Parameter, data: st.DataObject) -> Mapping[str, str]:
    """Texts that a person may type for a value: those of the catalogue's example, or any."""
    usual = shown_texts(parameter, example(parameter), "a")
    member = data.draw(st.sampled_from(sorted(usual)))
    other = data.draw(st.just(usual[member]) | texts | st.just("") | st.sampled_from(["true", "false", "3"]))
    return {**usual, member: other}


def assert_shown(kind: Kind, form: Form, result: Resolved | Refused) -> None:
    """Every value of the values set is in the form, and the form has no other that could be read."""
    for one in form.fields():
        parameter = parameters(kind)[one.name]
        resolved: Any = result.values_set.get(one.name)
        if one.itemized:
            there = {row.label: row for row in one.rows if not row.removed and not row.loose}
            items = resolved or {}
            assert items.keys() <= there.keys()
            for label, row in there.items():
                if label in items:
                    assert said(parameter, cells_of(row), label) == payload_of(parameter, items[label], label), label
                else:
                    assert any(problem.violation.path[0] == one.name for problem in form.problems), label
        elif resolved is not None:
            assert said(parameter, cells_of(one)) == payload_of(parameter, resolved), one.name
        else:
            assert not any(cells_of(one).values()) or any(one.all_problems()), one.name


def cells_of(one: Field | Row) -> Mapping[str, str]:
    return {cell.member: cell.text for cell in one.cells}


def said(parameter: Parameter, texts: Mapping[str, str], label: str = "") -> str:
    return payload(parameter, texts)


def payload_of(parameter: Parameter, resolved: Any, label: str = "") -> str:
    return payload(parameter, shown_texts(parameter, resolved, label))


def assert_nothing_sent_unseen(on: Ground, page: Page, form: Form) -> None:
    """A value that nobody touched is the one that was shown, or is listed as moved."""
    listed = {one.path[0] for one in on.moved(page, form)}
    for one in form.fields():
        before = page.form.field(one.name)
        if one.mine or one.given_up or one.itemized or one.name in listed or one.name in FOLLOWED:
            continue
        texts = cells_of(before)
        assert payload(parameters(on.kind)[one.name], texts) == payload(parameters(on.kind)[one.name], cells_of(one))
