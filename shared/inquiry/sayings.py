"""What schedulers, queues, quotas and nodes say about a job that does not run, and what it means for it. Pure.

Each table has the words of one speaker, the first row that fits counts, and the last row takes everything else. To
teach `runai why` another sentence, add a row.
"""

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple


class Outlook(IntEnum):
    """What becomes of a job if nobody does anything; of several, the greatest counts."""

    headline: str

    def __new__(cls, rank: int, headline: str) -> "Outlook":
        """A rank, and the sentence that says what it means."""
        made = int.__new__(cls, rank)
        made._value_ = rank
        made.headline = headline
        return made

    RUNS = 0, "It runs."
    ENDED = 1, "It has ended."
    WAITS = 2, "It waits, and goes on by itself."
    BLOCKED = 3, "It waits until somebody acts."
    NEVER = 4, "It can never run as it is."

    @property
    def word(self) -> str:
        """The outlook in one word, for programs."""
        return self.name.lower()


class Saying(NamedTuple):
    """A row: what is said, what it means, and what a person can do. Braces take the groups of the pattern."""

    pattern: str
    outlook: Outlook
    sentence: str
    remedy: str = ""


class Meaning(NamedTuple):
    """What words mean for a job."""

    outlook: Outlook
    sentence: str
    remedy: str = ""


Table = Sequence[Saying]
LESS: Final = "submit it again with less, or ask your administrator for more"
ADMIN: Final = "ask your administrator"
LOGS: Final = "read its log: `runai logs {job}`"


def meaning(words: str, table: Table, **known: str) -> Meaning:
    """What the words mean according to the table; `known` fills braces that no group fills."""
    for row in table:
        if found := re.search(row.pattern, words, re.DOTALL):
            groups = {name: text or "" for name, text in found.groupdict().items()}
            texts = (text.format_map({**known, **groups}) for text in (row.sentence, row.remedy))
            return Meaning(row.outlook, *texts)
    raise LookupError("the table has no last row that takes everything")


# ----------------------------------------------------------------------------------------- why a node does not take it
OF_NODES: Final[Table] = (
    Saying(r"^Insufficient (?P<what>\S+)", Outlook.WAITS, "without enough {what} free", LESS),
    Saying(r"^Too many pods", Outlook.WAITS, "with as many pods as allowed"),
    Saying(r"free ports", Outlook.WAITS, "where another pod uses its port"),
    Saying(
        r"affinity/selector|requested node name",
        Outlook.NEVER,
        "without the labels that it asks for",
        "submit it again for other nodes (`nodePools`, `nodeType`)",
    ),
    Saying(
        r"PersistentVolume's node affinity|volume (zone|node)",
        Outlook.NEVER,
        "that cannot reach its volume",
        "submit it again with another volume, or for other nodes",
    ),
    Saying(r"untolerated taint.*node\.kubernetes\.io/(?P<what>[\w-]+)", Outlook.BLOCKED, "in trouble ({what})"),
    Saying(
        r"untolerated taint\S* ?(?P<what>\{[^}]*\})?|taints that the pod", Outlook.BLOCKED, "kept for others {what}"
    ),
    Saying(r"were unschedulable", Outlook.BLOCKED, "closed to new pods"),
    Saying(r"exceed max volume count", Outlook.WAITS, "with as many volumes as they can attach"),
    Saying(r"free storage|persistent volumes to bind", Outlook.BLOCKED, "without storage for its claims"),
    Saying(r"ReadWriteOncePod|no available disk", Outlook.WAITS, "where another pod has its volume"),
    Saying(r"(?P<what>.*)", Outlook.WAITS, "refused: {what}"),
)
"""Ends of the sentence `<n> nodes ...`."""

OF_SCHEDULER: Final[Table] = (
    Saying(
        r'persistentvolumeclaim "(?P<claim>[^"]+)" not found',
        Outlook.BLOCKED,
        "the storage claim {claim} does not exist",
        "create it, or submit the job again with another claim",
    ),
    Saying(
        r'persistentvolumeclaim "(?P<claim>[^"]+)" is being deleted',
        Outlook.NEVER,
        "the storage claim {claim} is being deleted",
        "submit the job again with another claim",
    ),
    Saying(r"unbound immediate PersistentVolumeClaims", Outlook.WAITS, "its storage is not ready"),
    Saying(r"no nodes available to schedule pods", Outlook.BLOCKED, "the cluster has no nodes", ADMIN),
    Saying(
        r"quota is (?P<most>[\w.]+) \w+, while (?P<used>[\w.]+) \w+ are already allocated",
        Outlook.WAITS,
        "the project's quota is {most}, and {used} is in use",
    ),
    Saying(r"(?i)over.?quota|queue.*(limit|quota)", Outlook.WAITS, "its queue has no room"),
    Saying(r"(?i)not enough resources|didn't have enough", Outlook.WAITS, "no node has room for it"),
    Saying(r"", Outlook.WAITS, "the scheduler finds no node for it"),
)
"""What a scheduler says about all nodes, or about none."""

