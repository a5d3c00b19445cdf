"""Reasons why a question has no answer. The message is a sentence for the user who asked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.errors import SlipwayError

if TYPE_CHECKING:
    from shared.parameters.kinds import Kind


class InquiryError(SlipwayError):
    """The API server answered, and what it answered is not what was asked for."""


class MissingError(InquiryError):
    """What was asked for does not exist, as far as the user may know."""

    def __init__(self, message: str, elsewhere: "Sequence[Kind]" = ()) -> None:
        """`elsewhere` lists kinds that were not asked for and have a workload of the name."""
        super().__init__(message)
        self.elsewhere = elsewhere


class MissingJobError(MissingError):
    """The project has no job of the name; another one may."""


class AmbiguousError(InquiryError):
    """Workloads of several kinds have the name."""

    def __init__(self, message: str, kinds: "Sequence[Kind]") -> None:
        super().__init__(message)
        self.kinds = kinds


class NotRunningError(InquiryError):
    """The job or the pod is not running, and will not start by itself."""


class ImpossibleError(InquiryError):
    """What was asked for cannot be done with this object, whoever asks."""


class TimedOutError(InquiryError):
    """What was waited for did not happen in time."""


class UnknownOutcomeError(InquiryError):
    """The answer to a creation was lost, and whether it happened cannot be found out."""

    def __init__(self, cause: SlipwayError, unknown: str) -> None:
        """`cause` is why nothing can be found out, and `unknown` says what is not known."""
        super().__init__(f"{cause}; {unknown}")
        self.cause, self.unknown = cause, unknown
