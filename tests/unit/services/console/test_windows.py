"""The part of a list that a page shows, and how it is kept up to date."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.console.list_rows import JOBS, Row
from services.console.query import Query
from services.console.windows import Changed, Placed, Removed, Step, Window, steps, window


def row(name: str, status: str = "Running", created: str = "2026-04-16T07:00:00Z", user: str = "jane") -> Row:
    """A row of a job."""
    return Row(f"r{name}", name, f"jobs/{name}", created, status, "Train", user, ("", "", user, "", ""))


def shown(rows: Sequence[Row], query: Query, size: int = 3) -> tuple[list[str], Window]:
    """The names on the page, and the page."""
    found = window(rows, query, JOBS, size)
    return [one.name for one in found.rows], found


def test_counts_are_of_all_matches_and_not_of_the_page() -> None:
    """Each status is counted among all rows that match the rest of the query, whatever the page shows."""
    rows = [row(f"a-{number}", "Running" if number % 3 else "Failed") for number in range(10)] + [row("b", user="tom")]
    names, found = shown(rows, Query(user="jane", status="Failed"))
    assert names == ["a-9", "a-6", "a-3"]
    assert (found.first, found.last, found.matching, found.any_status) == (1, 3, 4, 10)
    assert found.counts == (("Running", 6), ("Failed", 4))


def test_every_word_of_a_search_must_be_found_somewhere() -> None:
    """Words are looked for in name, status, user and cells, in any case and order."""
    rows = [row("resnet-1"), row("resnet-2", "Failed"), row("bert")]
    assert shown(rows, Query(q="FAILED res"))[0] == ["resnet-2"]
    assert shown(rows, Query(q="failed bert"))[0] == []


def test_names_are_sorted_as_people_count() -> None:
    """job-10 comes after job-9."""
    rows = [row(f"job-{number}") for number in (10, 9, 1)]
    assert shown(rows, Query(sort="name"))[0] == ["job-1", "job-9", "job-10"]


def test_pages_lead_through_all_rows_and_back() -> None:
    """Going on page by page shows each row once; the way back shows the same pages."""
    rows = [row(f"{number:02}") for number in range(8)]
    query, seen = Query(sort="name"), []
    while True:
        names, found = shown(rows, query)
        seen.append(names)
        if not found.later:
            break
        query = query.changed(after=found.later)
    assert seen == [["00", "01", "02"], ["03", "04", "05"], ["06", "07"]]
    assert shown(rows, query.changed(before=found.earlier))[0] == seen[1]


def test_a_page_stays_where_it_is_when_its_neighbour_is_gone() -> None:
    """The row that a page comes after may be deleted: nothing is skipped or shown twice."""
    rows = [row(f"{number:02}") for number in range(8)]
    _, found = shown(rows, Query(sort="name"))
    left = [one for one in rows if one.name not in ("01", "02")]
    assert shown(left, Query(sort="name", after=found.later))[0] == ["03", "04", "05"]


def test_the_same_page_has_the_same_digest_and_another_has_another() -> None:
    """A page that connects again is sent nothing if nothing has changed."""
    rows = [row("a"), row("b")]
    first = shown(rows, Query())[1]
    assert first.digest == shown(rows[::-1], Query())[1].digest
    assert first.digest != shown([replace(rows[0], status="Failed"), rows[1]], Query())[1].digest


def applied(before: Sequence[Row], done: Sequence[Step]) -> list[Row]:
    """What a browser shows after the steps, whose targets it finds before the first of them."""
    page = list(before)
    for step in done:
        at = {one.key: number for number, one in enumerate(page)}
        match step:
            case Removed(key):
                del page[at[key]]
            case Changed(one):
                page[at[one.key]] = one
            case Placed(rows, None):
                page += rows
            case Placed(rows, key):
                assert key is not None
                page[at[key] : at[key]] = rows
    return page


ROWS = st.lists(
    st.builds(row, st.sampled_from("abcdefgh"), st.sampled_from(("Running", "Failed"))), unique_by=lambda one: one.key
)


@given(ROWS, ROWS)
def test_the_steps_turn_any_page_into_any_other(before: list[Row], after: list[Row]) -> None:
    """After the steps, a page shows what the list is now."""
    assert applied(before, steps(before, after)) == after


@given(ROWS, ROWS)
def test_rows_come_in_only_beside_rows_that_were_there(before: list[Row], after: list[Row]) -> None:
    """A browser looks for all targets before it does the first step: none may be a row that only comes with it."""
    kept = {one.key for one in before} - {one.key for one in steps(before, after) if isinstance(one, Removed)}
    for step in steps(before, after):
        if isinstance(step, Placed) and step.before:
            assert step.before in kept
        if isinstance(step, Changed):
            assert step.row.key in kept


def test_a_row_that_only_changes_stays_in_its_place() -> None:
    """What a person has chosen or scrolled to is not moved by the changes of others."""
    before = [row("a"), row("b"), row("c")]
    after = [row("a"), row("b", "Succeeded"), row("d"), row("c")]
    assert steps(before, after) == [Placed((row("d"),), "rc"), Changed(row("b", "Succeeded"))]
