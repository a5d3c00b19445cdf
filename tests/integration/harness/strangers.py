"""Objects that no workload made, under the names that a submission wants."""

from shared.objects import Manifest


def config_map(namespace: str, name: str) -> Manifest:
    """A ConfigMap that no workload made."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _named(name, namespace), "data": {"theirs": "1"}}


def service(namespace: str, name: str) -> Manifest:
    """A Service that no workload made."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _named(name, namespace),
        "spec": {"ports": [{"port": 1}]},
    }


def runai_job(namespace: str, name: str) -> Manifest:
    """A RunaiJob that no workload made."""
    spec = {"template": {"spec": {"containers": [{"name": "theirs", "image": "theirs"}]}}}
    return {"apiVersion": "run.ai/v1", "kind": "RunaiJob", "metadata": _named(name, namespace), "spec": spec}


def a_deployment(namespace: str, name: str) -> Manifest:
    """A Deployment that no workload made."""
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "theirs", "image": "theirs"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _named(name, namespace), "spec": spec}


def _named(name: str, namespace: str) -> dict[str, str]:
    return {"name": name, "namespace": namespace}
