"""Admission policies that keep jobs as they were decided: who may only patch them may suspend and resume them.

Researchers patch a job in order to suspend it. Whatever else a patch could change was decided when the workload was
submitted, under its policy: the pods above all, but also labels, annotations, owners and how many pods there are.

The policies bind everyone who may not create the kind, with two exceptions. Operators and Kubernetes' own controllers
are recognized by their right to write the status of the kind, and autoscalers by their right to scale everything.
"""

from collections.abc import Sequence
from typing import Final

from generate.crds import JOB_PLURAL
from shared.names import GROUP, PROJECT_PREFIX, REPLICAS_ANNOTATION, WORKLOAD_UID_LABEL
from shared.objects import Manifest
from shared.parameters import sentences

PROJECT_LABEL: Final = f"{GROUP}/project"
WRITTEN_BY_THE_SERVER: Final = ("managedFields", "resourceVersion", "generation")
"""Metadata that the API server itself changes with every write."""
MAY_NOT_CREATE: Final = "!authorizer.requestResource.check('create').allowed()"
IS_NO_OPERATOR: Final = "!authorizer.requestResource.subresource('status').check('update').allowed()"
OF_DEPLOYMENTS: Final = "authorizer.group('apps').resource('deployments').namespace(request.namespace)"
SCALES_EVERYTHING: Final = (
    "authorizer.group('*').resource('*').subresource('scale').namespace(request.namespace).check('update').allowed()"
)
ON_SCALE: Final = "request.?subResource.orValue('') == 'scale'"


def jobs() -> Manifest:
    """Let who may not create RunaiJobs, MPIJobs or PyTorchJobs change their suspension only."""
    switch = f"request.resource.resource == '{JOB_PLURAL}' ? 'suspend' : 'runPolicy'"
    variables = [
        {"name": "switch", "expression": switch},
        {"name": "runPolicy", "expression": "object.spec.?runPolicy.orValue({})"},
        {"name": "oldRunPolicy", "expression": "oldObject.spec.?runPolicy.orValue({})"},
    ]
    checks = (
        _same("object", "oldObject", ("metadata", "spec")),
        _same("object.metadata", "oldObject.metadata", WRITTEN_BY_THE_SERVER),
        _same("object.spec", "oldObject.spec", "[variables.switch]"),
        _same("variables.runPolicy", "variables.oldRunPolicy", ("suspend",)),
    )
    said = sentences.only_suspended("request.userInfo.username")
    return {
        "matchConstraints": _updates(
            _rule(GROUP, JOB_PLURAL),
            _rule("kubeflow.org", "mpijobs", "pytorchjobs"),
        ),
        "matchConditions": [
            {"name": "may-not-create", "expression": MAY_NOT_CREATE},
            {"name": "is-no-operator", "expression": IS_NO_OPERATOR},
        ],
        "variables": variables,
        "validations": [_forbidden(check, said) for check in checks],
    }


def deployments() -> Manifest:
    """Let who may not create the Deployments of a project scale them to zero, and back to the decided replicas only."""
    decided = f"oldObject.metadata.?annotations[?'{REPLICAS_ANNOTATION}'].orValue('{sentences.REPLICAS_NOT_RECORDED}')"
    ours = f"oldObject.metadata.?labels[?'{WORKLOAD_UID_LABEL}'].hasValue()"
    of_project = (
        f"request.namespace.startsWith('{PROJECT_PREFIX}') || "
        f"namespaceObject.metadata.?labels[?'{PROJECT_LABEL}'].hasValue() || {ours}"
    )
    replicas, before = (f"{one}.spec.?replicas.orValue(0)" for one in ("object", "oldObject"))
    variables = [
        {"name": "elsewhere", "expression": f"!({of_project})"},
        {"name": "decided", "expression": f"{ON_SCALE} ? '{sentences.REPLICAS_NOT_KNOWN}' : {decided}"},
    ]
    scaled = f"{replicas} == {before} || {replicas} == 0 || string({replicas}) == variables.decided"
    checks = (
        _same("object", "oldObject", ("metadata", "spec")),
        _same("object.metadata", "oldObject.metadata", WRITTEN_BY_THE_SERVER),
        _same("object.spec", "oldObject.spec", ("replicas",)),
    )
    user = "request.userInfo.username"
    return {
        "matchConstraints": _updates(_rule("apps", "deployments", "deployments/scale")),
        "matchConditions": [
            {"name": "may-not-create", "expression": f"!{OF_DEPLOYMENTS}.check('create').allowed()"},
            {"name": "is-no-operator", "expression": f"{ON_SCALE} || {IS_NO_OPERATOR}"},
            {"name": "is-no-autoscaler", "expression": f"!({ON_SCALE}) || !{SCALES_EVERYTHING}"},
        ],
        "variables": variables,
        "validations": [
            *(_forbidden(f"variables.elsewhere || {check}", sentences.only_suspended(user)) for check in checks),
            _forbidden(f"variables.elsewhere || {scaled}", sentences.only_decided_replicas(user, "variables.decided")),
        ],
    }


def _same(new: str, old: str, apart_from: Sequence[str] | str) -> str:
    """CEL for whether two objects have the same fields with the same values, apart from some.

    Values are compared whole, with all that is inside them, whether a schema knows it or not.
    """
    free = apart_from if isinstance(apart_from, str) else f"[{', '.join(map(repr, apart_from))}]"
    kept = f"{old}.all(key, key in {free} || (key in {new} && {new}[key] == {old}[key]))"
    return f"({kept} && {new}.all(key, key in {free} || key in {old}))"


def _forbidden(expression: str, sentence: str) -> Manifest:
    return {"expression": expression, "messageExpression": sentence, "reason": "Forbidden"}


def _updates(*rules: Manifest) -> Manifest:
    return {"resourceRules": list(rules)}


def _rule(group: str, *resources: str) -> Manifest:
    return {"apiGroups": [group], "apiVersions": ["*"], "operations": ["UPDATE"], "resources": list(resources)}
