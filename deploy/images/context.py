"""What `docker build` gets: the Dockerfile, the programs of its steps, wheels with their hashes, and the sources."""

import hashlib
import io
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy.images import bases
from deploy.images.archives import packed
from deploy.images.requirements import Pin

HERE: Final = Path(__file__).parent
PACKAGES: Final = ("services", "shared")
"""What the image holds of Slipway."""
BILL: Final = "sbom.cdx.json"
"""The bill of materials, beside these."""
LOCK: Final = "requirements.lock"
PYPROJECT: Final = "pyproject.toml"


def context(root: Path, pins: Sequence[Pin], wheels: Sequence[Path], bill: str) -> io.BytesIO:
    """The build's context as a tar; `bill` is the bill of materials. The same inputs give the same bytes."""
    return packed({
        "Dockerfile": bases.DOCKERFILE,
        **{f"inside/{path.name}": path for path in _inside()},
        "requirements.txt": "".join(f"{pin}\n" for pin in pins).encode(),
        **{f"wheels/{path.name}": path for path in wheels},
        **{f"sources/{path.relative_to(root)}": path for path in sources(root)},
        f"sources/{BILL}": bill.encode(),
        **_metadata(root),
    })  # fmt: skip


def _metadata(root: Path) -> dict[str, bytes]:
    """What `importlib.metadata` reads in the image: services say of which version they are."""
    version = tomllib.loads((root / PYPROJECT).read_text(encoding="utf-8"))["project"]["version"]
    text = f"Metadata-Version: 2.4\nName: slipway\nVersion: {version}\n"
    return {f"sources/slipway-{version}.dist-info/METADATA": text.encode()}


def sources(root: Path) -> Iterator[Path]:
    """The files of Slipway that the image holds."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def key(root: Path, base: str) -> str:
    """A text that changes with anything that the image depends on; `base` is the identity of the base."""
    digest = hashlib.sha256(base.encode())
    own = [bases.DOCKERFILE, *_inside(), *sorted(HERE.glob("*.py"))]
    for path in (root / LOCK, root / PYPROJECT, *own, *sources(root)):
        name = path.relative_to(root) if path.is_relative_to(root) else path.name
        digest.update(f"\0{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _inside() -> list[Path]:
    return sorted((HERE / "inside").glob("*.py"))
