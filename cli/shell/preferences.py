"""The user's defaults, in one small file: $RUNAI_CONFIG, else a file in the system's configuration folder."""

import json
import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import click

from cli.shell.exits import Exit, Stop


def file() -> Path | None:
    """The path of the file with the defaults; None if there is no place for one, as in a pod without a home folder."""
    own = os.environ.get("RUNAI_CONFIG")
    path = Path(own) if own else Path(click.get_app_dir("runai")) / "config.json"
    return path if own or path.is_absolute() else None


def default_project() -> str | None:
    """The default project; None if none is set."""
    project = _read().get("project")
    return str(project) if project else None


def default_cluster() -> str | None:
    """The default context of the kubeconfig; None if none is set."""
    cluster = _read().get("cluster")
    return str(cluster) if cluster else None


def set_default_project(project: str) -> None:
    """Set the default project."""
    _set("project", project)


def set_default_cluster(cluster: str) -> None:
    """Set the default context of the kubeconfig."""
    _set("cluster", cluster)


def _set(name: str, value: str) -> None:
    path = file()
    if path is None:
        raise Stop(Exit.REFUSED, "there is no home folder for the default: set RUNAI_CONFIG to a file")
    changed = {**_read(), name: value}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, json.dumps(changed, indent=2) + "\n")
    except OSError as error:
        raise Stop(Exit.REFUSED, f"cannot write the default to {path}: {error.strerror}") from error


def _write(path: Path, text: str) -> None:
    """Replace the file's text atomically, even if other processes read or write it at the same time."""
    path = path.resolve()  # replace the target of a link, not the link
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}-", delete=False) as new:
        try:
            new.write(text)
            new.flush()
            Path(new.name).replace(path)
        except BaseException:
            Path(new.name).unlink()
            raise


def _read() -> dict[str, Any]:
    path = file()
    if path is None:
        return {}
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Stop(Exit.USAGE, f"cannot read {path}: {error}; fix or remove it") from error
    if not isinstance(content, dict):
        raise Stop(Exit.USAGE, f"cannot read {path}: it does not contain a JSON object; fix or remove it")
    return content
