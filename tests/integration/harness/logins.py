"""Runs kubectl and runai with one row of the table of kubeconfigs, each in a folder of its own."""

import asyncio
import base64
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml

from deploy.local import binaries
from deploy.local.certificates import Authority
from tests.integration.harness.api_servers import ApiServers, token_of
from tests.integration.harness.cluster import PATIENCE
from tests.integration.harness.forking import ROOT, the_forker

DATA = ROOT / "tests" / "data" / "kubeconfigs"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Ended:
    """How a program ended, what the servers saw of it, and what its login program noted."""

    code: int
    err: str
    seen: str
    notes: Sequence[Any]


def write_files(beside: Path, authority: Authority) -> None:
    """Write what kubeconfigs refer to: certificates, tokens, and login programs in several places."""
    pair = authority.client("ann")
    contents = {
        "ca.crt": authority.certificate, "ca.key": authority.key_file.read_bytes(),
        "ann.crt": pair.certificate, "ann.key": pair.key, "token": b"t3\n", "empty-token": b"\n",
    }  # fmt: skip
    for folder in ("work", "bin", "pki", "tools"):
        (beside / folder).mkdir(parents=True)
    for name, content in contents.items():
        (beside / name).write_bytes(content)
    shutil.copy(DATA / "login", beside / "login")
    for place, token in (("work/login", "evil"), ("work/decoy", "evil"), ("bin/login", "t4")):
        shutil.copy(DATA / "login", beside / f"{place}-")
        (beside / place).write_text(f'#!/bin/sh\nTOKEN={token} exec "$0-" "$@"\n')
        (beside / place).chmod(0o755)


def laid_out(row: Row, folder: Path, beside: Path, servers: ApiServers) -> Row:
    """Write the row's kubeconfigs into the folder, beside copies of the files; return the row with its variables."""
    shutil.copytree(beside, folder)
    known = {**servers.variables(), **_contents(folder, servers.authority)}
    filled: Row = _filled(row, known)
    known["usable"] = _text(filled, known, "t1")
    known["usable_with_date"] = known["usable"].replace("token: t1", "token: 2026-01-02")  # without quotes
    known["other"] = _text({}, {**known, "a": known["b"]}, "t2", "there", "far")
    for name, text in (_filled(row.get("files", {}), known) or {"config": known["usable"]}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return filled


def _contents(folder: Path, authority: Authority) -> dict[str, str]:
    files = {name: (folder / name).read_bytes() for name in ("ca.crt", "ann.crt", "ann.key")}
    encoded = {name: base64.b64encode(content).decode() for name, content in files.items()}
    stranger = Authority(folder / "stranger")
    return {
        "folder": str(folder), "path": os.environ["PATH"], "cert": files["ann.crt"].decode(),
        "key": files["ann.key"].decode(), "ca64": encoded["ca.crt"], "cert64": encoded["ann.crt"],
        "key64": encoded["ann.key"], "ca64_lines": base64.encodebytes(files["ca.crt"]).decode(),
        "stranger64": base64.b64encode(stranger.certificate).decode(),
        "lasting": token_of("lasting", 1 << 33), "over": token_of("over", 1),
    }  # fmt: skip


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return Template(value).safe_substitute(known)
    if isinstance(value, dict):
        return {name: _filled(inner, known) for name, inner in value.items()}
    return [_filled(inner, known) for inner in value] if isinstance(value, list) else value


def _text(row: Row, known: Mapping[str, str], token: str, name: str = "", namespace: str | None = None) -> str:
    """A usable kubeconfig, changed as the row says; its entries are `c`, `u` and `here`, or all are `name`."""
    cluster, user, context = name or "c", name or "u", name or "here"
    parts = {
        "cluster": {"server": known["a"], "certificate-authority-data": known["ca64"]},
        "user": {"token": token},
        "context": {"cluster": cluster, "user": user, **({"namespace": namespace} if namespace else {})},
    }
    lists = {
        f"{kind}s": [{"name": entry, kind: _changed(parts[kind], row.get(kind, {}))}]
        for kind, entry in (("cluster", cluster), ("user", user), ("context", context))
    }
    top = {"apiVersion": "v1", "kind": "Config", "current-context": context, **lists, **row.get("top", {})}
    return yaml.safe_dump(top, sort_keys=False)


def _changed(part: Mapping[str, Any], by: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**part, **by}.items() if value is not None or name not in part}


async def kubectl(row: Row, folder: Path, servers: ApiServers) -> Ended:
    """List pods with kubectl, which says to the server in which namespace."""
    flag = [f"--kubeconfig=../{row['flag']}"] if "flag" in row else []
    command = [
        str(binaries.find(["kubectl"])["kubectl"]),
        "get",
        "pods",
        "--request-timeout=5s",
        *flag,
    ]

    def run() -> tuple[int, str]:
        with _input(row, folder).open() as stdin:
            ended = subprocess.run(
                command,
                cwd=folder / "work",
                env=environment(row, folder),
                stdin=stdin,
                capture_output=True,
                check=False,
            )
        return ended.returncode, ended.stderr.decode(errors="replace")

    servers.seen.clear()
    code, err = await asyncio.to_thread(run)
    return Ended(code, err, servers.seen[-1] if servers.seen else "none", _notes(folder))


async def runai(row: Row, folder: Path, servers: ApiServers, *words: str) -> Ended:
    """Ask runai which user this is."""
    flag = [f"--kubeconfig=../{row['flag']}"] if "flag" in row else []
    out, err = folder / "out", folder / "err"
    servers.seen.clear()
    with _input(row, folder).open() as stdin, out.open("w") as its_out, err.open("w") as its_err:
        streams = (stdin.fileno(), its_out.fileno(), its_err.fileno())
        around = {**environment(row, folder), "PYTHONPATH": str(ROOT), "RUNAI_CONFIG": str(folder / "runai.json")}
        process = the_forker().start(
            "cli", [*(words or ("whoami",)), *flag], environment=around, folder=folder / "work", streams=streams
        )
        code = await asyncio.to_thread(process.wait, PATIENCE)
    assert code is not None
    return Ended(code, err.read_text(errors="replace"), servers.seen[-1] if servers.seen else "none", _notes(folder))


def environment(row: Row, folder: Path) -> dict[str, str]:
    """The variables of a person whose home is the folder; KUBECONFIG is relative to the working folder."""
    own: dict[str, str] = row.get("env", {})
    files = own.get("KUBECONFIG", "config").split(":")
    listed = ":".join(f"../{file}" if file and not file.startswith("~") else file for file in files)
    return {
        "PATH": f"{folder}/bin:{os.environ['PATH']}", "HOME": str(folder), "NOTES": str(folder / "notes"),
        "RUNAI_NO_PROGRESS": "1", **own, "KUBECONFIG": listed,
    }  # fmt: skip


def _input(row: Row, folder: Path) -> Path:
    path = folder / "input"
    path.write_text(row.get("piped", ""))
    return path


def _notes(folder: Path) -> list[Any]:
    """What login programs noted, each line once."""
    path = folder / "notes"
    lines = dict.fromkeys(path.read_text().splitlines()) if path.exists() else {}
    return [json.loads(line) if line.startswith("{") else line for line in lines if line]
