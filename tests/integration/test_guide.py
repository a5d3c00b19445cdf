"""The submission guide, row by row: each action of a person, and its result."""

import re

import pytest

from shared.objects import Manifest
from tests.integration.harness.cluster import ApiError, Cluster
from tests.integration.harness.manifests import DELETED, interactive, policy
from tests.integration.harness.outcome import claim, condition, created, history, names_of, notes, owner_uid, violations
from tests.integration.harness.pipeline import Pipeline
from tests.integration.harness.prepare import GLOBAL

pytestmark = pytest.mark.contract
RUNS = ("status", "creator", "resolver", "watcher")
"""No runner: what it makes of a RunaiJob is no part of the submission."""

DEFAULTS = "team-a-jupyter-defaults"
JOB = "my-jupyter-job"
SUCCESS = ("Info", "AllCreated", "all the resources were created successfully")


@pytest.fixture
async def template(cluster: Cluster, namespace: str) -> Manifest:
    """The guide's template, applied."""
    await cluster.apply(
        interactive(DEFAULTS, namespace, usage="Template", jupyter=True, image="jupyter/scipy-notebook")
    )
    return await cluster.get("interactiveworkloads", DEFAULTS, namespace)


def my_jupyter_job(namespace: str) -> Manifest:
    """The guide's workload, with its template as the base."""
    return interactive(JOB, namespace, baseWorkload=DEFAULTS, gpu="1", jobNamePrefix="jupyter")


async def test_a_template_creates_nothing(
    cluster: Cluster, pipeline: Pipeline, namespace: str, template: Manifest
) -> None:
    """P10: a template creates nothing."""
    later = await cluster.create(interactive("later", namespace, image="ubuntu", name="later"))
    await cluster.submitted(later)  # everything that was applied before it has been processed
    assert await names_of(cluster, namespace) == ["ConfigMap/later", "RunaiJob/later"]
    assert "status" not in await cluster.get("interactiveworkloads", DEFAULTS, namespace)
    assert all(DEFAULTS not in write.path for write in pipeline.proxy.writes())


