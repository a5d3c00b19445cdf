"""The Service of the notebook."""

from collections.abc import Iterator
from typing import Final

from services.creator.naming import Manifest, Names, port_name
from services.creator.outputs.service import service, type_of
from shared.parameters.catalogue import InteractiveValues

PORT: Final = 8888
"""Where notebooks listen unless told otherwise."""
PORT_VARIABLE: Final = "JUPYTER_PORT"
"""Where Jupyter itself looks for the port to listen on."""


def build(values: InteractiveValues, names: Names) -> Iterator[Manifest]:
    """Reach the notebook by the workload's service type, inside the cluster where none is stated; nothing where the
    workload runs no notebook."""
    if values.jupyter:
        port = {"name": port_name(PORT), "protocol": "TCP", "port": PORT, "targetPort": PORT}
        yield service(names, names.jupyter, type_of(values), [port])
