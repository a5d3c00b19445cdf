"""Writes the bill of materials of the image, in CycloneDX's JSON. Pure, except that it opens the wheels."""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from deploy.images.requirements import holds

VERSION: Final = "1.6"
"""Version of CycloneDX."""


@dataclass(frozen=True)
class Wheel:
    """One installed package, as its wheel describes it."""

    metadata: Message
    sha256: str

    @property
    def purl(self) -> str:
        """Its package URL, which also refers to it within the bill."""
        return f"pkg:pypi/{canonicalize_name(self.metadata['Name'])}@{self.metadata['Version']}"


@dataclass(frozen=True)
class Base:
    """The base image."""

    name: str
    digest: str | None
    """Its digest in the registry that it was pulled from."""


def opened(path: Path) -> Wheel:
    """Read the metadata of a wheel."""
    with zipfile.ZipFile(path) as archive:
        name = next(
            name for name in archive.namelist() if name.endswith(".dist-info/METADATA") and name.count("/") == 1
        )
        metadata = HeaderParser().parsestr(archive.read(name).decode())
    return Wheel(metadata, hashlib.sha256(path.read_bytes()).hexdigest())


def bill(
    version: str, base: Base, wheels: Sequence[Wheel], direct: Sequence[str], environment: Mapping[str, str]
) -> str:
    """The bill of Slipway's image of this version on this base; `direct` names what Slipway itself depends on.

    It has no time and no serial number, so that the same image has the same bill.
    """
    own = f"pkg:pypi/slipway@{version}"
    purls = {canonicalize_name(wheel.metadata["Name"]): wheel.purl for wheel in wheels}
    needs = {own: [purls[canonicalize_name(name)] for name in direct]}
    for wheel in wheels:
        needs[wheel.purl] = [purls[name] for name in _needed(wheel, environment) if name in purls]
    return json.dumps({
        "$schema": f"http://cyclonedx.org/schema/bom-{VERSION}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": VERSION,
        "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": own, "name": "slipway", "version": version, "purl": own,
            "licenses": [{"license": {"id": "Apache-2.0"}}],
        }},
        "components": [
            {
                "type": "container", "bom-ref": base.name, "name": base.name, "description": "the base image",
                **({"version": base.digest} if base.digest else {}),
            },
            *(_component(wheel) for wheel in wheels),
        ],
        "dependencies": [{"ref": ref, "dependsOn": sorted(set(needed))} for ref, needed in needs.items()],
    }, indent=2) + "\n"  # fmt: skip


def _component(wheel: Wheel) -> dict[str, Any]:
    found = list(_licenses(wheel.metadata))
    return {
        "type": "library",
        "bom-ref": wheel.purl,
        "name": wheel.metadata["Name"],
        "version": wheel.metadata["Version"],
        **({"licenses": found[:1]} if found else {}),
        "purl": wheel.purl,
        "hashes": [{"alg": "SHA-256", "content": wheel.sha256}],
    }


def _licenses(metadata: Message) -> Iterator[dict[str, Any]]:
    """The licence in the words of the package: best an expression, else its classifier, else the free text."""
    if text := metadata["License-Expression"]:
        yield {"expression": text}
    for classifier in metadata.get_all("Classifier", []):
        if classifier.startswith("License :: "):
            yield {"license": {"name": classifier.rpartition(" :: ")[2]}}
    if text := metadata["License"]:
        yield {"license": {"name": text.splitlines()[0]}}


def _needed(wheel: Wheel, environment: Mapping[str, str]) -> Iterator[NormalizedName]:
    """Names of what it needs, extras included: an extra that nobody asked for names packages that are not there."""
    extras = ["", *wheel.metadata.get_all("Provides-Extra", [])]
    for text in wheel.metadata.get_all("Requires-Dist", []):
        requirement = Requirement(text)
        if any(holds(requirement, {**environment, "extra": extra}) for extra in extras):
            yield canonicalize_name(requirement.name)
