"""Admission policies of the API server, which protect the record of a workload and restrict its Secrets."""

from collections.abc import Mapping, Sequence
from typing import Final

from generate.crds import JOB_PLURAL
from generate.fields import fields, fields_of_policies
from shared.names import (
    FAILURE_ANNOTATION,
    GROUP,
    JOB_NAME_ANNOTATION,
    JOB_SINCE_ANNOTATION,
    SERVED_VERSIONS,
    SUBMITTED_BY_ANNOTATION,
)
from shared.objects import Manifest
from shared.parameters import sentences
from shared.parameters.confidential import SecretName
from shared.parameters.kinds import KINDS
from shared.parameters.limits import MOST_SECRETS
from shared.parameters.secrecy import PREFIX, Place, places

_API: Final = "admissionregistration.k8s.io/v1"
_RECORD: Final = "record.workloads.run.ai"
_FIELDS: Final = "fields.workloads.run.ai"
_FIELDS_OF_POLICIES: Final = "fields.policies.run.ai"
_SECRETS: Final = "secrets.workloads.run.ai"
RENAMED: Final = (JOB_NAME_ANNOTATION, JOB_SINCE_ANNOTATION)
"""What a service that creates jobs changes when it takes another name for a job."""

WORKLOADS: Final = tuple(each.workload_plural for each in KINDS)


def policies() -> Mapping[str, Sequence[Manifest]]:
    """Every admission policy with its binding, ready to apply, by a short name."""
    return {
        "record": [
            _policy("MutatingAdmissionPolicy", _RECORD, _record()),
            _binding("MutatingAdmissionPolicyBinding", _RECORD, {}),
        ],
        "fields": [
            _policy("ValidatingAdmissionPolicy", _FIELDS, fields()),
            _binding("ValidatingAdmissionPolicyBinding", _FIELDS, {"validationActions": ["Deny"]}),
            _policy(
                "ValidatingAdmissionPolicy",
                _FIELDS_OF_POLICIES,
                fields_of_policies(),
                [each.policy_plural for each in KINDS],
            ),
            _binding("ValidatingAdmissionPolicyBinding", _FIELDS_OF_POLICIES, {"validationActions": ["Deny"]}),
        ],
        "secrets": [
            _policy("ValidatingAdmissionPolicy", _SECRETS, _secrets()),
            _binding("ValidatingAdmissionPolicyBinding", _SECRETS, {"validationActions": ["Deny"]}),
        ],
    }


def _policy(kind: str, name: str, spec: Manifest, plurals: Sequence[str] = WORKLOADS) -> Manifest:
    rule = {
        "apiGroups": [GROUP],
        "apiVersions": list(SERVED_VERSIONS),
        "operations": ["CREATE", "UPDATE"],
        "resources": list(plurals),
    }
    constraints = {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": [rule]}}
    return {"apiVersion": _API, "kind": kind, "metadata": {"name": name}, "spec": {**constraints, **spec}}


def _binding(kind: str, name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": _API, "kind": kind, "metadata": {"name": name}, "spec": {"policyName": name, **spec}}


def _record() -> Manifest:
    """Protect the record of a workload: its creator, its job's name and its failure.

    The creator is stamped on creation and never changes. Only services that create jobs record the job's name and the
    failure. The failure then never changes. The name changes only together with the note about its making, which no
    person writes. A copy of a workload does not take over the record of the original.
    """
    makes_jobs = f"authorizer.group('{GROUP}').resource('{JOB_PLURAL}').namespace(request.namespace).check('create')"
    stamp = f"{{'{SUBMITTED_BY_ANNOTATION}': request.userInfo.username}}"
    known = f"request.operation == 'CREATE' ? {stamp} : oldObject.metadata.?annotations.orValue({{}})"
    recorded = (SUBMITTED_BY_ANNOTATION, JOB_NAME_ANNOTATION, JOB_SINCE_ANNOTATION, FAILURE_ANNOTATION)
    note = f"'{JOB_SINCE_ANNOTATION}'"
    renamed = (
        f"request.operation == 'UPDATE' && '{JOB_NAME_ANNOTATION}' in variables.given && {note} in variables.given && "
        f"(!({note} in variables.known) || variables.given[{note}] != variables.known[{note}]) && variables.makesJobs"
    )
    any_known = " || ".join(f"'{name}' in variables.known" for name in recorded)
    patches = [
        f"(({any_known}) && !has(object.metadata.annotations) ? {_patch('add', '/metadata/annotations', '{}')} : [])",
        *(_kept(name) for name in recorded),
    ]
    return {
        "reinvocationPolicy": "IfNeeded",
        "variables": [
            {"name": "known", "expression": known},
            {"name": "given", "expression": "object.metadata.?annotations.orValue({})"},
            {"name": "makesJobs", "expression": f"{makes_jobs}.allowed()"},
            {"name": "renamed", "expression": renamed},
        ],
        "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": " + ".join(patches)}}],
    }


