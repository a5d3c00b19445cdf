"""Judges the workloads of a project under a changed policy."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.errors import ForbiddenError
from shared.inquiry.live import pages
from shared.inquiry.notes import Say
from shared.inquiry.projects import must_exist
from shared.inquiry.times import moment
from shared.names import GLOBAL_NAMESPACE, project_of, resource_path
from shared.objects import JsonObject
from shared.submitter import REVIEWS, Submitter

if TYPE_CHECKING:
    from shared.inquiry.impact import Change, Impact, Judge
    from shared.parameters.kinds import Kind
    from shared.resolution.model import SecretRights


async def judge(
    api: Any, written: "Mapping[Kind, Sequence[JsonObject] | None]", since: datetime, say: Say, note: Say
) -> "tuple[list[Impact], int]":
    """The impact of the policies (by kind) on workloads submitted since, and how many workloads were judged.

    None stands for the policies in force, by which everything that was accepted is judged again. `say` gets what is
    being done, and `note` gets what the user should know in addition to the answer.
    """
    from shared.inquiry.impact import Judge, change, in_force

    found: list[Impact] = []
    judged = 0
    for kind, policies in written.items():
        stored = (await api.list(resource_path(kind.policy_plural)))["items"]
        changed = in_force(kind, stored) if policies is None else change(kind, stored, policies)
        for name in changed.without_effect():
            note(f"{kind.policy} {name} would be ignored: its namespace has an older one")
        reading = _Reading(api, changed, since, say, note)
        await reading.judge(Judge(changed))
        found += reading.found
        judged += reading.judged
    return found, judged


async def unsecured(api: Any, note: Say) -> None:
    """Note each project that is refused as a whole, as far as the user may list namespaces."""
    from shared.errors import ForbiddenError
    from shared.names import SECURITY_LABEL
    from shared.parameters import sentences
    from shared.resolution.project import project_in

    try:
        found = (await api.list(resource_path("namespaces", api_version="v1")))["items"]
    except ForbiddenError:
        note("whether projects have a Pod Security level is not shown: you may not list namespaces")
        return
    for one in found:
        name = one["metadata"]["name"]
        if project_of(name) and not project_in(one["metadata"]).secured:
            note(sentences.unsecured(name, SECURITY_LABEL))


class _Reading:
    """Reads the workloads of one kind that a change affects, page by page, and judges each of them."""

    def __init__(self, api: Any, changed: "Change", since: datetime, say: Say, note: Say) -> None:
        self._api, self._changed, self._since, self._say, self._note = api, changed, since, say, note
        self._readable: dict[tuple[Submitter, str, str], bool] = {}
        self._may_ask = True
        self._bases: dict[tuple[str, str], JsonObject | None] = {}
        self.found: list[Impact] = []
        self.judged = 0

    async def judge(self, judge: "Judge") -> None:
        """Read and judge all of these workloads."""
        async for workload, namespace in self._workloads():
            if judge.concerned(namespace):
                self.judged += 1
                base = await self._base(workload, namespace)
                rights = await self._rights(workload, namespace, judge.secrets(workload, namespace, base))
                if impact := judge.impact(workload, namespace, base, rights):
                    self.found.append(impact)

    async def _rights(self, workload: JsonObject, namespace: str, secrets: Sequence[str]) -> "SecretRights | None":
        """Which of the Secrets the workload's submitter may read; None if nobody has submitted it, or nobody knows."""
        from shared.inquiry.impact import usage_of
        from shared.resolution.model import SecretRights

        submitter = Submitter.stamped(workload["metadata"].get("annotations") or {})
        if not secrets or submitter is None or usage_of(workload) == "Template" or not self._may_ask:
            return None
        try:
            found = [secret for secret in secrets if await self._may_read(submitter, namespace, secret)]
        except ForbiddenError as error:
            self._may_ask = False
            self._note(f"whether the submitters can read the Secrets that their workloads use is not known: {error}")
            return None
        return SecretRights(submitter.user, frozenset(found))

    async def _may_read(self, submitter: Submitter, namespace: str, secret: str) -> bool:
        key = submitter, namespace, secret
        if key not in self._readable:
            answer = await self._api.create(REVIEWS, submitter.asks_for(namespace, secret))
            self._readable[key] = bool(answer["status"]["allowed"])
        return self._readable[key]

    async def _workloads(self) -> AsyncIterator[tuple[JsonObject, str]]:
        """Each workload, and the namespace whose policy applies to it."""
        from shared.inquiry.impact import usage_of

        plural, namespaces = self._changed.kind.workload_plural, self._changed.namespaces()
        if namespaces is None:
            async for workload in self._recent(resource_path(plural)):
                yield workload, workload["metadata"]["namespace"]
            return
        for namespace in sorted(namespaces):
            if project := project_of(namespace):
                await must_exist(self._api, project)
            async for workload in self._recent(resource_path(plural, namespace)):
                yield workload, namespace
            async for workload in self._recent(resource_path(plural, GLOBAL_NAMESPACE)):
                if usage_of(workload) == "Template":
                    yield workload, namespace

    async def _recent(self, path: str) -> AsyncIterator[JsonObject]:
        from shared.inquiry.impact import usage_of

        async for page in pages(self._api, path):
            self._say(f"judging {self._changed.kind.name} workloads: {self.judged} so far")
            for workload in page:
                created = moment(workload["metadata"].get("creationTimestamp"))
                recent = created is None or created >= self._since
                if usage_of(workload) == "Template" or (recent and self._counts(workload)):
                    yield workload

    def _counts(self, workload: JsonObject) -> bool:
        """Whether it matters if a submitted workload is valid: by the policies in force, only if it once was."""
        return not self._changed.in_force or (workload.get("status") or {}).get("phase") == "Submitted"

    async def _base(self, workload: JsonObject, namespace: str) -> JsonObject | None:
        from shared.inquiry.sources import base_workload

        name = workload["spec"].get("baseWorkload")
        if not name:
            return None
        if (namespace, name) not in self._bases:
            self._bases[namespace, name] = await base_workload(self._api, self._changed.kind, namespace, name)
        return self._bases[namespace, name]
