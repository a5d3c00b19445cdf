"""What goes wrong on the local platform, said so that a person knows what to do."""


class PlatformError(Exception):
    """Says what failed, the last lines of its log where there is one, and what to do."""


class ComponentError(PlatformError):
    """One component did not start, or ended."""

    def __init__(self, name: str, what: str, tail: str) -> None:
        super().__init__(f"{name} {what}\n{tail}".rstrip())
        self.name = name
