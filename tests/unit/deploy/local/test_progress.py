"""Progress shown while the platform starts."""

import io
import re
import time

import pytest

from deploy.local.progress import Progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_step_says_what_was_done_and_how_long_it_took() -> None:
    """A finished step prints one line with its result and its duration."""
    page = io.StringIO()
    with Progress(page).step("building etcd", "etcd built"):
        pass
    assert re.fullmatch(r"  etcd built \(\d+\.\d s\)\n", page.getvalue())


def test_a_long_step_says_now_and_then_how_long_so_far() -> None:
    """A long step prints how long it has taken so far, and then its result."""
    page = io.StringIO()
    with Progress(page, quiet=0.01).step("building etcd", "etcd built", lambda: "3 MB"):
        deadline = time.monotonic() + 10
        while page.getvalue().count("\n") < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    first, *_, last = page.getvalue().splitlines()
    assert re.fullmatch(r"  building etcd \d+\.\d s 3 MB", first)
    assert last.startswith("  etcd built (")


def test_on_a_terminal_the_line_is_written_over() -> None:
    """On a terminal the progress line is replaced by the result."""
    page = _Terminal()
    with Progress(page).step("building etcd", "etcd built"):
        pass
    assert re.fullmatch(r"\r\033\[K  building etcd\r\033\[K  etcd built \(\d+\.\d s\)\n", page.getvalue())


def test_a_step_that_fails_does_not_say_that_it_was_done() -> None:
    """A failed step is reported as not done."""
    page = io.StringIO()
    with pytest.raises(ValueError, match="no"), Progress(page).step("building etcd", "etcd built"):
        raise ValueError("no")
    assert page.getvalue() == "  building etcd: failed after 0.0 s\n"
