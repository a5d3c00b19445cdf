"""The least version of Kubernetes is stated once, and repeated correctly."""

from pathlib import Path

import yaml

from shared.kubernetes.versions import ADMISSION, DEFINITIONS, words

ROOT = Path(__file__).parents[4]


def test_chart_and_page_name_the_same_version() -> None:
    """Helm refuses an older cluster before anything is installed, and the page says the same."""
    chart = yaml.safe_load((ROOT / "deploy" / "chart" / "Chart.yaml").read_text())
    assert chart["kubeVersion"] == f">={words(ADMISSION)}.0-0"
    page = (ROOT / "docs" / "install.md").read_text()
    assert f"Slipway needs Kubernetes {words(ADMISSION)} or later" in page
    assert f"definitions work from {words(DEFINITIONS)} on" in page
