"""What is remembered never grows beyond its size."""

from shared.process.remembered import Remembered


def test_what_was_not_used_for_longest_is_forgotten() -> None:
    """Reading counts as use."""
    kept: Remembered[str, int] = Remembered(2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a", 0) == 1
    kept.put("c", 3)
    assert [kept.get(key, None) for key in "abc"] == [1, None, 3]
    assert len(kept) == 2


def test_the_first_value_stays() -> None:
    """A second one is not remembered."""
    kept: Remembered[str, int] = Remembered()
    assert [kept.first("a", value) for value in (0, 7)] == [0, 0]
