"""Time spans that flags accept."""

import click
import pytest

from cli.options.spans import Seconds, WholeSeconds

SPANS = [("30s", 30), ("5m", 300), ("1h30m", 5400), ("90", 90), ("0s", 0), ("2h", 7200), ("1.5h", 5400), ("500ms", 0.5)]


@pytest.mark.parametrize(("text", "seconds"), SPANS)
def test_every_flag_reads_a_time_span_alike(text: str, seconds: float) -> None:
    """`--timeout`, `--glance` and `--since` take the same texts; `--since` rounds up to whole seconds."""
    assert Seconds().convert(text, None, None) == seconds
    assert WholeSeconds().convert(text, None, None) == max(1, round(seconds + 0.4))


@pytest.mark.parametrize("text", ["soon", "", "1h30", "-5s", "5 m", "1d"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    """The sentence is the same for every flag."""
    for of_type in (Seconds(), WholeSeconds()):
        with pytest.raises(click.BadParameter, match="expected one such as 30s, 5m or 1h30m"):
            of_type.convert(text, None, None)
