"""How many violations are shortened to fit, row by row."""

import pytest

from services.status.violations import cut, in_one_line, listed, sentence
from shared.messages import ViolationText


def violations(*parameters: str, message: str = "is wrong") -> list[ViolationText]:
    """One violation for each path."""
    return [ViolationText(parameter=parameter, message=message) for parameter in parameters]


PORTS = [f"ports.p{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("paths", "most", "shown", "rest"),
    [
        (["gpu", "image"], 2, ["gpu", "image"], None),
        (PORTS, 5, PORTS, None),
        (PORTS, 4, PORTS[:3], "and 2 more that are not listed here"),
        ([*PORTS, "gpu"], 4, ["ports.p0", "ports.p1", "gpu"], "and 3 more that are not listed here"),
        ([*PORTS, "gpu", "gpu"], 3, ["ports.p0", "gpu"], "and 5 more that are not listed here"),
        (["a", "b", "c", "d"], 3, ["a", "b"], "and 2 more that are not listed here"),
        ([], 3, [], None),
    ],
)
def test_every_parameter_is_told_before_a_second_sentence_of_one(
    paths: list[str], most: int, shown: list[str], rest: str | None
) -> None:
    """If not all violations fit, each parameter shows one before any shows a second."""
    told = listed(violations(*paths), most)
    assert told == [*violations(*shown), *([ViolationText(parameter="spec", message=rest)] if rest else [])]


@pytest.mark.parametrize(
    ("paths", "longest", "line"),
    [
        (["a", "b"], 26, "a: is wrong; b: is wrong"),
        ([*PORTS[:3], "gpu"], 73, "ports.p0: is wrong; ports.p1: is wrong; ports.p2: is wrong; gpu: is wrong"),
        ([*PORTS[:3], "gpu"], 72, "ports.p0: is wrong; gpu: is wrong; and 2 more"),
        ([*PORTS, "gpu"], 75, "ports.p0: is wrong; gpu: is wrong; and 4 more"),
    ],
)
def test_a_line_says_how_many_it_leaves_out(paths: list[str], longest: int, line: str) -> None:
    """A line that is cut ends with the number of violations that it leaves out."""
    assert in_one_line(violations(*paths), longest) == line


@pytest.mark.parametrize("letter", ["x", "ü", "語"])
@pytest.mark.parametrize("longest", [100, 1024, 4096])
@pytest.mark.parametrize("length", [1, 10_000])
def test_a_line_is_no_longer_than_asked_and_a_long_sentence_hides_no_other(
    letter: str, longest: int, length: int
) -> None:
    """The limit counts bytes, in any script, and a very long sentence does not push out short ones."""
    many = [
        *violations("image", message=letter * 10_000),
        *violations("gpu"),
        *violations(*(f"environment.{letter * length}{number}" for number in range(300))),
    ]
    line = in_one_line(many, longest)
    assert len(line.encode()) <= longest
    shown = len(line.split("; ")) - 1
    assert line.endswith(f"; and {302 - shown} more")
    assert "; gpu: is wrong; " in line
    assert line.startswith("image: ")


def test_a_list_is_bounded_in_bytes_too() -> None:
    """Long sentences shorten the list of violations so that a status keeps within its size."""
    told = listed(violations(*PORTS, "gpu", message="ü" * 30_000), 200)
    assert [one.parameter for one in told] == ["ports.p0", "gpu", "spec"]
    assert sum(len(sentence(one).encode()) for one in told) <= 64 * 1024 + 100


def test_a_text_is_cut_where_a_letter_ends() -> None:
    """A text is cut between characters, never inside the bytes of one."""
    assert [cut("aüü", longest) for longest in (5, 6)] == ["aüü", "aüü"]
    assert cut("aüüü", 6) == "a ..."
    assert cut("aüüü", 7) == "aüüü"
