"""`python -m deploy.manifests`: the chart as one file, for clusters that are managed without Helm."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import yaml

from deploy.local import tools
from deploy.local.errors import PlatformError
from deploy.rights.api import NAMESPACE, namespace

ROOT: Final = Path(__file__).parents[1]
CHART: Final = ROOT / "deploy" / "chart"
TARGET: Final = ROOT / "dist" / "slipway.yaml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, and say how to apply it; 1 with Helm's own words if a value is wrong."""
    parser = argparse.ArgumentParser(prog="python -m deploy.manifests", description=__doc__)
    parser.add_argument("--values", type=Path, action="append", default=[], help="file of values of the chart")
    parser.add_argument("--output", type=Path, default=TARGET, help="file to write (default: dist/slipway.yaml)")
    options = parser.parse_args(arguments)
    try:
        text = rendered(options.values)
    except PlatformError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text)
    print(f"written: {options.output}\nnext: kubectl apply --server-side -f {options.output}")
    return 0


def rendered(values: Sequence[Path] = (), *arguments: str) -> str:
    """The objects of the chart, after the namespace of the services. PlatformError if Helm refuses the values."""
    files = [f"--values={path}" for path in values]
    program = str(tools.provide([tools.HELM])["helm"])
    command = [program, "template", "slipway", str(CHART), f"--namespace={NAMESPACE}", "--skip-tests"]
    done = subprocess.run([*command, *files, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PlatformError("\n".join(line for line in done.stderr.splitlines() if not line.startswith("level=INFO")))
    return yaml.safe_dump(namespace(), sort_keys=False) + done.stdout


if __name__ == "__main__":
    sys.exit(main())
