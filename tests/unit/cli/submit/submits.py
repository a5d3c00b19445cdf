"""Submit commands as typed, and what they mean, without a cluster."""

import shlex
from typing import Any

from cli.shell.groups import HELP_FLAGS
from cli.submit.command import AFTER_DASHES, SubmitCommand
from cli.submit.draft import Draft, Person, Words, draft
from cli.verbs.submit import submit, submit_mpi
from cli.verbs.submit_dist import mpi, pytorch

VERBS: dict[str, SubmitCommand] = {
    "submit": submit,
    "submit-mpi": submit_mpi,
    "submit-dist mpi": mpi,
    "submit-dist pytorch": pytorch,
}
JANE = Person(1000, 1001, (100, 2000))


def drafted(line: str, verb: str = "submit") -> Draft:
    """The meaning of the words after the verb; Stop and click's own errors are passed on."""
    command = VERBS[verb]
    given: dict[str, Any] = {}
    with command.make_context(verb, shlex.split(line), help_option_names=HELP_FLAGS) as ctx:
        given = dict(ctx.params)
        words = Words(given, given.pop("names"), ctx.meta[AFTER_DASHES])
        return draft(command.profile, command.flags, words, JANE)


def spec(line: str, verb: str = "submit") -> dict[str, Any]:
    """The spec that the words state."""
    return drafted(line, verb).spec
