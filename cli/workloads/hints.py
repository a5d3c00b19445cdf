"""Suggests flags to add if a name alone does not identify a workload."""

from collections.abc import Iterator
from contextlib import contextmanager

from cli.options.kinds import READ_SWITCHES, SWITCHES
from shared.inquiry.errors import AmbiguousError, MissingError


@contextmanager
def flags_named() -> Iterator[None]:
    """Add the flags that help to the message of a failed lookup."""
    try:
        yield
    except AmbiguousError as error:
        flags = " or ".join(READ_SWITCHES[kind.name][0][0] for kind in error.kinds)
        raise AmbiguousError(f"{error}: add {flags}", error.kinds) from error
    except MissingError as error:
        if not error.elsewhere:
            raise
        raise MissingError(f"{error}: add {SWITCHES[error.elsewhere[0].name][0][0]}", error.elsewhere) from error
