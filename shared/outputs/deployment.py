"""The Deployment that runs a deployment workload."""

from collections.abc import Iterator

from shared.names import REPLICAS_ANNOTATION
from shared.objects import Manifest
from shared.outputs import pod
from shared.outputs.naming import APP_LABEL, USER_LABEL, Names
from shared.parameters.catalogue import DeploymentValues


def build(values: DeploymentValues, names: Names) -> Iterator[Manifest]:
    """A Deployment that keeps the requested number of identical pods running until it is deleted."""
    app = {APP_LABEL: names.job}
    annotations = {REPLICAS_ANNOTATION: str(values.replicas), **({USER_LABEL: names.user} if names.user else {})}
    yield {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {**names.metadata(names.job, app), "annotations": annotations},
        "spec": {
            "replicas": values.replicas,
            "selector": {"matchLabels": {**app, **names.selector}},
            "template": pod.template(values, names, "Always", app),
        },
    }
