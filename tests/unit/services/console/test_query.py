"""What a list shows, as its address says it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.query import BadQueryError, Query, marked, place_in, read

COLUMNS = ("name", "status", "age")


def test_an_address_says_all_that_a_list_shows() -> None:
    """Filters, search and order are read from an address and written back to it, without what is empty."""
    query = read({"status": "Running", "user": "", "q": " res net ", "sort": "-age", "tab": "2"}, COLUMNS)
    assert query == Query(status="Running", q="res net", sort="-age")
    assert query.address("/p/a/jobs") == "/p/a/jobs?status=Running&q=res%20net&sort=-age"
    assert query.address("/p/a/jobs", status="", q="", sort="") == "/p/a/jobs"


def test_another_filter_starts_from_the_first_row() -> None:
    """A place in one list means nothing in another."""
    query = Query(q="a", after=marked(("a", "b", "c")))
    assert query.changed(q="b") == Query(q="b")


def test_all_mistakes_of_an_address_are_said_at_once() -> None:
    """An unknown column and a made-up place are each named, with what would be right."""
    with pytest.raises(BadQueryError) as error:
        read({"sort": "-colour", "after": "%%%", "before": "e30"}, COLUMNS)
    said = str(error.value)
    assert "'-colour' is no column: expected one of name, status, age" in said
    assert "after: this is no place" in said and "before: this is no place" in said


@given(st.tuples(st.text(), st.text(), st.text()))
def test_a_place_survives_its_way_through_an_address(place: tuple[str, str, str]) -> None:
    """Whatever a row is called, the list goes on after it."""
    assert place_in(marked(place)) == place


@given(st.text())
def test_no_text_in_an_address_does_harm(text: str) -> None:
    """Any text is a place or none."""
    found = place_in(text)
    assert found is None or len(found) == 3
