"""Print the Python that the unit tests run on besides this one: the oldest supported, or else the newest there is.

Nothing is printed if this machine has one supported Python only; the reason goes to standard error.
"""

import sys

from deploy.images.pythons import OLDEST, candidates


def main() -> None:
    """Print it."""
    here = sys.version_info[:2]
    others = {version: path for version, path in candidates() if version != here}
    if not others:
        sys.stderr.write(f"unit tests run on Python {here[0]}.{here[1]} only: there is no other supported one here\n")
        return
    sys.stdout.write(others.get(OLDEST) or others[max(others)])


if __name__ == "__main__":
    main()
