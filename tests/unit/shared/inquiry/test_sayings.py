"""What schedulers, queues, quotas and nodes say, in their own words, and what it means."""

import re

import pytest

from shared.inquiry.sayings import TABLES, Outlook, meaning
from shared.inquiry.witnesses import of_quota

BLOCKED, NEVER, WAITS = Outlook.BLOCKED, Outlook.NEVER, Outlook.WAITS
KNOWN = {"image": "lab/tool:1", "claim": "data", "queue": "team-q", "job": "train-1"}
POD = 'Error creating: pods "big-0-x7k2p" is forbidden: '
FLAVOR = "couldn't assign flavors to pod set main: "
SAID = [
    ("nodes", "Insufficient nvidia.com/gpu", WAITS, "without enough nvidia.com/gpu free"),
    ("nodes", "Too many pods", WAITS, "with as many pods as allowed"),
    ("nodes", "node(s) didn't have free ports for the requested pod ports", WAITS, "where another pod uses its port"),
    ("nodes", "node(s) didn't match Pod's node affinity/selector", NEVER, "without the labels that it asks for"),
    ("nodes", "node(s) didn't match PersistentVolume's node affinity", NEVER, "that cannot reach its volume"),
    ("nodes", "node(s) had untolerated taint {node.kubernetes.io/not-ready: }", BLOCKED, "in trouble (not-ready)"),
    ("nodes", "node(s) had untolerated taint {dedicated: big}", BLOCKED, "kept for others {dedicated: big}"),
    ("nodes", "node(s) had untolerated taint(s)", BLOCKED, "kept for others "),
    ("nodes", "node(s) were unschedulable", BLOCKED, "closed to new pods"),
    ("nodes", "node(s) exceed max volume count", WAITS, "with as many volumes as they can attach"),
    ("nodes", "node(s) didn't find available persistent volumes to bind", BLOCKED, "without storage for its claims"),
    ("nodes", "node(s) had no available disk", WAITS, "where another pod has its volume"),
    ("nodes", "node(s) had something new", WAITS, "refused: node(s) had something new"),
    ("scheduler", 'persistentvolumeclaim "d" not found', BLOCKED, "the storage claim d does not exist"),
    ("scheduler", 'persistentvolumeclaim "d" is being deleted', NEVER, "the storage claim d is being deleted"),
    ("scheduler", "pod has unbound immediate PersistentVolumeClaims", WAITS, "its storage is not ready"),
    ("scheduler", "no nodes available to schedule pods", BLOCKED, "the cluster has no nodes"),
    (
        "scheduler",
        "Workload requested 2 GPUs, but team-a quota is 4 GPUs, while 3 GPUs are already allocated for this queue",
        WAITS,
        "the project's quota is 4, and 3 is in use",
    ),
    ("scheduler", "NonPreemptibleOverQuota", WAITS, "its queue has no room"),
    ("scheduler", "node(s) didn't have enough resource: GPUs", WAITS, "no node has room for it"),
    ("scheduler", "something new", WAITS, "the scheduler finds no node for it"),
    (
        "creation",
        f"{POD}failed quota: q: must specify limits.cpu for: big",
        NEVER,
        "quota q demands that it states limits.cpu for: big",
    ),
    (
        "creation",
        f"{POD}maximum memory usage per Container is 1Gi, but limit is 5Gi",
        NEVER,
        "a LimitRange of the project forbids its size: maximum memory usage per Container is 1Gi, but limit is 5Gi",
    ),
    (
        "creation",
        f"{POD}memory max limit to request ratio per Container is 2, but provided ratio is 4.0",
        NEVER,
        "a LimitRange of the project forbids its size: "
        "memory max limit to request ratio per Container is 2, but provided ratio is 4.0",
    ),
    (
        "creation",
        f'{POD}violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
        NEVER,
        "the project's Pod Security level baseline forbids it: host namespaces (hostNetwork=true)",
    ),
    (
        "creation",
        f"{POD}no PriorityClass with name build was found",
        BLOCKED,
        "the cluster has no PriorityClass build",
    ),
    (
        "creation",
        f'{POD}error looking up service account a/robot: serviceaccount "robot" not found',
        BLOCKED,
        "the service account robot does not exist",
    ),
    (
        "creation",
        'admission webhook "pods.example.com" denied the request: no',
        BLOCKED,
        "pods.example.com refuses its pods: no",
    ),
    (
        "creation",
        'Internal error occurred: failed calling webhook "pods.example.com": timed out',
        BLOCKED,
        "pods.example.com, which has to admit its pods, does not answer",
    ),
    ("creation", f"{POD}ValidatingAdmissionPolicy 'no-x' with binding", BLOCKED, "policy no-x refuses its pods"),
    ("creation", "namespace a because it is being terminated", NEVER, "its project is being deleted"),
    ("creation", 'Pod "a" is invalid: spec: too large', NEVER, "its pods are not valid here: spec: too large"),
    ("creation", "something new", BLOCKED, "its pods cannot be created"),
    ("Kueue", "LocalQueue team-q doesn't exist", BLOCKED, "LocalQueue team-q does not exist"),
    ("Kueue", "ClusterQueue all is inactive", BLOCKED, "ClusterQueue all is inactive"),
    (
        "Kueue",
        f"{FLAVOR}insufficient unused quota for nvidia.com/gpu in flavor default, 1 more needed",
        WAITS,
        "queue team-q has not enough nvidia.com/gpu free: 1 more needed",
    ),
    (
        "Kueue",
        f"{FLAVOR}insufficient quota for nvidia.com/gpu in flavor default, previously considered podsets requests (0) "
        "+ current podset request (5) > maximum capacity (4)",
        NEVER,
        "it asks for 5 nvidia.com/gpu, and queue team-q never has more than 4",
    ),
    (
        "Kueue",
        f"{FLAVOR}resource nvidia.com/gpu unavailable in ClusterQueue",
        NEVER,
        "no resources of queue team-q fit it: resource nvidia.com/gpu unavailable in ClusterQueue",
    ),
    ("Kueue", "The workload is deactivated", BLOCKED, "somebody has deactivated it in its queue"),
    (
        "Kueue",
        "Preempted to accommodate a workload",
        WAITS,
        "it makes room for another job, or waits until others have made room",
    ),
    ("Kueue", "At least one admission check is pending", WAITS, "its queue has checks that are not done yet"),
    ("Kueue", "something new", WAITS, "queue team-q has not admitted it yet"),
    (
        "image",
        "429 Too Many Requests - toomanyrequests",
        WAITS,
        "the registry of image lab/tool:1 lets nobody pull as often",
    ),
    ("image", "dial tcp: lookup r: no such host", WAITS, "the registry of image lab/tool:1 does not answer"),
    (
        "image",
        "pull access denied, authorization failed",
        BLOCKED,
        "the registry does not give image lab/tool:1 to the cluster, or has none of this name",
    ),
    ("image", "docker.io/lab/tool:1: not found", BLOCKED, "the registry has no image lab/tool:1"),
    ("image", "no match for platform in manifest", NEVER, "image lab/tool:1 is made for other processors"),
    ("image", "something new", BLOCKED, "image lab/tool:1 cannot be pulled"),
    ("container", "InvalidImageName: parse", NEVER, "lab/tool:1 is not the name of an image"),
    (
        "container",
        "ErrImageNeverPull: policy",
        BLOCKED,
        "its node does not have image lab/tool:1, and may not pull it",
    ),
    (
        "container",
        'CreateContainerConfigError: secret "key" not found',
        BLOCKED,
        "it uses key, which does not exist in the project",
    ),
    (
        "container",
        "CreateContainerConfigError: couldn't find key token in Secret runai-a/key",
        BLOCKED,
        "Secret key has no key token",
    ),
    (
        "container",
        "CreateContainerConfigError: container has runAsNonRoot and image will run as root",
        NEVER,
        "its image runs as root, which the project forbids",
    ),
    (
        "container",
        'RunContainerError: exec: "tran": executable file not found in $PATH',
        NEVER,
        'its command cannot be started: exec: "tran": executable file not found in $PATH',
    ),
    ("container", "CrashLoopBackOff: back-off", BLOCKED, "its container ends again and again"),
    ("container", "ContainerCreating: ", WAITS, "its node prepares it"),
    ("container", "SomethingNew: words", WAITS, "its node prepares it (SomethingNew)"),
    (
        "mount",
        'MountVolume.SetUp failed for volume "v" : secret "key" not found',
        BLOCKED,
        "it mounts the secret key, which does not exist in the project",
    ),
    (
        "mount",
        "MountVolume.SetUp failed: references non-existent secret key: token",
        BLOCKED,
        "it mounts the key token, which does not exist",
    ),
    (
        "mount",
        "hostPath type check failed: /data is not a directory",
        BLOCKED,
        "its node does not have the path that it mounts",
    ),
    ("mount", "Multi-Attach error for volume", WAITS, "its volume is in use on another node"),
    ("mount", "Unable to attach or mount volumes", WAITS, "its volumes are not mounted yet"),
    ("mount", "Failed to create pod sandbox", WAITS, "its node cannot connect it yet"),
    ("mount", "", WAITS, "its node prepares it"),
    (
        "claim",
        'storageclass.storage.k8s.io "fast" not found',
        BLOCKED,
        "the storage class fast of claim data does not exist",
    ),
    (
        "claim",
        "no persistent volumes available for this claim and no storage class is set",
        BLOCKED,
        "claim data names no storage class, and no volume is free",
    ),
    ("claim", "failed to provision volume: full", BLOCKED, "claim data fails"),
    ("claim", "waiting for first consumer to be created before binding", WAITS, "claim data waits for a node"),
    ("claim", "nobody", BLOCKED, "nothing provides the storage of claim data"),
    ("claim", "", WAITS, "the storage of claim data is not ready"),
]
"""Table, words, what they mean, and our sentence."""


