"""Why a job does not run: at which stage it stops, who says so, and what becomes of it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.inquiry.jobs import BY_KIND, RUNAI_JOB, Job
from shared.inquiry.sayings import Outlook
from shared.inquiry.why import why
from shared.inquiry.witnesses import Facts
from shared.objects import JsonObject

NOW = datetime(2026, 1, 5, 10, 0, 0, tzinfo=UTC)
LONG_AGO, JUST_NOW = "2026-01-05T09:00:00Z", "2026-01-05T09:59:58Z"
SPACE = "runai-team-a"
CHILD = {"kind": "Job", "metadata": {"name": "train", "uid": "c"}}
QUEUED = {"labels": {"kueue.x-k8s.io/queue-name": "team-q"}}


def job(*pods: JsonObject, created: str = LONG_AGO, **parts: Any) -> Job:
    """A RunaiJob of one pod that its runner has started, unless `parts` say otherwise."""
    metadata = {"name": "train", "namespace": SPACE, "uid": "j", "creationTimestamp": created}
    spec = {"template": {"spec": {"restartPolicy": "Never"}}, **parts.get("spec", {})}
    return Job(
        RUNAI_JOB,
        {
            "metadata": {**metadata, **parts.get("metadata", {})},
            "spec": spec,
            "status": {"runsAs": {"kind": "Job"}, **parts.get("status", {})},
        },
        pods,
    )


def pod(name: str = "train-0", node: str = "", **parts: Any) -> JsonObject:
    """A pending pod that wants five GPUs."""
    gpus = {"resources": {"limits": {"nvidia.com/gpu": "5"}}}
    spec = {"containers": [{"name": "train", **gpus}], **({"nodeName": node} if node else {}), **parts.get("spec", {})}
    metadata = {"name": name, "uid": name, "creationTimestamp": parts.get("created", LONG_AGO)}
    return {"metadata": metadata, "spec": spec, "status": {"phase": "Pending", **parts.get("status", {})}}


def unplaced(words: str, name: str = "train-0") -> JsonObject:
    """A pod for which the scheduler finds no node."""
    told = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": words}
    return pod(name, status={"conditions": [told]})


def event(reason: str, words: str, uid: str = "c", at: str = LONG_AGO) -> JsonObject:
    """An event about an object."""
    return {"involvedObject": {"uid": uid}, "reason": reason, "message": words, "lastTimestamp": at, "metadata": {}}


def facts(of: Job | None, **more: Any) -> Facts:
    """The facts about a job that has a child."""
    return replace(Facts("train", SPACE, NOW, of, child=CHILD), **more)


def only(found: Facts) -> tuple[Outlook, str]:
    """The outlook and the one sentence of an answer."""
    answer = why(found)
    assert len(answer.causes) == 1
    assert answer.outlook is answer.causes[0].outlook
    return answer.outlook, answer.causes[0].sentence


def workload(status: JsonObject, created: str = LONG_AGO) -> Facts:
    """The facts about a workload that has no job."""
    metadata = {"name": "w", "namespace": SPACE, "uid": "w", "creationTimestamp": created}
    item = {"kind": "TrainingWorkload", "metadata": metadata, "spec": {}, "status": status}
    return Facts("w", SPACE, NOW, workload=item)


def test_a_refused_workload_says_every_reason() -> None:
    """There will be no job, and all mistakes are shown at once."""
    violations = [
        {"parameter": "gpu", "message": "must be no greater than 4"},
        {"parameter": "image", "message": "is not allowed"},
    ]
    answer = why(workload({"phase": "Failed", "violations": violations}))
    assert [cause.sentence for cause in answer.causes] == ["gpu: must be no greater than 4", "image: is not allowed"]
    assert (answer.outlook, answer.status) == (Outlook.NEVER, "Failed")
    assert answer.causes[0].remedy == "mend this, and submit it again; `runai explain w` shows every value"


def test_nothing_is_decided_yet() -> None:
    """A moment is usual; a minute is not, and an administrator has to look."""
    assert only(workload({}, JUST_NOW)) == (Outlook.WAITS, "Slipway has not decided about it yet")
    assert only(workload({})) == (Outlook.BLOCKED, "Slipway has not decided about it yet")
    retry = {"type": "Created", "status": "False", "reason": "Retrying", "message": "the webhook is away"}
    answer = why(workload({"conditions": [retry]}))
    assert (answer.outlook, answer.causes[0].words) == (Outlook.WAITS, "the webhook is away")


ENDED = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too many failures"}


@pytest.mark.parametrize(
    ("of", "outlook", "sentence"),
    [
        (job(pod(status={"phase": "Running"})), Outlook.RUNS, "1 pod runs"),
        (job(status={"conditions": [ENDED]}), Outlook.ENDED, "it has failed"),
        (job(spec={"suspend": True}), Outlook.BLOCKED, "somebody has suspended it"),
        (job(metadata={"deletionTimestamp": LONG_AGO}), Outlook.ENDED, "it is being deleted"),
        (replace(job(), gone=True), Outlook.ENDED, "it was deleted"),
    ],
)
def test_a_job_that_does_not_wait(of: Job, outlook: Outlook, sentence: str) -> None:
    """It runs, has ended, or a person holds it."""
    assert only(facts(of)) == (outlook, sentence)


def test_nobody_has_started_it() -> None:
    """The runner for our own jobs, an operator for those of others."""
    of = job(created=JUST_NOW, status={"runsAs": None})
    assert only(facts(of, child=None)) == (Outlook.WAITS, "the runner has not started it yet")
    kind = BY_KIND["MPIJob", "kubeflow.org/v2beta1"]
    answer = why(facts(Job(kind, {**job().resource, "status": {}}), child=None))
    assert (answer.outlook, answer.causes[0].sentence) == (Outlook.BLOCKED, "its operator has not taken it up yet")
    assert "MPI Operator" in answer.causes[0].remedy


def test_its_pods_cannot_be_created() -> None:
    """The last refusal counts, unless a pod was created after it."""
    refused = event(
        "FailedCreate", 'Error creating: pods "train-0" is forbidden: no PriorityClass with name x was found'
    )
    assert only(facts(job(), events=[refused])) == (Outlook.BLOCKED, "the cluster has no PriorityClass x")
    later = replace(job(), pods=[pod(created=JUST_NOW)])
    assert only(facts(later, events=[refused])) == (
        Outlook.WAITS,
        "the scheduler has not looked at it yet",
    )
    assert only(facts(job())) == (Outlook.WAITS, "its pods are not created yet")


def test_some_of_its_pods_cannot_be_created() -> None:
    """A quota may let some pods in: both what they and what the others wait for is said."""
    words = "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1"
    of = replace(job(spec={"parallelism": 2}), pods=[unplaced("no nodes available to schedule pods")])
    answer = why(facts(of, events=[event("FailedCreate", words, at=JUST_NOW)]))
    assert [cause.sentence for cause in answer.causes] == [
        "the cluster has no nodes",
        "quota q has no room: 1 of 1 pods in use, 1 more needed",
    ]


FULL = "0/2 nodes are available: 2 Insufficient nvidia.com/gpu. preemption: 0/2 nodes are available: "
VICTIMS, HELPLESS = "2 No preemption victims found for incoming pod.", "2 Preemption is not helpful for scheduling."


def test_the_scheduler_tells_a_full_cluster_from_one_that_is_too_small() -> None:
    """It says whether a node could take the pod if all others left."""
    assert only(facts(job(unplaced(FULL + VICTIMS)))) == (
        Outlook.WAITS,
        "no node has room for it now: 2 nodes without enough nvidia.com/gpu free",
    )
    assert only(facts(job(unplaced(FULL + HELPLESS)))) == (
        Outlook.NEVER,
        "no node could take it, even without other jobs: 2 nodes with less than the 5 nvidia.com/gpu that it asks for",
    )


def test_an_administrator_could_open_a_node() -> None:
    """A node with a taint may be large enough: it is not said that the job can never run."""
    reasons = "1 node(s) had untolerated taint {own: }, 2 Insufficient nvidia.com/gpu"
    after = "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
    words = f"0/3 nodes are available: {reasons}. {after}"
    outlook, sentence = only(facts(job(unplaced(words))))
    assert outlook is Outlook.BLOCKED
    assert "1 node kept for others {own: }" in sentence


def test_nodes_say_what_a_scheduler_leaves_out() -> None:
    """Other schedulers do not say whether it could ever fit; who may list nodes sees it."""
    nodes = [{"status": {"allocatable": {"nvidia.com/gpu": "4"}}}, {"status": {"allocatable": {}}}]
    words = FULL.partition(" preemption")[0]
    assert only(facts(job(unplaced(words))))[0] is Outlook.WAITS
    assert only(facts(job(unplaced(words)), nodes=nodes)) == (
        Outlook.NEVER,
        "no node could take it, even without other jobs: "
        "2 nodes with less than the 5 nvidia.com/gpu that it asks for (the largest has 4)",
    )


def test_many_pods_with_one_reason_are_one_cause() -> None:
    """A job of a thousand pods has a short answer."""
    pods = [unplaced(FULL + VICTIMS, f"train-{number}") for number in range(1000)]
    (cause,) = why(facts(job(*pods, spec={"parallelism": 1000}))).causes
    assert cause.about == "Pod train-0 and 999 more"


def test_a_scheduler_that_says_nothing_may_not_be_there() -> None:
    """A pod for another scheduler waits for ever if nobody runs that."""
    silent = pod(spec={"schedulerName": "kai-scheduler"})
    answer = why(facts(job(silent)))
    assert answer.outlook is Outlook.BLOCKED
    assert answer.causes[0].sentence == "scheduler kai-scheduler does not look at it"


def test_a_gate_of_somebody_is_named() -> None:
    """Nobody but who set it can remove it."""
    gated = pod(spec={"schedulingGates": [{"name": "example.com/budget"}]})
    assert only(facts(job(gated))) == (Outlook.BLOCKED, "gate example.com/budget holds it back")


def test_storage_that_is_not_there() -> None:
    """The claim's own events say what is wrong with it."""
    waiting = unplaced("0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found")
    waiting["spec"]["volumes"] = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
    claim = {"metadata": {"uid": "p", "creationTimestamp": LONG_AGO}, "status": {"phase": "Pending"}}
    said = event("ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found', "p")
    known = facts(job(waiting), claims={"data": claim})
    assert only(known) == (Outlook.BLOCKED, "nothing provides the storage of claim data")
    assert only(replace(known, events=[said])) == (
        Outlook.BLOCKED,
        "the storage class fast of claim data does not exist",
    )


def container(reason: str, words: str = "", **more: Any) -> JsonObject:
    """A pod on a node, whose container waits."""
    waiting = {"name": "train", "image": "lab/x", "state": {"waiting": {"reason": reason, "message": words}}, **more}
    return pod(node="n", status={"containerStatuses": [waiting]})


@pytest.mark.parametrize(
    ("waiting", "outlook", "sentence"),
    [
        (container("ErrImagePull", "docker.io/lab/x: not found"), Outlook.BLOCKED, "the registry has no image lab/x"),
        (container("InvalidImageName"), Outlook.NEVER, "lab/x is not the name of an image"),
        (container("ContainerCreating"), Outlook.WAITS, "its node prepares it"),
        (
            container("CrashLoopBackOff", lastState={"terminated": {"exitCode": 3}}),
            Outlook.BLOCKED,
            "its container ends again and again, with exit code 3",
        ),
        (
            container("CrashLoopBackOff", lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}}),
            Outlook.BLOCKED,
            "its container needs more memory than it has",
        ),
    ],
)
def test_a_node_that_does_not_run_it(waiting: JsonObject, outlook: Outlook, sentence: str) -> None:
    """What the node says of the container."""
    assert only(facts(job(waiting))) == (outlook, sentence)


