"""Machine-readable reasons that a workload's conditions and events show, each defined once."""

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """Why a workload is in its state: the word that programs compare, and its meaning."""

    meaning: str

    def __new__(cls, reason: str, meaning: str = "") -> Self:
        """Create a reason with its meaning."""
        made = str.__new__(cls, reason)
        made._value_ = reason
        made.meaning = meaning
        return made

    ALL_CREATED = "AllCreated", "Every output resource was created."
    RESOLVED = "Resolved", "The values set was computed and satisfies every rule."
    POLICY_VIOLATION = "PolicyViolation", "The values set breaks a rule; `status.violations` lists all of them."
    BASE_NOT_FOUND = "BaseNotFound", "The base workload does not exist."
    NOT_STAMPED = "NotStamped", "The admission policies did not stamp who submitted the workload."
    NO_PROJECT = "NoProject", "The namespace belongs to no project."
    TOO_LARGE = "TooLarge", "The workload, its values set or an output exceeds a size limit."
    NAME_TAKEN = "NameTaken", "A name that the submission needs belongs to something else."
    FORBIDDEN = (
        "Forbidden",
        "The cluster's own rules (rights, quota, admission) refused an output, or a right that Slipway needs.",
    )
    INVALID = "Invalid", "The API server found an output invalid."
    OUTPUT_KIND_MISSING = "OutputKindMissing", "The cluster does not have the kind of an output."
    NAMESPACE_GONE = "NamespaceGone", "The namespace is being deleted or no longer exists."
    JOB_UNKNOWN = "JobUnknown", "Nobody can tell any more whether the job was created; it is not created again."
    GAVE_UP = "GaveUp", "The cluster stayed busy for longer than the operator allows retries."
    INTERNAL_ERROR = "InternalError", "An internal error of Slipway; the service's log has the details."
    RETRYING = "Retrying", "Something delays the submission; it is retried automatically."
    ROLLED_BACK = "RolledBack", "What a failed submission had created was removed."
    AMBIGUOUS_POLICY = "AmbiguousPolicy", "A namespace has several policies of one kind: the oldest counts."
    NOTE = "Note", "Something worth knowing that changes nothing."


def known(reason: str) -> Reason:
    """Return the reason of that name, or InternalError if it is unknown."""
    return Reason(reason) if reason in set(Reason) else Reason.INTERNAL_ERROR
