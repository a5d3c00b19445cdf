"""Errors of the local platform, with messages that say what to do."""


class PlatformError(Exception):
    """Says what failed and what to do, with the last lines of its log if there is one."""


class ComponentError(PlatformError):
    """A component did not start, or ended unexpectedly."""

    def __init__(self, name: str, what: str, tail: str) -> None:
        super().__init__(f"{name} {what}\n{tail}".rstrip())
        self.name = name
