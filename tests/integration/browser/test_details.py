"""The page of a workload: its values with their origins, events, pods and logs, as they are now."""

from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.integration.browser.accessibility import beyond, findings
from tests.integration.browser.visitors import Visitors
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.kubelet import Kubelet
from tests.integration.harness.manifests import interactive, policy, training
from tests.integration.harness.shells import JOB, job_of

HOSTILE = b"\x1b[31mred\x1b[0m \x1b]0;title\x07<img src=x onerror=alert(1)><script>alert(2)</script>"


def section(page: Page, title: str) -> Locator:
    """The section with that heading."""
    return page.get_by_role("region", name=title, exact=True)


async def test_a_submission_is_followed_from_its_policy_to_its_pods(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """A page that is opened at once turns Submitted and Running by itself, and shows where each value came from."""
    await cluster.create(policy("InteractivePolicy", namespace, gpu={"value": "1", "rules": {"max": "4"}}))
    await cluster.create(interactive("base", namespace, usage="Template", image="ubuntu", gpu="2"))
    workload = await cluster.create(interactive("w", namespace, baseWorkload="base", cpu="1"))
    page = await visit()
    await page.goto(f"/p/{project}/interactive/w")
    summary = section(page, "Summary")
    await expect(summary.get_by_text("Submitted", exact=True)).to_be_visible()
    await expect(summary.get_by_text("Running", exact=True)).to_be_visible()
    values = section(page, "Values")
    gpu = values.get_by_role("row").filter(has=page.get_by_role("rowheader", name="gpu", exact=True))
    await expect(gpu).to_contain_text("base")
    await expect(gpu).to_contain_text("policy default 1")
    await expect(gpu).to_contain_text("4 or less")
    await expect(values).to_contain_text("as frozen when it was submitted")
    await expect(section(page, "Created resources")).to_contain_text("RunaiJob")
    await expect(section(page, "Events")).to_contain_text("all the resources were created successfully")
    await expect(section(page, "Pods")).to_contain_text("Running")
    await expect(section(page, "Logs")).to_contain_text("This container is simulated")
    assert await findings(page, "select-name", "button-name") == []
    await page.get_by_role("button", name="Suspend").click()
    await expect(page.get_by_role("status").first).to_contain_text("suspended successfully")
    await expect(page.get_by_role("button", name="Resume")).to_be_visible()
    await cluster.delete("interactiveworkloads", workload["metadata"]["name"], namespace)
    await expect(page.get_by_text("workload w not found")).to_be_visible()


async def test_a_refused_workload_shows_every_reason(
    visit: Visitors, project: str, namespace: str, cluster: Cluster
) -> None:
    """The sentences of the policy stand at the top, and nothing was created."""
    await cluster.create(
        policy("TrainingPolicy", namespace, gpu={"rules": {"max": "4"}}, image={"rules": {"required": True}})
    )
    await cluster.failed(await cluster.create(training("w", namespace, gpu="9")))
    page = await visit(width=320, scheme="dark")
    await page.goto(f"/p/{project}/training/w")
    await expect(section(page, "Summary")).to_contain_text("gpu: must be no greater than 4")
    await expect(section(page, "Summary")).to_contain_text("image: ")
    assert await beyond(page) == []
    await page.goto(f"/p/{project}/training/nothing")
    await expect(page.get_by_role("alert")).to_contain_text("not found in project")


async def test_a_secret_is_on_no_page(visit: Visitors, project: str, namespace: str, cluster: Cluster) -> None:
    """A secret that somebody wrote in plain is hidden among the values, in the YAML, and in what kubectl wrote."""
    secret = {"API_TOKEN": "hunter22"}
    await cluster.apply(training("w", namespace, image="ubuntu", environment=secret))
    await cluster.submitted(await cluster.get("trainingworkloads", "w", namespace))
    page = await visit()
    await page.goto(f"/p/{project}/training/w")
    await expect(section(page, "Values")).to_contain_text("environment.API_TOKEN")
    await expect(page.get_by_text("RunaiJob", exact=True).last).to_be_visible()
    assert "hunter22" not in await page.content()


async def test_what_others_write_is_text(visit: Visitors, project: str, namespace: str, cluster: Cluster) -> None:
    """Markup in events, in values and in what an operator says of a pod is shown as it is written."""
    markup = "<img src=x onerror=alert(1)>"
    workload = await cluster.create(
        training("w", namespace, image=markup, environment={"A": "</td><script>x</script>"})
    )
    about = {"kind": "TrainingWorkload", "namespace": namespace, "name": "w", "uid": workload["metadata"]["uid"]}
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": namespace}}
    await cluster.create({**event, "involvedObject": about, "type": markup, "reason": markup, "message": markup})
    page = await visit()
    await page.goto(f"/p/{project}/training/w")
    await expect(section(page, "Events").get_by_role("row").filter(has_text=f"{markup} {markup}")).to_be_visible()
    await expect(section(page, "Values")).to_contain_text("</td><script>x</script>")
    await page.goto(f"/p/{project}/jobs?q={markup}&user={markup}&kind={markup}")
    await expect(page.get_by_role("searchbox", name="Search")).to_have_value(markup)
    assert await page.locator("main img, main script").count() == 0


async def test_a_log_follows_as_text(
    visit: Visitors,
    project: str,
    namespace: str,
    cluster: Cluster,
    kubelet: Kubelet,
    put: Callable[..., Awaitable[dict[str, Any]]],
) -> None:
    """New lines come by themselves, each once; what a program writes is text, and the file holds it unchanged."""
    job = job_of(JOB, namespace)
    await put(job=await cluster.create({**job, "spec": {**job["spec"], "suspend": True}}))
    await kubelet.write(b"first", HOSTILE)
    page = await visit()
    await page.goto(f"/p/{project}/job/{JOB}/logs")
    log = page.get_by_role("log")
    await expect(log).to_contain_text(r"red \x1b]0;title\x07<img src=x onerror=alert(1)><script>alert(2)</script>")
    await kubelet.write(b"10%\r20%", b"<b>last</b>")
    await expect(log).to_contain_text("<b>last</b>")
    said = await log.inner_text()
    assert said.count("first") == 1, kubelet.asked
    assert "20%" in said and "10%" not in said
    assert await page.locator("img, b").count() == 0
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Whole log").click()
    assert HOSTILE in (await (await download.value).path()).read_bytes()