async def test_a_submission_with_a_base(
    cluster: Cluster, pipeline: Pipeline, namespace: str, project: str, template: Manifest
) -> None:
    """The guide's workload is submitted with the values of its template."""
    assert await cluster.apply(my_jupyter_job(namespace)) == f"interactiveworkload.run.ai/{JOB} created\n"
    workload = await cluster.submitted(my_jupyter_job(namespace))
    status, outputs = workload["status"], ["ConfigMap/jupyter-1", "Service/jupyter-1-jupyter", "RunaiJob/jupyter-1"]
    assert (status["jobName"], status["observedGeneration"]) == ("jupyter-1", 1)
    assert created(workload) == outputs
    assert history(workload) == [SUCCESS]
    for kind in ("Resolved", "Created", "Submitted"):
        met = condition(workload, kind)
        assert met
        assert met["status"] == "True"
    assert "violations" not in status
    assert "policy" not in status
    assert status["baseWorkload"]["uid"] == template["metadata"]["uid"]

    made = {name: await _object(cluster, namespace, name) for name in outputs}
    assert {owner_uid(item) for item in made.values()} == {workload["metadata"]["uid"]}
    values = (await claim(cluster, namespace, "jupyter-1"))["values"]
    assert {name: values[name] for name in ("namePrefix", "gpu", "image", "jupyter")} == {
        "namePrefix": "jupyter", "gpu": "1", "image": "jupyter/scipy-notebook", "jupyter": True,
    }  # fmt: skip
    (container,) = made["RunaiJob/jupyter-1"]["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "jupyter/scipy-notebook"
    assert container["resources"]["limits"] == {"nvidia.com/gpu": 1}
    service = made["Service/jupyter-1-jupyter"]["spec"]
    assert [port["targetPort"] for port in service["ports"]] == [8888]
    pods = made["RunaiJob/jupyter-1"]["spec"]["template"]["metadata"]["labels"]
    assert service["selector"].items() <= pods.items()
    assert pods["project"] == project

    async def seen() -> list[tuple[str, str, str]]:
        return await notes(cluster, workload)

    assert await cluster.wait_for("the event", seen) == [("Normal", *SUCCESS[1:])]


async def test_what_kubectl_prints(cluster: Cluster, pipeline: Pipeline, namespace: str, template: Manifest) -> None:
    """kubectl get prints the guide's columns."""
    await cluster.apply(my_jupyter_job(namespace))
    await cluster.submitted(my_jupyter_job(namespace))
    printed = (await cluster.kubectl("get", "-n", namespace, "InteractiveWorkload")).splitlines()
    assert [re.sub(r"\s+", " ", line).rsplit(" ", 1)[0] for line in printed] == [
        "NAME USAGE STATUS JOB", f"{JOB} Submit Submitted jupyter-1", f"{DEFAULTS} Template",
    ]  # fmt: skip
    await told(cluster, namespace)
    described = await cluster.kubectl("describe", "-n", namespace, "interactiveworkload", JOB)
    assert re.search(r"Normal\s+AllCreated\s+\S+\s+run.ai/slipway-status\s+all the resources were created", described)


async def told(cluster: Cluster, namespace: str) -> None:
    """Wait for the Kubernetes Event of the workload, which is written after its status."""

    async def look() -> list[Manifest]:
        return await cluster.items("events", namespace, fields=f"involvedObject.name={JOB}")

    await cluster.wait_for(f"an event of {JOB}", look)


async def test_a_second_apply_submits_nothing(
    cluster: Cluster, pipeline: Pipeline, namespace: str, template: Manifest
) -> None:
    """P10: applying the same workload again submits nothing."""
    workload = my_jupyter_job(namespace)
    await cluster.apply(workload)
    await cluster.submitted(workload)
    await told(cluster, namespace)
    pipeline.proxy.forget()
    assert await cluster.apply(workload) == f"interactiveworkload.run.ai/{JOB} unchanged\n"
    workload["metadata"]["labels"] = {"looked-at": "again"}  # a change that its watcher sees
    await cluster.apply(workload)
    await cluster.submitted(await cluster.create(interactive("later", namespace, image="ubuntu", name="later")))
    assert [write for write in pipeline.proxy.writes() if JOB in f"{write.path} {write.name}"] == []
    assert await cluster.names("runaijobs", namespace) == ["jupyter-1", "later"]


async def test_each_submission_of_a_prefix_has_the_next_number(
    cluster: Cluster, pipeline: Pipeline, namespace: str, template: Manifest
) -> None:
    """Jobs of a prefix are numbered in order."""
    jobs = []
    for number in range(1, 4):
        spec = {"baseWorkload": DEFAULTS, "jobNamePrefix": "jupyter"}
        workload = await cluster.create(interactive(f"{JOB}-{number}", namespace, **spec))
        jobs.append((await cluster.submitted(workload))["status"]["jobName"])
    assert jobs == ["jupyter-1", "jupyter-2", "jupyter-3"]


async def test_an_edit_of_a_submission_is_refused(
    cluster: Cluster, pipeline: Pipeline, namespace: str, template: Manifest
) -> None:
    """P10: an edit of a submitted workload is refused."""
    workload = my_jupyter_job(namespace)
    await cluster.apply(workload)
    await cluster.submitted(workload)
    workload["spec"]["gpu"]["value"] = "2"
    with pytest.raises(ApiError, match="a submitted workload cannot be changed; create another one"):
        await cluster.apply(workload)
    assert await cluster.names("runaijobs", namespace) == ["jupyter-1"]


async def test_without_its_base_the_image_is_missing(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """The guide's workload without its template fails for its image."""
    workload = await cluster.create(interactive(JOB, namespace, gpu="1", jobNamePrefix="jupyter"))
    failed = await cluster.failed(workload)
    assert violations(failed) == ["image: cannot be blank"]
    assert history(failed) == [("Error", "PolicyViolation", "image: cannot be blank")]
    assert await names_of(cluster, namespace) == []


async def test_a_base_that_was_valid_once(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """A base workload beyond a tightened policy is refused, and can be overridden."""
    base = await cluster.create(interactive("five-gpus", namespace, image="ubuntu", gpu="5", name="five"))
    await cluster.submitted(base)
    tightened = await cluster.create(policy("InteractivePolicy", namespace, gpu={"rules": {"max": "3"}}))
    workload = await cluster.create(interactive("another", namespace, baseWorkload="five-gpus", name="another"))
    failed = await cluster.failed(workload)
    (violation,) = violations(failed)
    assert violation.startswith("gpu: must be no greater than 3")
    assert "five-gpus has 5, which the policy does not allow" in violation
    assert history(failed) == [("Error", "PolicyViolation", violation)]
    assert failed["status"]["policy"]["resourceVersion"] == tightened["metadata"]["resourceVersion"]
    assert failed["status"]["baseWorkload"]["name"] == "five-gpus"
    assert await names_of(cluster, namespace) == ["ConfigMap/five", "RunaiJob/five"]


async def test_the_table_of_ports(cluster: Cluster, pipeline: Pipeline, namespace: str) -> None:
    """The guide's table of ports on a real cluster."""
    of_policy = {"admin-port-a": _port(30100, 8080), "admin-port-b": _port(30101, 8081)}
    of_team = {"admin-port-a": _port(30100, 8100), "team-a-port": _port(30111, 8111)}
    items = {"items": {label: {"value": port} for label, port in of_policy.items()}}
    await cluster.create(policy("InteractivePolicy", GLOBAL, "interactive-policy", ports=items))
    await cluster.apply(interactive("team-a", namespace, usage="Template", image="ubuntu", ports=of_team))
    mine = {"admin-port-b": DELETED, "my-port": _port(30222, 8222)}
    workload = interactive("my-ports", namespace, baseWorkload="team-a", name="my-ports", ports=mine)
    await cluster.apply(workload)
    submitted = await cluster.submitted(workload)
    assert submitted["status"]["policy"]["namespace"] == GLOBAL
    decided = await claim(cluster, namespace, "my-ports")
    assert decided["values"]["ports"] == {
        "admin-port-a": _port(30100, 8100), "team-a-port": _port(30111, 8111), "my-port": _port(30222, 8222),
    }  # fmt: skip
    origins = {
        label: (one["origin"], one.get("deleted", False))
        for label, one in decided["provenance"]["ports"]["items"].items()
    }
    assert origins == {
        "admin-port-a": ("base", False), "admin-port-b": ("workload", True),
        "team-a-port": ("base", False), "my-port": ("workload", False),
    }  # fmt: skip
    service = await cluster.get("services", "my-ports", namespace)
    assert service["spec"]["type"] == "ClusterIP"
    assert {(port["targetPort"], port["port"]) for port in service["spec"]["ports"]} == {
        (30100, 8100), (30111, 8111), (30222, 8222),
    }  # fmt: skip


def _port(container: int, external: int) -> dict[str, int]:
    return {"container": container, "external": external}


async def _object(cluster: Cluster, namespace: str, name: str) -> Manifest:
    kind, _, name = name.partition("/")
    return await cluster.get(f"{kind.lower()}s", name, namespace)
