"""Runs kubectl with the rights of one kubeconfig."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.errors import PlatformError


@dataclass(frozen=True)
class Kubectl:
    """The kubectl program and its cluster; call it with kubectl's own arguments."""

    program: Path
    kubeconfig: Path

    def __call__(self, *arguments: str, given: str = "") -> str:
        """Run it with this standard input; return its output. PlatformError with its message if it fails."""
        command = [str(self.program), f"--kubeconfig={self.kubeconfig}", *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PlatformError(f"`kubectl {' '.join(arguments)}` failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """Run it with `-o json`; return the decoded output, or None if it is empty (`--ignore-not-found`)."""
        text = self(*arguments, "-o", "json")
        return json.loads(text) if text.strip() else None
