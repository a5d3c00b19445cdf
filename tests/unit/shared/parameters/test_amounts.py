"""Amounts in objects of the API server that no parameter's type has parsed."""

import pytest

from shared.parameters.amounts import amount_of, seconds_of


@pytest.mark.parametrize(
    ("text", "amount"), [("8", 8), ("500m", 0.5), ("1Gi", 2**30), ("1e3", 1000), ("0", 0), ("1536Mi", 3 * 2**29)]
)
def test_a_quantity(text: str, amount: float) -> None:
    """A Kubernetes quantity as a number, row by row."""
    assert amount_of(text) == amount


@pytest.mark.parametrize(("text", "seconds"), [("5s", 5), ("2m", 120), ("1h30m", 5400), ("1.5h", 5400), ("0", 0)])
def test_a_duration(text: str, seconds: float) -> None:
    """A duration as seconds, row by row."""
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "many", "1 Gi", "-1", "5 s"])
def test_anything_else_is_neither(text: str) -> None:
    """Anything else is refused as a quantity and as a duration."""
    for read in (amount_of, seconds_of):
        with pytest.raises(ValueError, match=r"is no (quantity|duration)"):
            read(text)
