"""What a submission creates under a name."""

from dataclasses import dataclass
from functools import cached_property

from services.creator.claim import Decision
from shared.messages import CreatedResource, WorkloadResolved
from shared.names import project_of
from shared.objects import JsonObject, Manifest
from shared.outputs.build import build_all
from shared.outputs.configmap import build_claim
from shared.outputs.naming import Names
from shared.outputs.site import Site
from shared.parameters.kinds import kind_of
from shared.schedulers import Scheduler, scheduler_of


@dataclass(frozen=True)
class Plan:
    """Everything that the submission creates if its job has this name."""

    event: WorkloadResolved
    decision: Decision
    job: str
    site: Site
    of_cluster: Scheduler

    @property
    def names(self) -> Names:
        """Return the names of everything."""
        ref = self.event.workload
        return Names(
            job=self.job,
            namespace=ref.namespace,
            project=project_of(ref.namespace) or ref.namespace,
            workload_kind=ref.kind,
            workload_name=ref.name,
            workload_uid=ref.uid,
            user=self.event.submitted_by or "",
            scheduler=scheduler_of(self.decision.sources.get("scheduler") or "") or self.of_cluster,
            site=self.site,
        )

    @property
    def claim(self) -> Manifest:
        """Return the claim, which holds the decision."""
        decision = self.decision
        return build_claim(self.names, decision.values, decision.provenance, decision.sources, decision.seal)

    @cached_property
    def outputs(self) -> list[JsonObject]:
        """Return all outputs after the claim, in the order of creation; the job is the last one."""
        kind = kind_of(self.event.workload.kind)
        return build_all(kind, kind.values.model_validate(self.decision.values), self.names)

    @property
    def resources(self) -> list[CreatedResource]:
        """Return the identity of everything, the claim first."""
        namespace = self.event.workload.namespace
        claim = CreatedResource(kind="ConfigMap", version="v1", namespace=namespace, name=self.job)
        return [claim, *(_identity(item) for item in self.outputs)]

    def follows(self, output: JsonObject) -> bool:
        """Return whether the output would have another name if the job had."""
        other = Plan(self.event, self.decision, f"{self.job}0", self.site, self.of_cluster)
        return _identity(output) not in other.resources


def _identity(item: JsonObject) -> CreatedResource:
    metadata = item["metadata"]
    return CreatedResource(
        kind=item["kind"], version=item["apiVersion"], namespace=metadata["namespace"], name=metadata["name"]
    )
