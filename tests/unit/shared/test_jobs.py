"""The table of job statuses, row by row."""

from typing import Any

import pytest

from shared.jobs import end_of, job_status, left_to_kueue, pod_status, restarts_forever, why_waiting


def pod(phase: str = "Running", *, node: str | None = "n", created: str = "1", **more: Any) -> dict[str, Any]:
    """A pod; `state` is its container's (a list: of several, in the order of its spec), `init` are those of its init
    containers, `going`, `reason` and `restarts` say so, `disrupted` is the reason of that condition."""
    status: dict[str, Any] = {"phase": phase}
    spec: dict[str, Any] = {"nodeName": node} if node else {}
    spec["restartPolicy"] = "Always" if more.get("restarts") else "Never"
    if "reason" in more:
        status["reason"] = more["reason"]
    if "disrupted" in more:
        status["conditions"] = [{"type": "DisruptionTarget", "status": "True", "reason": more["disrupted"]}]
    if "state" in more:
        states = more["state"] if isinstance(more["state"], list) else [more["state"]]
        names = [f"z{9 - at}" for at, _ in enumerate(states)]
        spec["containers"] = [{"name": name} for name in names]
        told = [{"name": name, "state": state} for name, state in zip(names, states, strict=True)]
        status["containerStatuses"] = sorted(told, key=lambda one: str(one["name"]))  # as Kubernetes reports them
    metadata = {"name": "p", "creationTimestamp": created}
    if "init" in more:
        spec["initContainers"] = [{} for _ in more["init"]]
        status["initContainerStatuses"] = [{"state": state} for state in more["init"]]
    if more.get("going"):
        metadata["deletionTimestamp"] = "2"
    return {"metadata": metadata, "spec": spec, "status": status}


def waiting(reason: str) -> dict[str, Any]:
    return {"waiting": {"reason": reason}}


def terminated(code: int, reason: str = "") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, **({"reason": reason} if reason else {})}}


