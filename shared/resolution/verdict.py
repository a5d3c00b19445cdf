"""The verdict on a workload, which the resolver, the command line and the form all give. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from shared.names import GLOBAL_NAMESPACE, SECURITY_LABEL, project_of
from shared.objects import json_size
from shared.parameters import sentences
from shared.parameters.kinds import Kind
from shared.parameters.limits import MAX_MESSAGE_BYTES, MOST_SECRETS
from shared.reasons import Reason
from shared.resolution.choice import unfit_base
from shared.resolution.model import Refused, Resolved, SecretRights, Source, Violation
from shared.resolution.policy import Policy
from shared.resolution.project import Hosts
from shared.resolution.resolve import resolve
from shared.schedulers import SCHEDULER_LABEL, Scheduler, scheduler_for

TEMPLATE: Final = "Template"


@dataclass(frozen=True, slots=True)
class Grounds:
    """Everything that a verdict is based on besides the workload itself, as it was read."""

    namespace: str
    """Where the workload is submitted."""
    policy: Policy | None = None
    """The policy that applies."""
    shadowed: Sequence[str] = ()
    """Names of the other policies of its kind in its namespace, which have no effect since they are younger."""
    base: Source | None = None
    """The base workload; None if the workload names none, or if there is none of that name."""
    label: str | None = None
    """The scheduler that the project's namespace names; None if it names none."""
    of_cluster: Scheduler | None = Scheduler.DEFAULT
    """The scheduler of projects that name none; None if no rule should depend on it."""
    projects: Sequence[str] | None = None
    """The namespaces of projects, which matter only if `namespace` is none of them; None if they cannot be read."""
    unlabelled: bool = False
    """Whether the namespace lacks the label without which it is no project in this cluster."""
    rights: SecretRights | None = None
    """Which of the Secrets that the values refer to the submitter may read; None if no rule should depend on it."""
    hosts: Hosts | None = None
    """The hosts of the project; None if no rule should depend on them."""
    unsecured: bool = False
    """Whether the project is refused because its namespace has no Pod Security level."""

    @property
    def scheduler(self) -> Scheduler | None:
        """The scheduler of the job; None if the project names an unknown one, or if none matters."""
        return scheduler_for(self.label, self.of_cluster)

    @property
    def warning(self) -> str | None:
        """A warning about the policies themselves, which refuses nothing."""
        if self.policy is None or self.policy.ref is None or not self.shadowed:
            return None
        return sentences.several_policies(self.policy.ref.namespace, self.policy.ref.name, self.shadowed)


def verdict(kind: Kind, workload: Source, grounds: Grounds) -> Resolved | Refused:
    """The values set of the workload, or every reason why it is refused."""
    stop = _stop(workload, grounds)
    if stop is None:
        return resolve(
            kind,
            workload,
            grounds.base,
            grounds.policy,
            scheduler=grounds.scheduler,
            rights=grounds.rights,
            hosts=grounds.hosts,
        )
    reason, parameter, message = stop
    read = resolve(kind, workload, grounds.base, grounds.policy)  # shows what can be read, valid or not
    return Refused((Violation((parameter,), message),), (), read.values_set, read.provenance, reason)


def named_secrets(result: Resolved | Refused) -> list[str]:
    """The Secrets that the submitter must be able to read; none if they are too many, which is refused anyway."""
    names = sorted({use.secret for use in result.secrets})
    return names if len(names) <= MOST_SECRETS else []


def belongs(namespace: str, spec: Mapping[str, JsonValue]) -> bool:
    """Whether the workload may be in the namespace: that of a project, or the global one for a template."""
    return project_of(namespace) is not None or (namespace == GLOBAL_NAMESPACE and spec.get("usage") == TEMPLATE)


def _stop(workload: Source, grounds: Grounds) -> tuple[Reason, str, str] | None:
    """Why the values are not compared with any rule: reason, parameter and sentence."""
    spec, namespace, label = workload.spec, grounds.namespace, grounds.label
    if json_size(spec) > MAX_MESSAGE_BYTES:
        return Reason.TOO_LARGE, "spec", sentences.TOO_LARGE
    if not belongs(namespace, spec):
        return Reason.NO_PROJECT, "namespace", sentences.no_project(namespace, grounds.projects)
    if grounds.unlabelled:
        return Reason.NO_PROJECT, "namespace", sentences.unlabelled_project(namespace, project_of(namespace) or "")
    if grounds.unsecured and project_of(namespace):
        return Reason.POLICY_VIOLATION, "namespace", sentences.unsecured(namespace, SECURITY_LABEL)
    if label is not None and grounds.scheduler is None:
        unknown = sentences.unknown_scheduler(SCHEDULER_LABEL, label, list(Scheduler))
        return Reason.POLICY_VIOLATION, "namespace", unknown
    if name := spec.get("baseWorkload"):
        unfit = unfit_base(name, workload.ref.name if workload.ref else None)
        if unfit or grounds.base is None:
            missing = sentences.base_not_found(str(name), project_of(namespace) or namespace)
            return Reason.BASE_NOT_FOUND, "baseWorkload", unfit or missing
    return None