def _kept(annotation: str) -> str:
    """Patches that keep an annotation at its known value, or remove a forged one.

    Only an update by the system can add the annotations that only the system records.
    """
    path = f"/metadata/annotations/{annotation.replace('~', '~0').replace('/', '~1')}"
    forged = f"'{annotation}' in variables.given"
    if annotation != SUBMITTED_BY_ANNOTATION:
        forged += " && (request.operation == 'CREATE' || !variables.makesJobs)"
    keep, take_off = _patch("add", path, f"variables.known['{annotation}']"), _patch("remove", path)
    kept = f"'{annotation}' in variables.known ? {keep} : {forged} ? {take_off} : []"
    return f"(variables.renamed ? [] : {kept})" if annotation in RENAMED else f"({kept})"


def _patch(operation: str, path: str, value: str = "") -> str:
    return f"[JSONPatch{{op: '{operation}', path: '{path}'{f', value: {value}' if value else ''}}}]"


def _secrets() -> Manifest:
    """Admit `SECRET:name,key` only from users who may read that Secret, so that a workload grants no rights."""
    secrets = "authorizer.group('').resource('secrets').namespace(request.namespace)"
    # sorted, since maps have no fixed order, and all expressions must refer to the same Secrets
    every = f"({' + '.join(f'variables.{name}' for name, _ in _referring())}).distinct().sort()"
    variables = [
        *({"name": name, "expression": expression} for name, expression in _referring()),
        {"name": "secrets", "expression": every},
        {"name": "readsAll", "expression": f"size(variables.secrets) > 0 && {secrets}.check('get').allowed()"},
        *(
            {
                "name": f"reads{index}",
                "expression": f"size(variables.secrets) <= {index} || variables.readsAll || "
                f"{secrets}.name(variables.secrets[{index}]).check('get').allowed()",
            }
            for index in range(MOST_SECRETS)
        ),
    ]
    user = "request.userInfo.username"
    few = {"expression": f"size(variables.secrets) <= {MOST_SECRETS}", "message": sentences.TOO_MANY_SECRETS}
    readable = (
        {
            "expression": f"variables.reads{index}",
            "messageExpression": sentences.secret_denied(f"variables.secrets[{index}]", user, _place(index)),
            "reason": "Forbidden",
        }
        for index in range(MOST_SECRETS)
    )
    unchanged = "request.operation == 'UPDATE' && object.spec == oldObject.spec"
    return {
        "matchConditions": [{"name": "spec-is-new", "expression": f"!({unchanged})"}],
        "variables": variables,
        "validations": [{**few, "reason": "Invalid"}, *readable],
    }


def _referring() -> list[tuple[str, str]]:
    """Each parameter that may refer to Secrets, with CEL for the names of the Secrets that it refers to."""
    return [(place.parameter, f"({_texts(place)}){_secrets_of(place)}") for place in places()]


def _secrets_of(place: Place) -> str:
    """CEL that turns a list of texts into the names of the Secrets that they refer to."""
    if all(issubclass(one, SecretName) for one in place.members.values()):
        return ".filter(value, value != '')"
    name = f"value.substring({len(PREFIX)}).split(',')[0]"
    return f".filter(value, value.startsWith('{PREFIX}')).map(value, {name})"


def _texts(place: Place) -> str:
    """CEL for the list of all texts of a parameter that may refer to Secrets."""
    form = "[object.spec.?{name}.?value{member}.orValue('')]"
    if place.itemized:
        form = "object.spec.?{name}.?items.orValue({{}}).transformList(label, item, item.?value{member}.orValue(''))"
    members = (f".?{member}" if member else "" for member in place.members)
    return " + ".join(form.format(name=place.parameter, member=member) for member in members)


def _place(index: int) -> str:
    """CEL for the parameter that refers to a Secret; the last one if no other does."""
    *names, last = (name for name, _ in _referring())
    choices = "".join(f"variables.secrets[{index}] in variables.{name} ? '{name}' : " for name in names)
    return f"({choices}'{last}')"
