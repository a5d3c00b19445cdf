"""Events of Kubernetes as people read them: which ones concern a job, when they happened, and what they say. Pure."""

from typing import Final

from shared.inquiry.jobs import Job
from shared.objects import JsonObject

NOT_PERMITTED: Final = "not shown: you are not allowed to list them"


def concerns(event: JsonObject, job: Job) -> bool:
    """Whether the event is about the job, its workload, its pods, or the pods' controllers."""
    about = event.get("involvedObject") or {}
    owners = {owner["uid"] for pod in job.pods for owner in pod["metadata"].get("ownerReferences") or []}
    uids = {job.uid, job.uid_of_pods, *owners, *(pod["metadata"]["uid"] for pod in job.pods)}
    makers = (("Job", job.name), ("StatefulSet", f"{job.name}-0"))
    return about.get("uid") in uids or (about.get("kind"), about.get("name")) in makers


def happened(event: JsonObject) -> str:
    """When it happened last, in RFC 3339; empty if the event does not say."""
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")


def source(event: JsonObject) -> str:
    """The object that it is about: `pod/jupyter-1-0`."""
    about = event.get("involvedObject") or {}
    return f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}"


def message(event: JsonObject) -> str:
    """What it says, on one line: an event of Kubernetes, or one that a workload's status keeps."""
    text, count = " ".join(str(event.get("message") or "").split()), int(event.get("count") or 1)
    return f"{text} ({count} times)" if count > 1 else text