RUNNING: dict[str, Any] = {"running": {}}
DONE = terminated(0, "Completed")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (pod("Pending", node=None), "Pending"),
        (pod("Pending"), "ContainerCreating"),
        (pod("Pending", state=waiting("ContainerCreating")), "ContainerCreating"),
        (pod("Running", state=RUNNING), "Running"),
        (pod("Running"), "Running"),
        (pod("Running", state=RUNNING, going=True), "Terminating"),
        (pod("Pending", node=None, going=True), "Terminating"),
        (pod("Succeeded", state=DONE), "Succeeded"),
        (pod("Succeeded", state=DONE, going=True), "Succeeded"),
        (pod("Succeeded"), "Succeeded"),
        (pod("Failed", state=terminated(1, "Error")), "Error"),
        (pod("Failed", state=terminated(137)), "Error"),
        (pod("Failed"), "Error"),
        (pod("Failed", state=terminated(137, "OOMKilled")), "OOMKilled"),
        (pod("Running", state=terminated(1, "Error")), "Error"),
        (pod("Running", state=waiting("CrashLoopBackOff")), "CrashLoopBackOff"),
        (pod("Pending", state=waiting("ErrImagePull")), "ErrImagePull"),
        (pod("Pending", state=waiting("ImagePullBackOff")), "ImagePullBackOff"),
        (pod("Failed", state=terminated(128, "StartError")), "ContainerCannotRun"),
        (pod("Failed", state=terminated(127, "ContainerCannotRun")), "ContainerCannotRun"),
        (pod("Failed", reason="Evicted", disrupted="TerminationByKubelet"), "Error"),  # its node ran out of something
        (pod("Failed", reason="Evicted", state=terminated(137, "Error")), "Error"),
        (pod("Failed", reason="Evicted", state=DONE), "Error"),
        (pod("Failed", reason="OutOfcpu"), "Error"),
        (pod("Failed", reason="Preempting", disrupted="TerminationByKubelet"), "Preempted"),
        (pod("Failed", disrupted="PreemptionByScheduler", state=terminated(143, "Error")), "Preempted"),
        (pod("Failed", disrupted="PreemptionByScheduler", state=DONE), "Preempted"),
        (pod("Failed", disrupted="EvictionByEvictionAPI", state=terminated(143, "Error")), "Error"),
        (pod("Running", disrupted="PreemptionByScheduler", state=RUNNING, going=True), "Terminating"),
        (pod("Running", state=[DONE, RUNNING]), "Running"),
        (pod("Running", state=[RUNNING, DONE], restarts=True), "Running"),
        (pod("Running", state=[RUNNING, waiting("CrashLoopBackOff")]), "CrashLoopBackOff"),
        (pod("Failed", state=[terminated(1, "Error"), DONE]), "Error"),
        (pod("Failed", state=[DONE, terminated(1, "Error")]), "Error"),
        (pod("Failed", state=[terminated(137, "OOMKilled"), terminated(1, "Error")]), "OOMKilled"),
        (pod("Pending", state=[waiting("ErrImagePull"), waiting("ContainerCreating")]), "ErrImagePull"),
        (pod("Succeeded", state=[DONE, DONE]), "Succeeded"),
        (pod("Running", state=DONE, restarts=True), "CrashLoopBackOff"),
        (pod("Running", state=terminated(0), restarts=True), "CrashLoopBackOff"),
        (pod("Running", state=terminated(1, "Error"), restarts=True), "Error"),
        (pod("Pending", init=[DONE, RUNNING], state=waiting("PodInitializing")), "Init:1/2"),
        (pod("Pending", init=[waiting("PodInitializing")], state=waiting("PodInitializing")), "Init:0/1"),
        (pod("Pending", init=[terminated(1, "Error")]), "Init:Error"),
        (pod("Pending", init=[waiting("CrashLoopBackOff")]), "Init:CrashLoopBackOff"),
        (pod("Pending", init=[DONE], state=waiting("PodInitializing")), "PodInitializing"),
        (pod("Running", init=[DONE], state=RUNNING), "Running"),
        ({"metadata": {"name": "p"}}, "Unknown"),
    ],
)
def test_pods(given: dict[str, Any], shown: str) -> None:
    """The status of a pod, row by row."""
    assert pod_status(given) == shown


def job(*conditions: tuple[str, str], suspend: bool = False, status: str = "True") -> dict[str, Any]:
    described = [{"type": kind, "status": status, "reason": reason} for kind, reason in conditions]
    return {"metadata": {"name": "j"}, "spec": {"suspend": suspend}, "status": {"conditions": described}}


def of_an_operator(policy: dict[str, Any], labels: dict[str, str] | None = None) -> dict[str, Any]:
    """An MPIJob or a PyTorchJob."""
    return {"metadata": {"name": "j", "labels": labels or {}}, "spec": {"runPolicy": policy}}


def of_the_runner(restart: str, *, queued: bool) -> dict[str, Any]:
    """A RunaiJob that is to be suspended."""
    labels = {"kueue.x-k8s.io/queue-name": "team-a"} if queued else {}
    template = {"spec": {"restartPolicy": restart}}
    return {"metadata": {"name": "j", "labels": labels}, "spec": {"suspend": True, "template": template}}


