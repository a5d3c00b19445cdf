"""What a submission creates, one file per output: each a pure function from its values and names to manifests."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from services.creator.naming import Manifest, Names
from services.creator.outputs import deployment, jupyter, runaijob, service
from shared.parameters.catalogue import CommonValues
from shared.parameters.kinds import DEPLOYMENT, INTERACTIVE, TRAINING, Kind

Build = Callable[[Any, Names], Iterator[Manifest]]

OUTPUTS: Final[dict[str, tuple[Build, ...]]] = {
    INTERACTIVE.name: (service.build, jupyter.build, runaijob.build),
    TRAINING.name: (service.build, runaijob.build),
    DEPLOYMENT.name: (service.build, deployment.build),
}
"""Of each kind, in the order of creation: what runs comes last, so that it runs only where everything else exists.
The claim (`configmap`) comes before all of them, since it gives the name."""


def build_all(kind: Kind, values: CommonValues, names: Names) -> list[Manifest]:
    """Everything that the submission creates after its claim, in order. The same values give the same manifests."""
    return [manifest for build in OUTPUTS[kind.name] for manifest in build(values, names)]
