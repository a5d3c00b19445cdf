"""Decides why a pod does not run: gates, scheduler, storage, image, containers. Pure."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from shared.inquiry.sayings import (
    ADMIN,
    LESS,
    LOGS,
    OF_CLAIM,
    OF_CONTAINER,
    OF_IMAGE,
    OF_MOUNT,
    OF_NODES,
    OF_SCHEDULER,
    Meaning,
    Outlook,
    meaning,
)
from shared.inquiry.witnesses import USUAL, Cause, Facts, about, condition, is_older, latest, since_of, time_of
from shared.objects import JsonObject
from shared.parameters.amounts import amount_of

SILENT: Final = 15.0
"""Seconds after which a scheduler that says nothing about a pod does not look at it at all."""
AVAILABLE: Final = re.compile(r"^0/(?P<all>\d+) nodes are available: (?P<why>.*)$", re.DOTALL)
REASON: Final = re.compile(r"(\d+) (.+?)(?=, \d+ |\.(?:\s|$)|$)")
"""A number of nodes, and why they do not take a pod."""
HOPELESS: Final = re.compile(r"(\d+) Preemption is not helpful for scheduling")
"""How many nodes could not take a pod even if all others were removed."""
PULLS: Final = ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable")
TROUBLES: Final = ("FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox")
UNBOUND: Final = "unbound immediate PersistentVolumeClaims"


def of_pod(facts: Facts, pod: JsonObject) -> Iterator[Cause]:
    """What keeps the pod from running; nothing if it runs."""
    name = f"Pod {pod['metadata']['name']}"
    spec = pod.get("spec") or {}
    if "deletionTimestamp" in pod["metadata"]:
        since = pod["metadata"]["deletionTimestamp"]
        yield Cause(Outlook.WAITS, "its former pod is still being removed", "Kubernetes", name, since=since)
    elif gates := spec.get("schedulingGates"):
        for gate in gates:
            remedy = f"only who set gate {gate['name']} can remove it: {ADMIN}"
            yield Cause(Outlook.BLOCKED, f"gate {gate['name']} holds it back", gate["name"], name, remedy=remedy)
    elif not spec.get("nodeName"):
        yield from _unplaced(facts, pod, name)
    else:
        yield from _placed(facts, pod, name)


# ------------------------------------------------------------------------------------------------------- the scheduler
def _unplaced(facts: Facts, pod: JsonObject, name: str) -> Iterator[Cause]:
    scheduler = f"scheduler {(pod.get('spec') or {}).get('schedulerName') or 'default-scheduler'}"
    told = condition(pod, "PodScheduled")
    words = str((told or {}).get("message") or "")
    if not words:
        yield _unheard(facts, pod, name, scheduler)
        return
    if UNBOUND in words and (storage := list(_of_claims(facts, pod))):
        yield from storage
        return
    found = of_scheduler(words, pod, facts.nodes)
    yield Cause(found.outlook, found.sentence, scheduler, name, words, since_of(told), found.remedy)


def _unheard(facts: Facts, pod: JsonObject, name: str, scheduler: str) -> Cause:
    created = pod["metadata"].get("creationTimestamp")
    if not is_older(facts, created, SILENT):
        return Cause(Outlook.WAITS, "the scheduler has not looked at it yet", scheduler, name, since=created)
    remedy = f"{scheduler} may be down, or not be installed: {ADMIN}"
    return Cause(Outlook.BLOCKED, f"{scheduler} does not look at it", scheduler, name, since=created, remedy=remedy)


def of_scheduler(words: str, pod: JsonObject, nodes: Sequence[JsonObject] | None = None) -> Meaning:
    """What the scheduler's words mean: whether nodes have no room now, or none could take the pod even if empty."""
    found = AVAILABLE.match(words)
    if not found or not found["why"][:1].isdigit():
        return meaning(words, OF_SCHEDULER)
    why, _, after = found["why"].partition("preemption: ")
    number = int(found["all"])
    helpless = HOPELESS.search(after)
    hopeless = bool(helpless and int(helpless[1]) >= number) or _too_small(pod, nodes)
    rows = [(int(count), reason, meaning(reason, OF_NODES)) for count, reason in REASON.findall(why)]
    described = "; ".join(_nodes(count, reason, row, pod, hopeless) for count, reason, row in rows)
    if not hopeless:
        return Meaning(Outlook.WAITS, f"no node has room for it now: {described}")
    if any(row.outlook is Outlook.BLOCKED for _, _, row in rows):
        return Meaning(Outlook.BLOCKED, f"no node takes it, even without other jobs: {described}", ADMIN)
    remedies = "; or ".join(dict.fromkeys(row.remedy for _, _, row in rows if row.remedy)) or LESS
    described += _most(pod, nodes)
    return Meaning(Outlook.NEVER, f"no node could take it, even without other jobs: {described}", remedies)


def _nodes(count: int, reason: str, row: Meaning, pod: JsonObject, hopeless: bool) -> str:
    who = "1 node" if count == 1 else f"{count} nodes"
    if hopeless and (short := re.match(r"Insufficient (\S+)", reason)):
        return f"{who} with less than the {asked_of(pod, short[1])} {short[1]} that it asks for"
    return f"{who} {row.sentence}".rstrip()


def asked_of(pod: JsonObject, resource: str) -> str:
    """How much of a resource the pod asks for, as a quantity."""
    amounts = []
    for container in (pod.get("spec") or {}).get("containers") or []:
        stated = container.get("resources") or {}
        text = {**(stated.get("limits") or {}), **(stated.get("requests") or {})}.get(resource)
        amounts += [str(text)] if text is not None else []
    return amounts[0] if len(amounts) == 1 else f"{sum(map(_amount, amounts), Decimal(0)).normalize():f}"


