"""Who wrote a workload: its author and its last editor, as stamped by the API server. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.names import CHANGED_BY_ANNOTATION, SUBMITTED_BY_ANNOTATION


def stamps_of(workload: Mapping[str, Any]) -> dict[str, str]:
    """The author (`submittedBy`) and the last editor (`changedBy`) of a workload, as far as they are stamped."""
    annotations = workload["metadata"].get("annotations") or {}
    stamps = {
        "submittedBy": annotations.get(SUBMITTED_BY_ANNOTATION),
        "changedBy": annotations.get(CHANGED_BY_ANNOTATION),
    }
    return {key: str(who) for key, who in stamps.items() if who}


def in_words(stamps: Mapping[str, Any]) -> str:
    """Who wrote it, such as `by jane, last changed by john`; empty if nobody is stamped."""
    author, editor = stamps.get("submittedBy"), stamps.get("changedBy")
    return ", ".join([*([f"by {author}"] if author else []), *([f"last changed by {editor}"] if editor else [])])