# --------------------------------------------------------------------------------------- why a pod cannot be created
OF_CREATION: Final[Table] = (
    Saying(
        r"failed quota: (?P<quota>[^:]+): must specify (?P<what>.+)",
        Outlook.NEVER,
        "quota {quota} demands that it states {what}",
        "submit it again with these values",
    ),
    Saying(
        r"forbidden: (?:\[)?(?P<what>(?:maximum|minimum) \S+ usage per \S+ is .+)",
        Outlook.NEVER,
        "a LimitRange of the project forbids its size: {what}",
        "submit it again within these limits",
    ),
    Saying(
        r"forbidden: (?:\[)?(?P<what>\S+ max limit to request ratio per .+)",
        Outlook.NEVER,
        "a LimitRange of the project forbids its size: {what}",
        "submit it again within these limits",
    ),
    Saying(
        r'violates PodSecurity "(?P<level>[^":]+)[^"]*": (?P<what>.+)',
        Outlook.NEVER,
        "the project's Pod Security level {level} forbids it: {what}",
        "submit it again without this, or ask your administrator for another level",
    ),
    Saying(
        r"no PriorityClass with name (?P<name>\S+) was found",
        Outlook.BLOCKED,
        "the cluster has no PriorityClass {name}",
        ADMIN,
    ),
    Saying(
        r'serviceaccount "(?P<name>[^"]+)" not found|service account \S+/(?P<other>\S+?):',
        Outlook.BLOCKED,
        "the service account {name}{other} does not exist",
        ADMIN,
    ),
    Saying(
        r'admission webhook "(?P<name>[^"]+)" denied the request: (?P<what>.+)',
        Outlook.BLOCKED,
        "{name} refuses its pods: {what}",
        ADMIN,
    ),
    Saying(
        r'failed calling webhook "(?P<name>[^"]+)"',
        Outlook.BLOCKED,
        "{name}, which has to admit its pods, does not answer",
        ADMIN,
    ),
    Saying(r"ValidatingAdmissionPolicy '(?P<name>[^']+)'", Outlook.BLOCKED, "policy {name} refuses its pods", ADMIN),
    Saying(r"is being terminated", Outlook.NEVER, "its project is being deleted"),
    Saying(
        r'Pod "[^"]+" is invalid: (?P<what>.+)',
        Outlook.NEVER,
        "its pods are not valid here: {what}",
        "submit it again with other values",
    ),
    Saying(r"", Outlook.BLOCKED, "its pods cannot be created", ADMIN),
)
"""What the API server answers to those who create pods. Quotas that are used up are read by `shared.inquiry.why`."""

# ------------------------------------------------------------------------------------------------- why a queue holds it
OF_KUEUE: Final[Table] = (
    Saying(
        r"(?P<kind>LocalQueue|ClusterQueue) (?P<name>\S+) doesn't exist",
        Outlook.BLOCKED,
        "{kind} {name} does not exist",
        "ask your administrator for the queue",
    ),
    Saying(
        r"(?P<kind>LocalQueue|ClusterQueue) (?P<name>\S+) is (?P<how>inactive|stopped|being terminated|terminating)",
        Outlook.BLOCKED,
        "{kind} {name} is {how}",
        ADMIN,
    ),
    Saying(
        r"insufficient unused quota for (?P<what>\S+) in flavor (?P<flavor>[^\s,]+), (?P<more>\S+) more needed",
        Outlook.WAITS,
        "queue {queue} has not enough {what} free: {more} more needed",
    ),
    Saying(
        r"insufficient quota for (?P<what>\S+) in flavor (?P<flavor>[^\s,]+).*"
        r"current podset request \((?P<asked>[^)]+)\) > maximum capacity \((?P<most>[^)]+)\)",
        Outlook.NEVER,
        "it asks for {asked} {what}, and queue {queue} never has more than {most}",
        LESS,
    ),
    Saying(
        r"(?P<what>untolerated taint .+|flavor \S+ doesn't match node affinity"
        r"|resource \S+ unavailable in ClusterQueue)",
        Outlook.NEVER,
        "no resources of queue {queue} fit it: {what}",
        LESS,
    ),
    Saying(r"(?i)deactivated", Outlook.BLOCKED, "somebody has deactivated it in its queue", ADMIN),
    Saying(r"(?i)preempt", Outlook.WAITS, "it makes room for another job, or waits until others have made room"),
    Saying(r"(?i)admission checks?", Outlook.WAITS, "its queue has checks that are not done yet"),
    Saying(r"", Outlook.WAITS, "queue {queue} has not admitted it yet"),
)
"""Conditions of a Workload of Kueue."""

