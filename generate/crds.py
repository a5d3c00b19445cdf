"""The custom resource definitions of workloads, policies and RunaiJobs."""

from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

from generate.resources import RunaiJobSpec, RunaiJobStatus, WorkloadStatus
from generate.schemas import KEPT, Schema, spec_of_policy, spec_of_workload, structural
from shared.names import GROUP, OURS, PART_OF, SERVED_VERSIONS
from shared.parameters import sentences
from shared.parameters.kinds import DISTRIBUTED, KINDS, Kind

JOB_VERSION: Final = "v1"
JOB_KIND: Final = "RunaiJob"
JOB_PLURAL: Final = "runaijobs"

SELECTABLE: Final = (".spec.usage", ".status.phase")
"""Fields of a workload that a field selector may name: the watcher selects those without an outcome."""
_FIRST_TRUE: Final = '.status.conditions[?(@.status=="True")].type'


def definitions() -> Iterator[dict[str, Any]]:
    """Every custom resource definition, ready to apply."""
    for kind in KINDS:
        yield _workload(kind)
    for kind in KINDS:
        yield _policy(kind)
    yield _job()


def _workload(kind: Kind) -> dict[str, Any]:
    columns = [
        _column("Usage", ".spec.usage", "Submit runs a job, Template keeps defaults."),
        _column("Status", ".status.phase", "Submitted or Failed; empty while in progress, and for a template."),
        _column("Job", ".status.jobName", "Name of the job."),
        _age(),
    ]
    described = f"A {kind.name} workload: values that are submitted as a job once, or kept as a template."
    schema = _resource(described, spec_of_workload(kind), _status(WorkloadStatus))
    return _definition(
        kind.workload,
        kind.workload_plural,
        kind.workload_short_names,
        SERVED_VERSIONS,
        _without_master(schema) if kind is DISTRIBUTED else schema,
        columns,
        SELECTABLE,
    )


def _policy(kind: Kind) -> dict[str, Any]:
    described = (
        f"The policy of {kind.name} workloads: the rules that their values must satisfy, and default values. It "
        "applies to its project; the one in namespace runai applies to every project without one of its own."
    )
    schema = _resource(described, spec_of_policy(kind))
    return _definition(kind.policy, kind.policy_plural, kind.policy_short_names, SERVED_VERSIONS, schema, [_age()])


def _job() -> dict[str, Any]:
    columns = [
        _column("Status", _FIRST_TRUE, "The end that the job came to, or that it is suspended."),
        _column("Active", ".status.active", "Pods that are pending or running.", "integer"),
        _column("Succeeded", ".status.succeeded", "Pods that succeeded.", "integer"),
        _column("Failed", ".status.failed", "Pods that failed.", "integer"),
        _column("Image", ".spec.template.spec.containers[0].image", "Image of the container.", priority=1),
        _age(),
    ]
    described = "A job: pods that run until enough of them succeeded, or for as long as it is there."
    schema = _resource(described, _of_model(RunaiJobSpec), _status(RunaiJobStatus))
    return _definition(JOB_KIND, JOB_PLURAL, ("rj",), (JOB_VERSION,), schema, columns)


def _definition(
    kind: str,
    plural: str,
    short_names: tuple[str, ...],
    versions: tuple[str, ...],
    schema: Schema,
    columns: list[dict[str, Any]],
    selectable: tuple[str, ...] = (),
) -> dict[str, Any]:
    """A definition whose versions share one schema, so that none needs conversion; the first one is stored."""
    same: dict[str, Any] = {"subresources": {"status": {}}} if "status" in schema["properties"] else {}
    same |= {"additionalPrinterColumns": columns, "schema": {"openAPIV3Schema": schema}}
    if selectable:
        same["selectableFields"] = [{"jsonPath": path} for path in selectable]
    names = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}", "labels": {PART_OF: OURS}},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {**names, "shortNames": list(short_names)},
            **({"conversion": {"strategy": "None"}} if len(versions) > 1 else {}),
            "versions": [
                {"name": version, "served": True, "storage": version == versions[0], **same} for version in versions
            ],
        },
    }


def _resource(description: str, spec: Schema, status: Schema | None = None) -> Schema:
    own = {
        "apiVersion": {"type": "string", "description": "Version of the schema that this object is written in."},
        "kind": {"type": "string", "description": "Kind of resource that this object is."},
        "metadata": {"type": "object"},
        "spec": spec,
        **({"status": status} if status else {}),
    }
    return {"type": "object", "description": description, "properties": own, "required": ["spec"]}


def _without_master(resource: Schema) -> Schema:
    """The schema of distributed workloads, which refuses the `masterSpec` that Run:ai has beside the `spec`."""
    rule = {
        "rule": "!has(self.masterSpec)",
        "message": sentences.one_spec_for_all(),
        "fieldPath": ".masterSpec",
    }
    refused = {"type": "object", "description": f"It {sentences.one_spec_for_all()}.", **KEPT}
    properties = {**resource["properties"], "masterSpec": refused}
    return {**resource, "properties": properties, "x-kubernetes-validations": [rule]}


def _status(model: type[BaseModel]) -> Schema:
    return _of_model(model)


def _of_model(model: type[BaseModel]) -> Schema:
    return structural(model.model_json_schema(by_alias=True))


def _column(name: str, path: str, description: str, of_type: str = "string", priority: int = 0) -> dict[str, Any]:
    column = {"name": name, "type": of_type, "jsonPath": path, "description": description}
    return {**column, "priority": priority} if priority else column


def _age() -> dict[str, Any]:
    return _column("Age", ".metadata.creationTimestamp", "Time since it was created.", "date")
