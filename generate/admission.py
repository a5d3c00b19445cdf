"""Admission policies of the API server, which protect the record of a workload and restrict its Secrets."""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Final

from generate import decided
from generate.fields import fields, fields_of_policies
from shared.names import (
    CHANGED_BY_ANNOTATION,
    DIGEST_ANNOTATION,
    FAILURE_ANNOTATION,
    GROUP,
    JOB_NAME_ANNOTATION,
    JOB_SINCE_ANNOTATION,
    OURS,
    PART_OF,
    RECORD,
    SERVED_VERSIONS,
    SUBMITTED_BY_ANNOTATION,
    SUBMITTER_ANNOTATION,
)
from shared.objects import Manifest
from shared.parameters import sentences
from shared.parameters.confidential import SecretName
from shared.parameters.kinds import KINDS
from shared.parameters.limits import MOST_SECRETS
from shared.parameters.secrecy import PREFIX, Place, places
from shared.submitter import ESCAPES, EXTRA, SEPARATOR, UID
from shared.submitter import GROUP as OF_GROUP

_API: Final = "admissionregistration.k8s.io/v1"
_RECORD: Final = "record.workloads.run.ai"
_FIELDS: Final = "fields.workloads.run.ai"
_FIELDS_OF_POLICIES: Final = "fields.policies.run.ai"
_SECRETS: Final = "secrets.workloads.run.ai"
_JOBS: Final = "jobs.workloads.run.ai"
_DEPLOYMENTS: Final = "deployments.workloads.run.ai"
_SECRETS_OF_POLICIES: Final = "secrets.policies.run.ai"
_UID_OF_USER: Final = "request.userInfo.?uid.orValue('')"
RENAMED: Final = (JOB_NAME_ANNOTATION, JOB_SINCE_ANNOTATION)
"""What a service that creates jobs changes when it takes another name for a job."""

STAMPED: Final = (SUBMITTED_BY_ANNOTATION, SUBMITTER_ANNOTATION, CHANGED_BY_ANNOTATION)
"""What only the API server itself writes."""

WORKLOADS: Final = tuple(each.workload_plural for each in KINDS)


def policies() -> Mapping[str, Sequence[Manifest]]:
    """Every admission policy with its binding, ready to apply, by a short name."""
    return {name: [_marked(each) for each in manifests] for name, manifests in _policies().items()}


def expected() -> Mapping[str, Mapping[str, str]]:
    """The digest of every admission policy and binding that must exist, by plural and name."""
    found: dict[str, dict[str, str]] = {}
    for each in (manifest for manifests in policies().values() for manifest in manifests):
        kind, metadata = each["kind"].lower(), each["metadata"]
        plural = f"{kind.removesuffix('y')}ies" if kind.endswith("y") else f"{kind}s"
        found.setdefault(plural, {})[metadata["name"]] = metadata["annotations"][DIGEST_ANNOTATION]
    return found


def _marked(manifest: Manifest) -> Manifest:
    """The manifest as one of ours, with a digest by which a service recognises its version."""
    digest = sha256(json.dumps(manifest["spec"], sort_keys=True).encode()).hexdigest()[:12]
    marks = {"labels": {PART_OF: OURS}, "annotations": {DIGEST_ANNOTATION: digest}}
    return {**manifest, "metadata": {**manifest["metadata"], **marks}}