@pytest.mark.parametrize(
    ("given", "pods", "shown"),
    [
        (None, [], "Deleted"),
        (None, [pod()], "Deleted"),
        (job(), [], "Pending"),
        ({"metadata": {"name": "j"}}, [], "Pending"),
        (job(), [pod("Pending", node=None)], "Pending"),
        (job(), [pod("Pending")], "ContainerCreating"),
        (job(), [pod()], "Running"),
        (job(), [pod(), pod("Pending", node=None)], "Pending"),
        (job(), [pod(), pod("Running", state=waiting("CrashLoopBackOff"))], "CrashLoopBackOff"),
        (job(), [pod("Pending", state=waiting("ImagePullBackOff")), pod("Pending")], "ImagePullBackOff"),
        (job(), [pod(going=True)], "Terminating"),
        (job(), [pod(going=True), pod("Pending", node=None)], "Pending"),
        (job(), [pod(state=DONE, restarts=True)], "CrashLoopBackOff"),  # an interactive job never succeeds
        (job(), [pod("Failed", disrupted="PreemptionByScheduler")], "Pending"),  # a new pod follows
        (job(), [pod("Failed"), pod()], "Running"),
        (job(), [pod("Succeeded"), pod()], "Running"),
        (job(), [pod("Succeeded")], "Running"),
        (job(), [pod("Succeeded", created="1"), pod("Failed", created="2")], "Error"),
        (job(("Complete", "CompletionsReached")), [pod("Succeeded")], "Succeeded"),
        (job(("Complete", "CompletionsReached")), [], "Succeeded"),
        (job(("Failed", "BackoffLimitExceeded")), [pod("Failed")], "Failed"),
        (job(("Failed", "NameTaken")), [], "Failed"),
        (job(("Failed", "DeadlineExceeded")), [], "TimedOut"),
        (job(("Failed", "JobDeleted")), [], "Deleted"),
        (job(("Complete", ""), status="False"), [pod()], "Running"),
        (job(suspend=True), [], "Suspended"),
        (job(suspend=True), [pod(going=True)], "Suspended"),
        (job(("Suspended", "JobSuspended")), [pod()], "Running"),
        ({"metadata": {"name": "j", "deletionTimestamp": "1"}}, [pod()], "Terminating"),
        (job(("Succeeded", "MPIJobSucceeded")), [pod()], "Succeeded"),  # its workers may still be there
        (of_an_operator({"suspend": True}), [], "Suspended"),
        (of_an_operator({"suspend": True}, {"kueue.x-k8s.io/queue-name": "team-a"}), [], "Pending"),
        (of_an_operator({"suspend": False}), [pod()], "Running"),
        (of_the_runner("Never", queued=False), [], "Suspended"),
        (of_the_runner("Never", queued=True), [], "Pending"),
        (of_the_runner("Never", queued=True), [pod()], "Running"),  # the runner leaves that switch to Kueue
        (of_the_runner("Always", queued=True), [], "Suspended"),  # it has no pod that Kueue could hold
        ({"metadata": {"name": "j"}, "spec": {"replicas": 0}}, [], "Suspended"),
        ({"metadata": {"name": "j"}, "spec": {"replicas": 1}}, [], "Pending"),
        (job(("Ready", ""), status="False"), [], "Pending"),
    ],
)
def test_jobs(given: dict[str, Any] | None, pods: list[dict[str, Any]], shown: str) -> None:
    """The status of a RunaiJob, with and without pods, row by row."""
    assert job_status(given, pods) == shown


def kubeflow(kind: str, *conditions: tuple[str, str, str], message: str = "", **more: Any) -> dict[str, Any]:
    """An MPIJob or a PyTorchJob; `suspend` and `queue` say so."""
    described = [
        {"type": of_type, "status": status, "reason": reason, "message": message}
        for of_type, status, reason in conditions
    ]
    labels = {"kueue.x-k8s.io/queue-name": "team-a"} if more.get("queue") else {}
    return {
        "apiVersion": "kubeflow.org/v2beta1" if kind == "MPIJob" else "kubeflow.org/v1",
        "kind": kind,
        "metadata": {"name": "j", "labels": labels},
        "spec": {"runPolicy": {"suspend": bool(more.get("suspend"))}},
        "status": {"conditions": described},
    }


CREATED = ("Created", "True", "JobCreated")
STARTED = ("Running", "True", "JobRunning")
OVER = ("Running", "False", "JobRunning")
LATE = "Job j has failed because it was active longer than specified deadline"


