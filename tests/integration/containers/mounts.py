"""Folders of secrets as a kubelet mounts them: all files of one change at the same moment."""

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

CURRENT: Final = "..data"


class Mount:
    """A folder whose files are links into the current version of their content, as in a pod."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.write(files)

    def write(self, files: Mapping[str, str]) -> None:
        """Replace the content of the folder by these files. Everyone may read them, as the pod's user must."""
        current = self.folder / CURRENT
        before = current.resolve() if current.exists() else None
        version = self.folder / f"..{secrets.token_hex(8)}"
        version.mkdir()
        for name, text in files.items():
            (version / name).write_text(text)
            (version / name).chmod(0o644)
        for folder in (self.folder, version):
            folder.chmod(0o755)
        _link(current, version.name)
        for name in files:
            if not (self.folder / name).is_symlink():
                _link(self.folder / name, f"{CURRENT}/{name}")
        for path in self.folder.iterdir():
            if not path.name.startswith("..") and path.name not in files:
                path.unlink()
        if before:
            shutil.rmtree(before)


def _link(path: Path, target: str) -> None:
    """Make the link, and replace an earlier one in the same step."""
    temporary = path.with_name(f"..new-{secrets.token_hex(4)}")
    temporary.symlink_to(target)
    temporary.replace(path)