def _policies() -> Mapping[str, Sequence[Manifest]]:
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
            _policy(
                "ValidatingAdmissionPolicy",
                _SECRETS_OF_POLICIES,
                _secrets_of_policies(),
                [each.policy_plural for each in KINDS],
            ),
            _binding("ValidatingAdmissionPolicyBinding", _SECRETS_OF_POLICIES, {"validationActions": ["Deny"]}),
        ],
        "decided": [
            _policy("ValidatingAdmissionPolicy", _JOBS, decided.jobs()),
            _binding("ValidatingAdmissionPolicyBinding", _JOBS, {"validationActions": ["Deny"]}),
            _policy("ValidatingAdmissionPolicy", _DEPLOYMENTS, decided.deployments()),
            _binding("ValidatingAdmissionPolicyBinding", _DEPLOYMENTS, {"validationActions": ["Deny"]}),
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

    The creator, with UID and groups, is stamped on creation and never changes. Only the service that creates jobs
    records the job's name and the failure: it alone has the right to update the `record` of workloads. The failure then
    never changes. The name changes only together with the note about its making, which no person writes. A copy of a
    workload does not take over the record of the original.
    """
    records = f"authorizer.requestResource.subresource('{RECORD}').check('update')"
    stamp = f"{{'{SUBMITTED_BY_ANNOTATION}': request.userInfo.username, '{SUBMITTER_ANNOTATION}': variables.submitter}}"
    known = f"request.operation == 'CREATE' ? {stamp} : oldObject.metadata.?annotations.orValue({{}})"
    recorded = (
        *STAMPED,
        *(JOB_NAME_ANNOTATION, JOB_SINCE_ANNOTATION, FAILURE_ANNOTATION),
    )
    note = f"'{JOB_SINCE_ANNOTATION}'"
    renamed = (
        f"request.operation == 'UPDATE' && '{JOB_NAME_ANNOTATION}' in variables.given && {note} in variables.given && "
        f"(!({note} in variables.known) || variables.given[{note}] != variables.known[{note}]) && variables.records"
    )
    any_known = " || ".join(f"'{name}' in variables.known" for name in recorded)
    bare, empty = "!has(object.metadata.annotations)", _patch("add", "/metadata/annotations", "{}")
    patches = [
        f"(({any_known} || variables.changed) && {bare} ? {empty} : [])",
        *(_kept(name) for name in recorded),
    ]
    return {
        "reinvocationPolicy": "IfNeeded",
        "variables": [
            {"name": "submitter", "expression": _submitter()},
            {"name": "known", "expression": known},
            {"name": "given", "expression": "object.metadata.?annotations.orValue({})"},
            {"name": "records", "expression": f"{records}.allowed()"},
            {"name": "renamed", "expression": renamed},
            {"name": "changed", "expression": "request.operation == 'UPDATE' && object.spec != oldObject.spec"},
        ],
        "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": " + ".join(patches)}}],
    }


def _submitter() -> str:
    """CEL for the stamp with UID, groups and extra values of the user, as `shared.submitter` reads it."""
    uid = f"'{UID}=' + {_escaped(_UID_OF_USER)}"
    groups = f"request.userInfo.?groups.orValue([]).map(group, '{OF_GROUP}=' + {_escaped('group')})"
    one = f"'{EXTRA}' + {_escaped('key')} + '=' + {_escaped('value')}"
    extra = (
        f"request.userInfo.?extra.orValue({{}}).transformList(key, values, "
        f"values.map(value, {one}).join('{SEPARATOR}')).filter(said, said != '').sort()"
    )
    return f"([{uid}] + {groups} + {extra}).join('{SEPARATOR}')"


def _escaped(text: str) -> str:
    return text + "".join(f".replace('{plain}', '{escaped}')" for plain, escaped in ESCAPES.items())


def _kept(annotation: str) -> str:
    """Patches that keep an annotation at its known value, or remove a forged one.

    Only an update by the system can add the annotations that only the system records.
    """
    path = f"/metadata/annotations/{annotation.replace('~', '~0').replace('/', '~1')}"
    forged = f"'{annotation}' in variables.given"
    if annotation not in STAMPED:
        forged += " && (request.operation == 'CREATE' || !variables.records)"
    keep, take_off = _patch("add", path, f"variables.known['{annotation}']"), _patch("remove", path)
    same = f"'{annotation}' in variables.given && variables.given['{annotation}'] == variables.known['{annotation}']"
    kept = f"'{annotation}' in variables.known ? ({same} ? [] : {keep}) : {forged} ? {take_off} : []"
    if annotation == CHANGED_BY_ANNOTATION:
        kept = f"variables.changed ? {_patch('add', path, 'request.userInfo.username')} : {kept}"
    return f"(variables.renamed ? [] : {kept})" if annotation in RENAMED else f"({kept})"


def _patch(operation: str, path: str, value: str = "") -> str:
    return f"[JSONPatch{{op: '{operation}', path: '{path}'{f', value: {value}' if value else ''}}}]"


def _secrets() -> Manifest:
    """Admit `SECRET:name,key` only from users who may read that Secret, so that a workload grants no rights."""
    return _readable(sentences.SECRET_DENIED, _texts)


def _secrets_of_policies() -> Manifest:
    """The same for a policy, which names Secrets for the workloads of others."""
    return _readable(sentences.SECRET_DENIED_TO_AUTHOR, _texts_of_policy)


def _readable(denied: str, texts: Callable[[Place], str]) -> Manifest:
    """Refuse Secrets that the user cannot read; `texts` is CEL for what may refer to some."""
    secrets = "authorizer.group('').resource('secrets').namespace(request.namespace)"
    referring = [(place.parameter, f"({texts(place)}){_secrets_of(place)}") for place in places()]
    # sorted, since maps have no fixed order, and all expressions must refer to the same Secrets
    every = f"({' + '.join(f'variables.{name}' for name, _ in referring)}).distinct().sort()"
    variables = [
        *({"name": name, "expression": expression} for name, expression in referring),
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
    few = {"expression": f"size(variables.secrets) <= {MOST_SECRETS}", "message": sentences.TOO_MANY_SECRETS}
    readable = (
        {
            "expression": f"variables.reads{index}",
            "messageExpression": _said(denied, f"variables.secrets[{index}]", _place(index)),
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


def _said(denied: str, secret: str, place: str) -> str:
    """CEL for the sentence that the user may not read a Secret, after the place that refers to it."""
    said = denied.format(user="' + request.userInfo.username + '", secret=f"' + {secret} + '")
    return f"{place} + ': {said}'"


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


def _texts_of_policy(place: Place) -> str:
    """The same for a policy, whose default is a text or `{value: <text>}`."""
    if place.itemized:
        return _texts(place)
    wrapped = "type(given) == string ? given : type(given) == map ? given.?value.orValue('') : ''"
    return f"[object.spec.?{place.parameter}.?value.optMap(given, {wrapped}).orValue('')]"


def _place(index: int) -> str:
    """CEL for the parameter that refers to a Secret; the last one if no other does."""
    *names, last = (place.parameter for place in places())
    choices = "".join(f"variables.secrets[{index}] in variables.{name} ? '{name}' : " for name in names)
    return f"({choices}'{last}')"
