"""Flags of later versions of the original command line, and what becomes of those that have no meaning here."""

from typing import Any

import pytest

from cli.shell.exits import Stop
from tests.unit.cli.submit.submits import drafted

MASTER = "is not supported: the master and the workers of a job have the same parameters"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--gpu-portion-limit 0.5", "--gpu-portion-limit: is not supported: use --gpu-memory-limit"),
        ("--master-gpu-devices-request=8", f"--master-gpu-devices-request: {MASTER}"),
        ("--master-no-pvcs", f"--master-no-pvcs: {MASTER}"),
        ("--no-master", "--no-master: is not supported: a job always has a master"),
        ("--wait-for-submit 1m", "--wait-for-submit: is not supported: use --wait=running and --timeout"),
    ],
)
def test_a_flag_that_cannot_be_understood_says_why(line: str, said: str) -> None:
    """No flag of the original ends in a guess at another one."""
    with pytest.raises(Stop) as stopped:
        drafted(f"-i x {line}", "submit-dist pytorch")
    assert str(stopped.value) == said


def test_a_flag_without_effect_is_a_warning() -> None:
    """What the amount's own flag says need not be said again."""
    made = drafted("-i x --gpu-request-type portion --gpu-portion-request 0.5")
    assert made.values["gpu"] == "0.5"
    assert "--gpu-request-type is not needed: the flag for the amount says what it is" in made.warnings


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("--run-as-uid 1000", {"runAsUser": True, "runAsUid": 1000}),
        ("--run-as-user --run-as-uid 1000", {"runAsUser": True, "runAsUid": 1000}),
        ("--no-run-as-user --run-as-uid 1000", {"runAsUser": False, "runAsUid": 1000}),
        ("--supplemental-groups 5,6", {"runAsUser": True, "supplementalGroups": "5,6"}),
        (
            "--port service-type=NodePort,container=80,external=30080 --port 81,82:83",
            {
                "ports": {
                    "port-80": {"container": 80, "external": 30080, "serviceType": "NodePort"},
                    "port-81": {"container": 81},
                    "port-83": {"container": 83, "external": 82},
                }
            },
        ),
        (
            "--git-sync name=code,repository=https://g/a,path=/src,rev=v1",
            {"gitSync": {"code": {"source": "https://g/a", "target": "/src", "rev": "v1"}}},
        ),
        ("--cpu-core-request 500m --cpu-core-limit 1e1", {"cpu": "500m", "cpuLimit": "1e1"}),
        ('--node-type "" --gpu "" --working-dir " "', {}),
    ],
)
def test_what_later_flags_state(line: str, values: dict[str, Any]) -> None:
    """Each flag states what it means in the original; an empty text states nothing."""
    made = drafted(f"-i x --name a {line}")
    stated = {name: value for name, value in made.values.items() if name not in ("image", "name")}
    assert {name: stated.get(name) for name in values} == values
    assert values or not stated


@pytest.mark.parametrize("prefix", ["--job-name-prefix", "--name-prefix"])
def test_a_prefix_gives_way_to_a_name_under_either_flag(prefix: str) -> None:
    """A name makes the prefix idle, with a warning that says so."""
    made = drafted(f"-i x --name a {prefix} b")
    assert "namePrefix" not in made.spec
    assert f"{prefix} is ignored, since --name is given" in made.warnings


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--host-path path=/a,mount=/b,mount-propagation=HostToContainer", "use --mount-propagation"),
        ("--port container=80,inside=81", "unknown field inside; expected one of container, external"),
        ("--nfs path=/a,host=nas", "unknown field host; expected one of path, server, mountpath, readwrite"),
        ("--git-sync repository=https://g/a,secret=s", "unknown field secret; expected one of source"),
    ],
)
def test_what_a_notation_does_not_have_is_refused(line: str, said: str) -> None:
    """A field that has no meaning is named, with those that have one."""
    with pytest.raises(Stop, match=said):
        drafted(f"-i x {line}")
