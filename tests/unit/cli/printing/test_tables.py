"""Text as people read it."""

from datetime import UTC, datetime, timedelta

import pytest

from cli.printing.tables import age, printable, span, table

NOW = datetime(2026, 1, 5, 10, 29, 30, tzinfo=UTC)


def test_columns_are_as_wide_as_their_longest_cell_plus_two_spaces() -> None:
    rows = [("29m", "Info", "all the resources were created successfully"), ("5s", "Warning", "busy")]
    assert table(["AGE", "TYPE", "MESSAGE"], rows, underlined=True) == [
        "AGE  TYPE     MESSAGE",
        "---  ----     -------",
        "29m  Info     all the resources were created successfully",
        "5s   Warning  busy",
    ]


def test_a_column_may_have_a_least_width_and_a_table_no_rows() -> None:
    assert table(["NAME", "USAGE"], [("a", "Submit")], least={"NAME": 6}) == ["NAME    USAGE", "a       Submit"]
    assert table(["NAME", "USAGE"], []) == ["NAME  USAGE"]


def test_columns_are_aligned_by_the_room_that_letters_take_on_a_terminal() -> None:
    assert table(["USER", "IMAGE"], [("山田", "a"), ("jose\u0301", "b"), ("ann", "c"), ("x🚀", "d")]) == [
        "USER  IMAGE",
        "山田  a",
        "jose\u0301  b",
        "ann   c",
        "x🚀   d",
    ]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-3, "0s"),
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (29 * 60 + 30, "29m"),
        (3600, "1h"),
        (86399, "23h"),
        (86400, "1d"),
        (364 * 86400, "364d"),
        (365 * 86400, "1y"),
        (800 * 86400, "2y"),
    ],
)
def test_spans_are_in_their_largest_unit(seconds: float, shown: str) -> None:
    assert span(seconds) == shown


def test_ages() -> None:
    assert age("2026-01-05T10:00:00Z", NOW) == "29m"
    assert age((NOW - timedelta(seconds=7)).isoformat(), NOW) == "7s"
    assert age("2026-01-05T10:00:00", NOW) == "29m"  # without a zone it is UTC
    assert age(None, NOW) == age("yesterday", NOW) == "N/A"


def test_what_could_command_a_terminal_is_written_out() -> None:
    assert printable("a\x1b[31mred\nb\u202e\ud800é ") == r"a\x1b[31mred\nb\u202e\ud800é "
