"""The bill of materials, on wheels made for the purpose."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

from packaging.markers import default_environment

from deploy.images.sbom import Base, bill, opened

PULLED = Base("docker.io/library/python:3.13-slim", "sha256:12ab")
HERE = {key: str(value) for key, value in default_environment().items()}


def wheel(folder: Path, name: str, *lines: str) -> Path:
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        metadata = [f"Name: {name}", "Version: 1.0", *lines]
        archive.writestr(f"{name}-1.0.dist-info/METADATA", "\n".join(["Metadata-Version: 2.4", *metadata, "", "Text."]))
        archive.writestr(f"{name}/vendored-2.0.dist-info/METADATA", "Name: other")
    return path


def written(folder: Path) -> Any:
    files = [
        wheel(
            folder, "Web_Kit", "License-Expression: MIT", "Requires-Dist: parts>=1", "Requires-Dist: win; os_name=='nt'"
        ),
        wheel(folder, "parts", "Classifier: License :: OSI Approved :: BSD License", "License: BSD\n       more"),
    ]
    return json.loads(bill("0.2.0", PULLED, list(map(opened, files)), ["web-kit"], HERE))


def test_each_package_has_its_version_licence_and_hash(tmp_path: Path) -> None:
    """By the name under which vulnerabilities are looked up, with the hash of the file that was installed."""
    base, web, parts = written(tmp_path)["components"]
    assert (base["name"], base["version"]) == ("docker.io/library/python:3.13-slim", "sha256:12ab")
    assert (web["purl"], web["licenses"]) == ("pkg:pypi/web-kit@1.0", [{"expression": "MIT"}])
    assert parts["licenses"] == [{"license": {"name": "BSD License"}}]
    content = (tmp_path / "parts-1.0-py3-none-any.whl").read_bytes()
    assert parts["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}]


def test_who_needs_whom(tmp_path: Path) -> None:
    """Slipway needs its direct dependencies, these need theirs, and nothing needs what is not installed."""
    needs = {entry["ref"]: entry["dependsOn"] for entry in written(tmp_path)["dependencies"]}
    assert needs == {
        "pkg:pypi/slipway@0.2.0": ["pkg:pypi/web-kit@1.0"],
        "pkg:pypi/web-kit@1.0": ["pkg:pypi/parts@1.0"],
        "pkg:pypi/parts@1.0": [],
    }


def test_the_same_image_has_the_same_bill(tmp_path: Path) -> None:
    """There is no time, no random number and no path of this machine in it."""
    first = written(tmp_path)
    assert first == written(tmp_path)
    assert str(tmp_path) not in json.dumps(first)
