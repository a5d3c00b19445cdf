"""What the operating system says about a failure, in its own words. Pure."""

import os


def plain(error: OSError) -> str:
    """Return the system's words, without those of asyncio around them; numbers below 0 are those of name lookups."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
