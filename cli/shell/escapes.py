"""Whether the terminal understands escape sequences."""

import os


def is_dumb() -> bool:
    """Whether escape sequences would appear as they are, as in the shell window of an editor."""
    return os.environ.get("TERM") == "dumb"
