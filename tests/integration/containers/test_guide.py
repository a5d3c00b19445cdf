"""The submission guide, row by row, with everything in containers, and what becomes of its job."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.controlplane import ControlPlane
from tests.integration.containers.calls import Calls, Watched
from tests.integration.containers.topology import Topology
from tests.integration.harness.audit import AuditLog
from tests.integration.test_guide import (  # noqa: F401 - collected here, too
    template,
    test_a_base_that_was_valid_once,
    test_a_second_apply_submits_nothing,
    test_a_submission_with_a_base,
    test_a_template_creates_nothing,
    test_an_edit_of_a_submission_is_refused,
    test_each_submission_of_a_prefix_has_the_next_number,
    test_the_table_of_ports,
    test_what_kubectl_prints,
    test_without_its_base_the_image_is_missing,
)

pytestmark = pytest.mark.containers


@pytest.fixture(scope="module")
async def without_runner(running: Topology) -> AsyncIterator[None]:
    """No runner: what it makes of a RunaiJob is no part of the submission."""
    await running.scale("runner", 0)
    yield
    await running.mend()


@pytest.fixture
def pipeline(without_runner: None, control_plane: ControlPlane) -> Watched:
    """The services as the guide's tests know them."""
    return Watched(Calls(AuditLog(control_plane.audit_log)))
