"""Builds the resources of a submission. Each output has its own file: a pure function from values and names."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from shared.objects import Manifest
from shared.outputs import (
    claims,
    deployment,
    ingress,
    jupyter,
    knative,
    mpijob,
    pytorchjob,
    runaijob,
    service,
    tensorboard,
)
from shared.outputs.naming import Names
from shared.outputs.roles import main_role, runs_mpi
from shared.outputs.schedulers import SCHEDULERS
from shared.parameters.catalogue import CommonValues
from shared.parameters.kinds import DEPLOYMENT, DISTRIBUTED, INFERENCE, INTERACTIVE, TRAINING, Kind

Build = Callable[[Any, Names], Iterator[Manifest]]


def _job(values: CommonValues, names: Names) -> Iterator[Manifest]:
    """The manifest of the resource that runs an interactive or a training workload."""
    return mpijob.build(values, names) if runs_mpi(values) else runaijob.build(values, names)


def _distributed_job(values: Any, names: Names) -> Iterator[Manifest]:
    """The manifest of the resource that runs a distributed workload."""
    return mpijob.build(values, names) if runs_mpi(values) else pytorchjob.build(values, names)


OUTPUTS: Final[dict[str, tuple[Build, ...]]] = {
    INTERACTIVE.name: (claims.build, service.build, jupyter.build, tensorboard.build, ingress.build, _job),
    TRAINING.name: (claims.build, service.build, ingress.build, _job),
    DEPLOYMENT.name: (claims.build, service.build, ingress.build, deployment.build),
    INFERENCE.name: (claims.build, knative.build),
    DISTRIBUTED.name: (claims.build, service.build, ingress.build, _distributed_job),
}
"""Outputs of each kind, in the order of creation. The job comes last, so that it runs only if everything else exists.
The claim (`configmap`) comes before all of them, since it reserves the name."""


def build_all(kind: Kind, values: CommonValues, names: Names) -> list[Manifest]:
    """All manifests of the submission except its claim, in order. The same values give the same manifests."""
    names = replace(names.shown_for(values.username), role=main_role(values))
    *others, job = [manifest for build in OUTPUTS[kind.name] for manifest in build(values, names)]
    return [*others, SCHEDULERS[names.scheduler](job, names)]
