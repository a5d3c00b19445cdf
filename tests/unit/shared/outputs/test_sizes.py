"""Estimated sizes of stored objects; test_bad_input compares them with a real API server."""

import pytest

from shared.errors import TooLargeError
from shared.outputs.sizes import kept, must_fit
from shared.parameters.limits import LARGEST_OBJECT


def output(text: str) -> dict[str, object]:
    return {"kind": "PyTorchJob", "metadata": {"name": "mine"}, "spec": text}


@pytest.mark.parametrize(
    ("text", "size"),
    [("a", 1), ("é", 2), ("\n", 2), ('"', 2), ("\x01", 6), ("&", 6), ("<>", 12), ("\u2028\u2029", 12)],
)
def test_text_is_counted_as_it_is_kept(text: str, size: int) -> None:
    """The computed size of each character equals what the API server stores."""
    assert kept(output(text)) - kept(output("")) == size


def test_what_is_too_large_is_told_by_its_name() -> None:
    """An object one byte over the limit is refused by kind and name."""
    rest = LARGEST_OBJECT * 1024 - kept(output(""))
    must_fit(output("x" * rest))
    with pytest.raises(TooLargeError, match="PyTorchJob mine would be larger than 1408 KiB, which is the limit"):
        must_fit(output("x" * (rest + 1)))
