"""A lookup that needs a flag names the flag."""

import pytest

from cli.workloads.hints import flags_named
from shared.inquiry.errors import AmbiguousError, MissingError
from shared.parameters.kinds import DEPLOYMENT, INTERACTIVE


def test_a_name_of_several_kinds_names_the_flags_that_choose() -> None:
    """The command can be repeated with one of them."""
    with (
        pytest.raises(AmbiguousError, match="several workloads are named w: add --interactive or --deployment"),
        flags_named(),
    ):
        raise AmbiguousError("several workloads are named w", [INTERACTIVE, DEPLOYMENT])


def test_a_workload_of_another_kind_names_its_flag() -> None:
    """Without such a flag the message is unchanged."""
    with pytest.raises(MissingError, match="w exists: add --interactive"), flags_named():
        raise MissingError("not found; InteractiveWorkload w exists", [INTERACTIVE])
    with pytest.raises(MissingError, match=r"not found$"), flags_named():
        raise MissingError("not found")