def _most(pod: JsonObject, nodes: Sequence[JsonObject] | None) -> str:
    """What the largest node offers of what is missing; empty if nobody knows."""
    short = [
        name
        for name in _resources(pod)
        if nodes and all(_amount(asked_of(pod, name)) > _offer(one, name) for one in nodes)
    ]
    if not short or not nodes:
        return ""
    best = max(
        (((one.get("status") or {}).get("allocatable") or {}).get(short[0]) or "0" for one in nodes), key=_amount
    )
    return f" (the largest has {best})"


def _too_small(pod: JsonObject, nodes: Sequence[JsonObject] | None) -> bool:
    """Whether no node is as large as the pod; False if nobody knows the nodes."""
    return bool(nodes) and all(
        any(_amount(asked_of(pod, name)) > _offer(node, name) for name in _resources(pod)) for node in nodes or ()
    )


def _resources(pod: JsonObject) -> list[str]:
    found: dict[str, None] = {}
    for container in (pod.get("spec") or {}).get("containers") or []:
        stated = container.get("resources") or {}
        found |= dict.fromkeys([*(stated.get("limits") or {}), *(stated.get("requests") or {})])
    return list(found)


def _offer(node: JsonObject, resource: str) -> Decimal:
    return _amount(str(((node.get("status") or {}).get("allocatable") or {}).get(resource) or "0"))


def _amount(text: str) -> Decimal:
    try:
        return amount_of(text)
    except ValueError:
        return Decimal(0)


# ---------------------------------------------------------------------------------------------- the storage
def claims_of(pod: JsonObject) -> list[str]:
    """The names of the storage claims that the pod mounts."""
    volumes = (pod.get("spec") or {}).get("volumes") or []
    named = [str(one["persistentVolumeClaim"]["claimName"]) for one in volumes if "persistentVolumeClaim" in one]
    own = [f"{pod['metadata']['name']}-{one['name']}" for one in volumes if "ephemeral" in one]
    return [*named, *own]


def _of_claims(facts: Facts, pod: JsonObject) -> Iterator[Cause]:
    for claim in claims_of(pod):
        stored = facts.claims.get(claim)
        if stored is None or (stored.get("status") or {}).get("phase") == "Bound":
            continue
        said = about(facts.events, stored["metadata"]["uid"])
        words = str(said[-1].get("message") or "") if said else ""
        created = stored["metadata"].get("creationTimestamp")
        found = meaning(words or ("nobody" if is_older(facts, created, USUAL) else ""), OF_CLAIM, claim=claim)
        since = time_of(said[-1]) if said else created
        yield Cause(
            found.outlook, found.sentence, "storage", f"PersistentVolumeClaim {claim}", words, since, found.remedy
        )


# ---------------------------------------------------------------------------------------------- the node
def _placed(facts: Facts, pod: JsonObject, name: str) -> Iterator[Cause]:
    node = f"node {pod['spec']['nodeName']}"
    status = pod.get("status") or {}
    waits = [one for one in _containers(status) if "waiting" in (one.get("state") or {})]
    troubles = [
        one for one in waits if one["state"]["waiting"].get("reason") not in ("PodInitializing", "ContainerCreating")
    ]
    for container in troubles:
        yield _of_container(facts, pod, container, name, node)
    if troubles or any("running" in (one.get("state") or {}) for one in status.get("containerStatuses") or []):
        return
    if first := next((one for one in status.get("initContainerStatuses") or [] if _unfinished(one)), None):
        yield Cause(Outlook.WAITS, f"it prepares its files: {first['name']} is at work", node, name)
        return
    said = about(facts.events, pod["metadata"]["uid"])
    trouble = latest(said, *TROUBLES)
    words = str((trouble or {}).get("message") or "")
    pulling = latest(said, "Pulling")
    sentence = "its node pulls the image" if pulling and not trouble else None
    found = meaning(words, OF_MOUNT)
    since = time_of(trouble or pulling or {"metadata": {}}) or since_of(condition(pod, "PodScheduled"))
    yield Cause(found.outlook, sentence or found.sentence, node, name, words, since, found.remedy)


def _containers(status: JsonObject) -> list[JsonObject]:
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def _unfinished(container: JsonObject) -> bool:
    return "running" in (container.get("state") or {})


def _of_container(facts: Facts, pod: JsonObject, container: JsonObject, name: str, node: str) -> Cause:
    waiting = container["state"]["waiting"]
    reason, words = str(waiting.get("reason") or ""), str(waiting.get("message") or "")
    image, job = str(container.get("image") or ""), facts.name
    if reason in PULLS:
        words = _pull(facts, pod, words)
        found = meaning(words, OF_IMAGE, image=image)
    elif reason == "CrashLoopBackOff" and (last := (container.get("lastState") or {}).get("terminated")):
        found = _crashed(last, job)
    else:
        found = meaning(f"{reason}: {words}", OF_CONTAINER, image=image, job=job)
    return Cause(found.outlook, found.sentence, node, name, words, remedy=found.remedy)


def _pull(facts: Facts, pod: JsonObject, words: str) -> str:
    """The registry's answer: a node that waits before it tries again may not repeat it."""
    said = about(facts.events, pod["metadata"]["uid"])
    failed = [one for one in said if one.get("reason") == "Failed" and "pull" in str(one.get("message"))]
    return str(failed[-1]["message"]) if failed and "rror" not in words else words


def _crashed(last: JsonObject, job: str) -> Meaning:
    if last.get("reason") == "OOMKilled":
        return Meaning(
            Outlook.BLOCKED, "its container needs more memory than it has", "submit it again with more memory"
        )
    how = f"exit code {last.get('exitCode')}"
    return Meaning(Outlook.BLOCKED, f"its container ends again and again, with {how}", LOGS.format(job=job))