@pytest.mark.parametrize("kind", ["MPIJob", "PyTorchJob"])
@pytest.mark.parametrize(
    ("conditions", "pods", "shown"),
    [
        ([], [], "Pending"),
        ([CREATED], [pod("Pending", node=None)], "Pending"),
        ([CREATED], [pod(), pod("Pending")], "ContainerCreating"),
        ([CREATED], [pod(), pod("Pending", init=[waiting("PodInitializing")])], "Init:0/1"),
        ([CREATED], [pod(), pod("Pending", init=[terminated(1, "Error")])], "Init:Error"),
        ([CREATED], [pod(), pod("Pending", state=waiting("ErrImagePull"))], "ErrImagePull"),
        ([CREATED, STARTED], [pod(), pod()], "Running"),
        ([CREATED, STARTED], [pod(), pod("Pending", node=None)], "Pending"),
        ([CREATED, STARTED], [pod("Succeeded"), pod()], "Running"),
        ([CREATED, STARTED], [pod("Succeeded")], "Running"),
        ([CREATED, ("Restarting", "True", "JobRestarting")], [pod("Failed")], "Error"),
        ([CREATED, ("Restarting", "True", "JobRestarting")], [pod("Failed"), pod("Pending")], "ContainerCreating"),
        ([CREATED, OVER, ("Succeeded", "True", "JobSucceeded")], [pod("Succeeded"), pod()], "Succeeded"),
        ([CREATED, OVER, ("Succeeded", "True", "JobSucceeded")], [], "Succeeded"),
        ([CREATED, OVER, ("Failed", "True", "JobFailed")], [pod("Failed")], "Failed"),
        ([CREATED, OVER, ("Failed", "True", "BackoffLimitExceeded/Error")], [], "Failed"),
        ([CREATED, OVER, ("Failed", "True", "DeadlineExceeded")], [], "TimedOut"),
        ([CREATED, OVER, ("Failed", "True", "MPIJobEvicted")], [], "Failed"),
        ([CREATED, ("Failed", "False", "JobFailed"), STARTED], [pod()], "Running"),
    ],
)
def test_jobs_of_kubeflow(kind: str, conditions: list[tuple[str, str, str]], pods: list[Any], shown: str) -> None:
    """The status of an MPIJob or a PyTorchJob follows its conditions and its pods."""
    assert job_status(kubeflow(kind, *conditions), pods) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (kubeflow("PyTorchJob", ("Failed", "True", "PyTorchJobFailed"), message=LATE), "TimedOut"),
        (kubeflow("PyTorchJob", ("Failed", "True", "PyTorchJobFailed"), message="it exited with 1"), "Failed"),
        (kubeflow("MPIJob", CREATED, ("Suspended", "True", "MPIJobSuspended"), suspend=True), "Suspended"),
        (kubeflow("MPIJob", CREATED, ("Suspended", "True", "MPIJobSuspended"), suspend=True, queue=True), "Pending"),
        (kubeflow("PyTorchJob", ("Suspended", "False", "PyTorchJobResumed"), STARTED, queue=True), "Running"),
        (kubeflow("MPIJob", ("Succeeded", "True", "MPIJobSucceeded"), suspend=True), "Succeeded"),
    ],
)
def test_jobs_of_kubeflow_that_wait_or_took_too_long(given: dict[str, Any], shown: str) -> None:
    """A Kubeflow job that is suspended, queued or over its deadline says so."""
    assert job_status(given, [pod()] if shown == "Running" else []) == shown


def server(ready: str | None = None, reason: str = "", **metadata: Any) -> dict[str, Any]:
    """A Knative Service; `ready` is the status of its condition."""
    conditions = [{"type": "ConfigurationsReady", "status": "True"}]
    if ready is not None:
        conditions.append({"type": "Ready", "status": ready, "reason": reason})
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": "s", **metadata},
        "status": {"conditions": conditions},
    }