# ------------------------------------------------------------------------------------------- why a node does not run it
OF_IMAGE: Final[Table] = (
    Saying(
        r"(?i)toomanyrequests|rate limit|429",
        Outlook.WAITS,
        "the registry of image {image} lets nobody pull as often",
    ),
    Saying(
        r"(?i)no such host|timeout|refused|unreachable|TLS|x509|50[234]|deadline",
        Outlook.WAITS,
        "the registry of image {image} does not answer",
        "if this lasts, check the image's name",
    ),
    Saying(
        r"(?i)unauthorized|denied|authentication required|authorization failed|40[13]",
        Outlook.BLOCKED,
        "the registry does not give image {image} to the cluster, or has none of this name",
        "check the image's name, or submit the job again with `imagePullSecrets`",
    ),
    Saying(
        r"(?i)not found|manifest unknown|name unknown|404|does not exist",
        Outlook.BLOCKED,
        "the registry has no image {image}",
        "submit it again with an image that exists",
    ),
    Saying(r"(?i)no match for platform", Outlook.NEVER, "image {image} is made for other processors"),
    Saying(r"", Outlook.BLOCKED, "image {image} cannot be pulled", "check the image's name"),
)
"""Why an image cannot be pulled."""

OF_CONTAINER: Final[Table] = (
    Saying(
        r"^InvalidImageName",
        Outlook.NEVER,
        "{image} is not the name of an image",
        "submit it again with a valid image",
    ),
    Saying(r"^ErrImageNeverPull", Outlook.BLOCKED, "its node does not have image {image}, and may not pull it"),
    Saying(
        r'^Create\w+: (?:secret|configmap) "(?P<name>[^"]+)" not found',
        Outlook.BLOCKED,
        "it uses {name}, which does not exist in the project",
        "create it, and the job goes on; or submit it again without it",
    ),
    Saying(
        r"^Create\w+: couldn't find key (?P<key>\S+) in (?P<kind>\w+) (?:\S+/)?(?P<name>\S+)",
        Outlook.BLOCKED,
        "{kind} {name} has no key {key}",
        "add the key, and the job goes on; or submit it again without it",
    ),
    Saying(
        r"^CreateContainerConfigError: container has runAsNonRoot",
        Outlook.NEVER,
        "its image runs as root, which the project forbids",
        "submit it again with another image, or with `runAsUser`",
    ),
    Saying(
        r"^(?:RunContainerError|StartError|CreateContainerError|ContainerCannotRun): (?P<what>.*)",
        Outlook.NEVER,
        "its command cannot be started: {what}",
        "submit it again with another command",
    ),
    Saying(r"^CrashLoopBackOff", Outlook.BLOCKED, "its container ends again and again", LOGS),
    Saying(r"^PodInitializing|^$|^ContainerCreating: ?$", Outlook.WAITS, "its node prepares it"),
    Saying(r"^(?P<reason>\w+)", Outlook.WAITS, "its node prepares it ({reason})"),
)
"""`reason: message` of a container that waits; for an image, `OF_IMAGE` says more."""

OF_MOUNT: Final[Table] = (
    Saying(
        r'(?P<kind>secret|configmap|persistentvolumeclaim) "(?P<name>[^"]+)" not found',
        Outlook.BLOCKED,
        "it mounts the {kind} {name}, which does not exist in the project",
        "create it, and the job goes on; or submit it again without it",
    ),
    Saying(
        r"references non-existent (?P<kind>secret|config) key: (?P<name>\S+)",
        Outlook.BLOCKED,
        "it mounts the key {name}, which does not exist",
        "add the key, and the job goes on",
    ),
    Saying(r"hostPath type check failed", Outlook.BLOCKED, "its node does not have the path that it mounts", ADMIN),
    Saying(r"Multi-Attach|already exclusively attached", Outlook.WAITS, "its volume is in use on another node"),
    Saying(r"(?i)mount|attach|volume", Outlook.WAITS, "its volumes are not mounted yet", f"if this lasts, {ADMIN}"),
    Saying(r"(?i)sandbox|network", Outlook.WAITS, "its node cannot connect it yet", f"if this lasts, {ADMIN}"),
    Saying(r"", Outlook.WAITS, "its node prepares it"),
)
"""Warnings of a node about a pod that it starts."""

OF_CLAIM: Final[Table] = (
    Saying(
        r'storageclass\S* "(?P<name>[^"]+)" not found',
        Outlook.BLOCKED,
        "the storage class {name} of claim {claim} does not exist",
        "submit the job again with another storage class, or ask your administrator",
    ),
    Saying(
        r"no persistent volumes available",
        Outlook.BLOCKED,
        "claim {claim} names no storage class, and no volume is free",
        "submit the job again with a storage class, or ask your administrator",
    ),
    Saying(r"(?i)exceeded quota|failed to provision|ProvisioningFailed", Outlook.BLOCKED, "claim {claim} fails", ADMIN),
    Saying(r"(?i)waiting for .*consumer|waiting for pod", Outlook.WAITS, "claim {claim} waits for a node"),
    Saying(r"^nobody$", Outlook.BLOCKED, "nothing provides the storage of claim {claim}", ADMIN),
    Saying(r"", Outlook.WAITS, "the storage of claim {claim} is not ready"),
)
"""Events of a storage claim that is not bound; `nobody` if there are none, although they are due."""
TABLES: Final = {
    "nodes": OF_NODES,
    "scheduler": OF_SCHEDULER,
    "creation": OF_CREATION,
    "Kueue": OF_KUEUE,
    "image": OF_IMAGE,
    "container": OF_CONTAINER,
    "mount": OF_MOUNT,
    "claim": OF_CLAIM,
}
"""All tables by what they are about."""