def test_a_node_says_more_in_its_events() -> None:
    """Mounts and pulls are told by events only, and a repeated pull may leave out the registry's answer."""
    creating, pulling = container("ContainerCreating"), container("ImagePullBackOff", 'Back-off pulling image "lab/x"')
    mount = event("FailedMount", 'MountVolume.SetUp failed for volume "v" : secret "key" not found', "train-0")
    assert only(facts(job(creating), events=[mount])) == (
        Outlook.BLOCKED,
        "it mounts the secret key, which does not exist in the project",
    )
    pull = event("Pulling", 'Pulling image "lab/x"', "train-0")
    assert only(facts(job(creating), events=[pull])) == (Outlook.WAITS, "its node pulls the image")
    failed = event("Failed", 'Failed to pull image "lab/x": unauthorized', "train-0")
    assert only(facts(job(pulling), events=[failed]))[1].startswith("the registry does not give image lab/x")


def queued(words: str, **more: Any) -> JsonObject:
    """A Workload of Kueue without a reservation."""
    told = {"type": "QuotaReserved", "status": "False", "message": words}
    return {"metadata": {"name": "k"}, "spec": {}, "status": {"conditions": [told]}, **more}


FLAVORS = "couldn't assign flavors to pod set {}: {}"
LATER = "insufficient unused quota for nvidia.com/gpu in flavor f, 1 more needed"
NOT_EVER = (
    "insufficient quota for nvidia.com/gpu in flavor f, previously considered podsets requests (0) + "
    "current podset request (5) > maximum capacity (4)"
)