@pytest.mark.parametrize(
    ("given", "pods", "shown"),
    [
        (server(), [], "Pending"),
        (server("Unknown", "Deploying"), [], "Pending"),
        (server("Unknown"), [pod("Pending", node=None)], "Pending"),
        (server("Unknown"), [pod("Pending")], "ContainerCreating"),
        (server("Unknown"), [pod("Running", state=[waiting("CrashLoopBackOff"), RUNNING])], "CrashLoopBackOff"),
        (server("Unknown"), [pod("Pending", state=[waiting("ImagePullBackOff"), RUNNING])], "ImagePullBackOff"),
        (server("Unknown"), [pod("Pending", init=[waiting("PodInitializing")])], "Init:0/1"),
        (server("True"), [pod()], "Running"),
        (server("True"), [], "Running"),  # no requests, no replicas
        (server("True"), [pod(going=True)], "Running"),
        (server("True"), [pod(), pod(going=True)], "Running"),
        (server("True"), [pod(), pod("Pending", node=None)], "Pending"),
        (server("True"), [pod("Failed", reason="Evicted"), pod()], "Running"),
        (server("Unknown"), [pod(going=True)], "Terminating"),
        (server("False", "RevisionMissing"), [], "Failed"),
        (server("False", "ContainerMissing"), [pod("Pending", state=waiting("ImagePullBackOff"))], "ImagePullBackOff"),
        (server("False", "ProgressDeadlineExceeded"), [pod(going=True)], "Failed"),
        (server("True", deletionTimestamp="1"), [pod()], "Terminating"),
        (None, [pod(going=True)], "Deleted"),
    ],
)
def test_servers(given: dict[str, Any] | None, pods: list[dict[str, Any]], shown: str) -> None:
    """The status of a Deployment or a Knative Service, row by row."""
    assert job_status(given, pods) == shown


def test_the_end_of_a_job_is_its_condition() -> None:
    """A job has ended if its Complete or Failed condition is True."""
    assert end_of(job()) is None
    assert end_of({"metadata": {}}) is None
    assert end_of(job(("Complete", "x"), status="False")) is None
    assert (end_of(job(("Suspended", "a"), ("Failed", "b"))) or {})["reason"] == "b"


@pytest.mark.parametrize(
    ("policy", "forever"), [("Always", True), (None, True), ("Never", False), ("OnFailure", False)]
)
def test_pods_that_are_always_started_again(policy: str | None, forever: bool) -> None:
    """A job whose pods always restart is interactive."""
    assert restarts_forever({"spec": {"template": {"spec": {"restartPolicy": policy}}}}) is forever


DEPLOYMENT: dict[str, Any] = {"replicas": 1, "template": {"spec": {}}}


@pytest.mark.parametrize(
    ("spec", "left"),
    [
        ({"template": {"spec": {"restartPolicy": "Never"}}}, True),
        ({"template": {"spec": {"restartPolicy": "Always"}}}, False),
        ({"runPolicy": {"suspend": True}, "mpiReplicaSpecs": {}}, True),
        (DEPLOYMENT, False),
    ],
)
def test_what_kueue_alone_lets_run(spec: dict[str, Any], left: bool) -> None:
    """A job that Kueue suspends must not be resumed by anybody else."""
    given: dict[str, Any] = {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "team-a"}}, "spec": spec}
    assert left_to_kueue(given) is left
    assert left_to_kueue({"metadata": {}, "spec": spec}) is False


FULL = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."
NOT_SCHEDULED = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": FULL}
PULLING = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}


@pytest.mark.parametrize(
    ("given", "conditions", "why"),
    [
        (pod("Pending", node=None), [], ""),
        (pod("Pending", node=None), [NOT_SCHEDULED], FULL),
        (pod("Pending", node=None), [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}],
         "SchedulingGated"),
        (pod("Pending"), [{"type": "PodScheduled", "status": "True"}], ""),
        (pod("Pending", state=PULLING), [], "Back-off pulling image"),
        (pod("Pending", init=[PULLING], state=waiting("PodInitializing")), [], "Back-off pulling image"),
        (pod("Pending", state=waiting("ContainerCreating")), [], ""),
        (pod("Running", state=RUNNING), [], ""),
        (pod("Failed"), [NOT_SCHEDULED], ""),
    ],
)  # fmt: skip
def test_why_a_pod_waits(given: dict[str, Any], conditions: list[Any], why: str) -> None:
    """The scheduler's or the kubelet's reason for a waiting pod, row by row."""
    given["status"]["conditions"] = conditions
    assert why_waiting(given) == why