@pytest.mark.parametrize(("table", "words", "outlook", "sentence"), SAID)
def test_what_is_said_has_a_meaning(table: str, words: str, outlook: Outlook, sentence: str) -> None:
    """Each speaker's own words become one sentence, and say whether the job waits or can never run."""
    found = meaning(words, TABLES[table], **KNOWN)
    assert (found.outlook, found.sentence) == (outlook, sentence)


def test_every_row_of_every_table_is_reached() -> None:
    """A row that no words reach is one that another row hides, or that nobody says."""
    reached = {
        (table, next(number for number, row in enumerate(TABLES[table]) if re.search(row.pattern, words, re.DOTALL)))
        for table, words, _, _ in SAID
    }
    assert reached == {(table, number) for table, rows in TABLES.items() for number, _ in enumerate(rows)}


USED_UP = "exceeded quota: gpus, requested: requests.nvidia.com/gpu={}, used: requests.nvidia.com/gpu=3, limited: "


def test_a_quota_that_is_used_up_has_room_again() -> None:
    """Less than the quota's whole amount can run as soon as others end."""
    found = of_quota(f"{POD}{USED_UP.format(2)}requests.nvidia.com/gpu=4")
    assert found is not None
    assert found == (WAITS, "quota gpus has no room: 3 of 4 nvidia.com/gpu in use, 2 more needed", "")


def test_more_than_a_whole_quota_can_never_run() -> None:
    """Amounts are compared as quantities: 5000m is more than 4."""
    found = of_quota(f"{POD}{USED_UP.format('5000m')}requests.nvidia.com/gpu=4")
    assert found is not None
    assert (found.outlook, found.sentence) == (
        NEVER,
        "it asks for 5000m nvidia.com/gpu, and quota gpus never allows more than 4",
    )
    assert of_quota("something else") is None
