"""Reads the policies of YAML files."""

from collections.abc import Iterable

from cli.cluster.documents import parsed
from cli.shell.exits import Exit, Stop
from shared.inquiry.documents import UnreadableError
from shared.inquiry.written import Written, policy_in


def policies_in(files: Iterable[str], namespace: str | None = None) -> list[Written]:
    """Every policy in the files (`-` is standard input), in `namespace` if a file names none.

    Stop if a file cannot be read or contains anything else.
    """
    try:
        found = [policy_in(document, file, namespace) for file in files for document in parsed(file)]
    except UnreadableError as error:
        raise Stop(Exit.USAGE, str(error)) from error
    if not found:
        raise Stop(Exit.USAGE, "the file contains no policy")
    return found