def in_queue(*told: JsonObject, **more: Any) -> Facts:
    """A suspended job of a queue."""
    child = {**CHILD, "spec": {"suspend": True}}
    return facts(job(metadata=QUEUED), child=child, queued=list(told), **more)


def test_kueue_tells_room_from_never() -> None:
    """One pod set that never fits keeps the job out for ever."""
    later, never = FLAVORS.format("a", LATER), FLAVORS.format("b", NOT_EVER)
    assert only(in_queue(queued(later), position=2)) == (
        Outlook.WAITS,
        "queue team-q has not enough nvidia.com/gpu free: 1 more needed; it is number 3 in line",
    )
    assert only(in_queue(queued(f"{later}; {never}"))) == (
        Outlook.NEVER,
        "it asks for 5 nvidia.com/gpu, and queue team-q never has more than 4",
    )
    assert only(in_queue(queued("", spec={"active": False})))[0] is Outlook.BLOCKED


def test_kueue_that_is_not_there() -> None:
    """A queue without Kueue holds the job for ever; that its words may not be read is noted."""
    assert only(in_queue()) == (Outlook.BLOCKED, "Kueue has not put it into queue team-q yet")
    answer = why(replace(in_queue(), queued=None, unread=("what Kueue says is not known: forbidden",)))
    assert (answer.outlook, answer.notes) == (Outlook.WAITS, ("what Kueue says is not known: forbidden",))


def test_kueue_holds_the_pods_of_a_deployment() -> None:
    """Its gate is explained by its Workload, not as a gate of somebody."""
    gated = pod(spec={"schedulingGates": [{"name": "kueue.x-k8s.io/admission"}]})
    of = replace(job(metadata=QUEUED), pods=[gated])
    assert only(facts(of, queued=[queued(LATER)]))[1].startswith("queue team-q has not enough")


def test_the_answer_for_programs_names_the_outlook_in_a_word() -> None:
    """A program compares a word, and gets who said what."""
    document = why(facts(job(unplaced(FULL + VICTIMS)))).to_json()
    assert (document["outlook"], document["status"]) == ("waits", "Pending")
    assert document["causes"][0]["by"] == "scheduler default-scheduler"
