"""Lines of a log, as text."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.console.log_lines import LONGEST, Mark, Reader, mark_in, shown

T1, T2 = "2026-04-16T07:00:00.000000001Z", "2026-04-16T07:00:00.000000002Z"
LOG = f"{T1} one\n{T1} two\n{T2} three\n".encode()


def texts(reader: Reader, *chunks: bytes) -> list[str]:
    """The texts of the lines that come with the chunks, and at the end."""
    return [line.text for chunk in chunks for line in reader.lines(chunk)] + [line.text for line in reader.end()]


def test_a_log_that_goes_on_repeats_no_line_and_leaves_none_out() -> None:
    """Lines may have the same time: how many of them were read is remembered too."""
    for read in range(1, 4):
        first = Reader()
        parts = LOG.splitlines(keepends=True)
        before = texts(first, *parts[:read])
        after = texts(Reader(mark_in(str(first.mark))), *parts)
        assert before + after == ["one", "two", "three"]
        first.again()
        assert texts(first, *parts) == after


@given(st.lists(st.integers(1, len(LOG))))
def test_it_does_not_matter_where_a_log_is_cut_on_its_way(cuts: list[int]) -> None:
    """The same lines come out, however the bytes come in."""
    places = [0, *sorted(cuts), len(LOG)]
    chunks = [LOG[start:end] for start, end in pairwise(places)]
    assert texts(Reader(), *chunks) == ["one", "two", "three"]


def test_a_line_is_text_whatever_it_holds() -> None:
    """Colours go, what was overwritten is not shown, and every other control character is written out."""
    assert shown("\x1b[1;31mred\x1b[0m") == "red"
    assert shown("10%\r20%\r100%\r") == "100%"
    assert shown("\x1b]0;title\x07<script>alert(1)</script>\u202egpj") == (
        r"\x1b]0;title\x07<script>alert(1)</script>\u202egpj"
    )
    assert shown("a\tb") == "a    b"


def test_a_line_without_an_end_takes_no_more_room_than_a_long_one() -> None:
    """A container may write for ever without a line break."""
    reader = Reader()
    for _ in range(50):
        assert not list(reader.lines(b"x" * 10_000))
    (line,) = reader.end()
    assert len(line.text) < LONGEST + 100 and line.text.endswith("(the line goes on)")


@given(st.binary(max_size=300))
def test_any_bytes_are_lines_of_printable_text(log: bytes) -> None:
    """No byte of a container reaches a page as anything but text."""
    assert all(text.isprintable() for text in texts(Reader(), log))


@given(st.text())
def test_only_a_mark_of_a_log_is_a_mark(text: str) -> None:
    """Anything else in an address means the beginning."""
    assert mark_in(text) == Mark()
    assert mark_in(f"{T1}~2") == Mark(T1, 2)
