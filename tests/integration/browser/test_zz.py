"""Scratch."""
from pathlib import Path
from tests.integration.browser.visitors import Visitors
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import policy, training, spec_of
OUT = Path("/tmp/nj")

async def test_look(visit: Visitors, project: str, namespace: str, cluster: Cluster) -> None:
    """Look."""
    await cluster.create(policy("TrainingPolicy", namespace, gpu={"value": "1", "rules": {"min": "1", "max": "4"}}, memory={"value": "4Gi"}, imagePullPolicy={"value": "Always", "rules": {"canEdit": False}}))
    await cluster.create(training("resnet-defaults", namespace, usage="Template", image="pytorch/pytorch:2.9", gpu="2", ports={"web": {"container": 8080, "external": 30080}}))
    await cluster.create(training("big", namespace, usage="Template", image="x", gpu="5"))
    page = await visit()
    await page.goto(f"/p/{project}/new/training?base=resnet-defaults")
    await page.wait_for_timeout(1500)
    await page.screenshot(path=OUT / "new.png", full_page=True)
    await page.locator('[id="v.gpu"]').fill("9")
    await page.wait_for_timeout(1500)
    (OUT / "new.html").write_text(await page.content())
    await page.screenshot(path=OUT / "new9.png", full_page=True)
