"""What the creator believes: decisions and claims that the resolver has sealed, about the workload as it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from services.creator.record import Record
from shared.errors import PermanentError, SlipwayError, TransientError
from shared.messages import WorkloadRef, WorkloadResolved
from shared.objects import JsonObject
from shared.outputs.configmap import owned_by, read_claim, seal_of
from shared.outputs.conflicts import NameTakenError
from shared.process.metrics import counter
from shared.reasons import Reason
from shared.resolution.asked import is_about
from shared.resolution.decided import SealError, opened
from shared.resolution.seal import SEAL, Finding, PublicKeys, State, key_named

REFUSED: Final = counter(
    "slipway_seals_refused_total",
    "Messages and claims that the resolver did not seal as they are",
    {"what": "`message` or `claim`", "cause": "what is wrong with the seal"},
    ("creator",),
)
CLAIM: Final = "ConfigMap"
log = structlog.get_logger()


class ForeignClaimError(PermanentError):
    """The claim that should hold what was decided is somebody else's: nothing is made from it or beside it."""

    reason = Reason.NAME_TAKEN


@dataclass(frozen=True)
class Seals:
    """Checks seals with the keys that count at present."""

    keys: Callable[[str], PublicKeys]
    """Returns the public keys by id; given an id, it makes sure that they are as of now."""
    unsealed_claims: bool = False
    """Whether claims without a seal count."""

    def opened(self, event: WorkloadResolved) -> WorkloadResolved | None:
        """Return what is sealed of the message; None, with a line in the log, if the resolver did not send it so.

        Raises TransientError while there is no key to tell.
        """
        keys = self.keys(key_named(event.seal))
        if not keys:
            raise TransientError("the creator has no public key to check the resolver's seal with")
        try:
            return opened(event, keys)
        except SealError as error:
            self.refused(event.workload, error.state, str(error))
            return None

    def refused(self, ref: WorkloadRef, cause: str, sentence: str) -> None:
        """Count a message that is ignored, and say why. The watcher reports a workload that has no outcome again."""
        REFUSED.labels("message", cause).inc()
        log.warning("message ignored", reason=sentence, workload=f"{ref.namespace}/{ref.name}", uid=ref.uid)

    def decided_on(self, event: WorkloadResolved, record: Record) -> bool:
        """Return whether the message was decided on the workload as it is; if not, count it as ignored.

        The resolver decides on what `workload.observed` says, which somebody else may have sent.
        """
        if record.spec is None or is_about(event.sources, record.spec, record.annotations):
            return True
        self.refused(event.workload, "AnotherSpec", "it was decided on a spec or a submitter that the workload has not")
        return False

    def flaw(self, claim: JsonObject, ref: WorkloadRef, record: Record | None = None) -> Finding | None:
        """Return what is wrong with the seal of a claim that names this workload as its owner; None if it counts.

        With a `record`, it must have been decided on the workload as that has it.
        """
        keys = self.keys(key_named((claim.get("data") or {}).get(SEAL)))
        found = seal_of(claim, ref.uid, ref.generation, keys)
        if found.state is State.UNSEALED and self.unsealed_claims:
            return None
        if found.holds and record and record.spec is not None:
            about = is_about(read_claim(claim).sources, record.spec, record.annotations)
            found = found if about else Finding(State.ANOTHERS, found.key)
        if found.holds:
            return None
        REFUSED.labels("claim", found.state).inc()
        return found

    def owns(self, item: JsonObject, kind: str, ref: WorkloadRef) -> bool:
        """Return whether the object is the workload's own; of claims, only sealed ones are."""
        return owned_by(item, ref.uid) and (kind != CLAIM or self.flaw(item, ref) is None)

    def taken(self, claim: JsonObject, ref: WorkloadRef, record: Record) -> NameTakenError | None:
        """Return the error if a new claim of this workload finds another one that only looks like its own."""
        flaw = self.flaw(claim, ref, record)
        return NameTakenError(_sentence(claim, flaw)) if flaw else None

    def must_count(self, claim: JsonObject, ref: WorkloadRef, record: Record) -> None:
        """Make sure that the claim under the recorded name holds what was decided.

        Raises ForeignClaimError if it does not. No other name is tried then: the job of a claim that counted before may
        exist. Raises TransientError if only the key is missing, which may have been removed too early.
        """
        flaw = self.flaw(claim, ref, record)
        if flaw is None:
            return
        error: type[SlipwayError] = TransientError if flaw.state is State.UNKNOWN_KEY else ForeignClaimError
        raise error(_sentence(claim, flaw))


def _sentence(claim: JsonObject, flaw: Finding) -> str:
    name = claim["metadata"]["name"]
    return f"the name {name} is taken by ConfigMap {name}, which {flaw}"
