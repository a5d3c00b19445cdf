"""Kubectl, with the rights that one kubeconfig gives."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.errors import PlatformError


@dataclass(frozen=True)
class Kubectl:
    """The program and the cluster it talks to; called with kubectl's own arguments."""

    program: Path
    kubeconfig: Path

    def __call__(self, *arguments: str, given: str = "") -> str:
        """Run it with this standard input; what it printed. PlatformError with its complaint where it fails."""
        command = [str(self.program), f"--kubeconfig={self.kubeconfig}", *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PlatformError(f"`kubectl {' '.join(arguments)}` failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """The same with `-o json`, decoded; None where kubectl found nothing and was told not to mind."""
        text = self(*arguments, "-o", "json")
        return json.loads(text) if text.strip() else None
