"""The Service that exposes a workload's notebook."""

from collections.abc import Iterator
from typing import Final

from shared.objects import Manifest
from shared.outputs.naming import Names
from shared.outputs.service import service, single, type_of
from shared.parameters.catalogue import InteractiveValues

PORT: Final = 8888
"""The port that notebooks listen on by default."""
COMMAND: Final = "start-notebook.sh"
"""The command that starts a notebook in the images of the Jupyter project."""


def build(values: InteractiveValues, names: Names) -> Iterator[Manifest]:
    """The Service of the notebook, of the workload's service type or else reachable only inside the cluster.

    Nothing if the workload runs no notebook.
    """
    if values.jupyter:
        yield service(names, names.jupyter, type_of(values), single(PORT))
