"""Text formatted for people."""

from cli.printing.tables import table


def test_columns_are_as_wide_as_their_longest_cell_plus_two_spaces() -> None:
    """Columns have the width of their longest cell and two spaces."""
    rows = [("29m", "Info", "all the resources were created successfully"), ("5s", "Warning", "busy")]
    assert table(["AGE", "TYPE", "MESSAGE"], rows, underlined=True) == [
        "AGE  TYPE     MESSAGE",
        "---  ----     -------",
        "29m  Info     all the resources were created successfully",
        "5s   Warning  busy",
    ]


def test_a_column_may_have_a_least_width_and_a_table_no_rows() -> None:
    """A column may have a least width, and a table no rows."""
    assert table(["NAME", "USAGE"], [("a", "Submit")], least={"NAME": 6}) == ["NAME    USAGE", "a       Submit"]
    assert table(["NAME", "USAGE"], []) == ["NAME  USAGE"]


def test_columns_are_aligned_by_the_room_that_letters_take_on_a_terminal() -> None:
    """Wide and combining characters keep columns aligned."""
    assert table(["USER", "IMAGE"], [("山田", "a"), ("jose\u0301", "b"), ("ann", "c"), ("x🚀", "d")]) == [
        "USER  IMAGE",
        "山田  a",
        "jose\u0301  b",
        "ann   c",
        "x🚀   d",
    ]
