"""The Service of the notebook."""

from collections.abc import Iterator
from typing import Final

from shared.objects import Manifest
from shared.outputs.naming import Names
from shared.outputs.service import service, single, type_of
from shared.parameters.catalogue import InteractiveValues

PORT: Final = 8888
"""Where notebooks listen unless told otherwise."""
COMMAND: Final = "start-notebook.sh"
"""What the images of Jupyter's own project start a notebook with."""


def build(values: InteractiveValues, names: Names) -> Iterator[Manifest]:
    """Reach the notebook by the workload's service type, inside the cluster where none is stated; nothing where the
    workload runs no notebook."""
    if values.jupyter:
        yield service(names, names.jupyter, type_of(values), single(PORT))
