"""The chart, installed by Helm into a real API server: what it makes is what the services run with."""

import json
import socket
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.controlplane import API, ControlPlane
from deploy.local.install import another_installation, wait_until_admitted
from deploy.local.nats import nats_binary
from deploy.manifests import rendered
from deploy.rights.api import BOOTSTRAP, JOBS, namespace, user
from shared.names import SECURITY_LABEL
from shared.objects import Manifest
from tests.integration.harness.audit import AuditLog, granted
from tests.integration.harness.charts import CHART, NAMESPACE, RELEASE, HelmError, Installation, until

pytestmark = pytest.mark.contract

SERVICES = ("status", "runner", "creator", "resolver", "watcher", "console")
MADE = (
    *("secret/slipway-seal", "secret/slipway-console"),
    *("secret/slipway-bus-ca", "secret/slipway-bus-tls-1", "secret/slipway-bus-creator-1"),
)
MADE_ONCE = (*MADE, "configmap/slipway-seal-keys")
LARGEST_RELEASE = 900_000
"""Bytes; Kubernetes stores a Secret of 1 MiB at most, and Helm keeps everything about a release in one."""
OF_OTHERS = (
    ("gateway.networking.k8s.io", "v1", "HTTPRoute"),
    ("keda.sh", "v1alpha1", "ScaledObject"),
    ("monitoring.coreos.com", "v1", "PodMonitor"),
    ("monitoring.coreos.com", "v1", "PrometheusRule"),
)
"""Kinds that operators of others define, and of which the chart makes objects if asked to."""
DATA = Path(__file__).parents[1] / "data" / "chart"
SETS = sorted(path.stem for path in (DATA / "values").glob("*.yaml"))
PROJECT = ("--set=projects[0].name=team-a", "--set=projects[0].users[0]=ann")


def stand_in(group: str, version: str, kind: str) -> Manifest:
    """A definition that somebody else could have made: it takes anything."""
    plural = f"{kind.lower()}s"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{group}",
            "annotations": {"api-approved.kubernetes.io": "unapproved, a stand-in"},
        },
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
            "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
        },
    }


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A control plane that knows nothing of Slipway."""
    folder = tmp_path_factory.mktemp("chart")
    with ControlPlane(folder / "plane", parts=API, audit=[user(BOOTSTRAP)]) as plane:
        installation = Installation(plane, folder)
        yield installation
        for process in reversed(installation.processes):
            process.terminate()
        for process in installation.processes:
            process.wait(20)


@pytest.fixture(scope="module")
def refused(bare: Installation) -> str:
    """What Helm says where another installation has definitions of the same names, which are then removed."""
    bare.kubectl("create", "-f", "-", given=json.dumps(stand_in("run.ai", "v1", "RunaiJob")))
    with pytest.raises(HelmError) as caught:
        bare.helm("install", RELEASE, str(CHART))
    bare.kubectl("delete", "crd", "runaijobs.run.ai")
    return str(caught.value)


@pytest.fixture(scope="module")
def installed(bare: Installation, refused: str) -> Installation:
    """The chart with one project, installed into a namespace that admits only pods of the level `restricted`."""
    bare.kubectl("apply", "-f", "-", given=yaml.safe_dump(namespace()))
    bare.kubectl("create", "serviceaccount", "default", "-n", NAMESPACE)  # as a controller does in every namespace
    bare.helm("install", RELEASE, str(CHART), "--set=defaultPolicies=true", *PROJECT)
    return bare


@pytest.fixture(scope="module")
def made(installed: Installation) -> dict[str, Any]:
    """What the job that makes credentials made, by kind and name."""
    installed.container(installed.pod_of("job", "credentials")).run()
    return {name: installed.get(*name.split("/")) for name in MADE_ONCE}


@pytest.fixture(scope="module")
def running(installed: Installation, made: dict[str, Any]) -> Installation:
    """NATS, the stream and every service, with the settings and files of the chart's pods."""
    url = broker(installed)
    installed.container(installed.pod_of("job", "stream"), SLIPWAY_NATS_URL=url).run()
    wait_until_admitted(installed.kubectl)
    started = {}
    for name in SERVICES:
        listening = str(free_port())
        pod = installed.pod_of("deployment", name)
        places = {"SLIPWAY_HTTP_PORT": listening, **elsewhere(name, url)}
        started[listening] = installed.container(pod, **places)
        started[listening].start()
    for listening, container in started.items():
        until(partial(is_ready, listening), container.log)
    return installed


def broker(installed: Installation) -> str:
    """NATS as the chart configures it, on other ports; return its address."""
    port, monitor = free_port(), free_port()
    server = installed.container(installed.pod_of("statefulset", "nats"))
    configuration = server.folder / "etc/nats/configuration/nats.conf"
    text = configuration.read_text().replace('"/etc/nats', f'"{server.folder}/etc/nats')
    text = text.replace("0.0.0.0:4222", f"127.0.0.1:{port}").replace("0.0.0.0:8222", f"127.0.0.1:{monitor}")
    configuration.write_text(text.replace("/data/", f"{server.folder}/"))
    server.start(str(nats_binary()), "--config", str(configuration))
    return f"tls://127.0.0.1:{port}"


def elsewhere(service: str, url: str) -> dict[str, str]:
    """What a service is told in the place of the broker's name and of a port that only a pod can be sure of."""
    return {"CONSOLE_PORT": str(free_port())} if service == "console" else {"SLIPWAY_NATS_URL": url}


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def is_ready(port: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_another_run_ai_is_refused_as_make_up_refuses_it(refused: str) -> None:
    """P5: definitions of another installation are never replaced; Helm says it in the sentence of `make up`."""
    assert another_installation("runaijobs.run.ai", "runaijobs.run.ai") in refused


def test_every_pod_is_admitted_under_the_strictest_level(installed: Installation) -> None:
    """P9: no pod of the chart needs more than the Pod Security level `restricted` allows."""
    assert installed.get("namespace", NAMESPACE)["metadata"]["labels"][SECURITY_LABEL] == "restricted"
    kinds = {**dict.fromkeys(SERVICES, "deployment"), "nats": "statefulset", "credentials": "job", "stream": "job"}
    specs = {name: installed.pod_of(kind, name) for name, kind in kinds.items()}
    specs["nats"]["volumes"].append({"name": "data", "emptyDir": {}})  # its claim is the StatefulSet's
    pods = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}
        for name, spec in specs.items()
    ]
    said = installed.kubectl("create", "--dry-run=server", "-f", "-", given=yaml.safe_dump_all(pods))
    assert said.count("created (server dry run)") == len(kinds)


def test_an_api_server_that_cannot_stamp_is_refused(tmp_path: Path) -> None:
    """P9: without mutating admission policies nobody knows who submits; Helm says so instead of leaving half."""
    kinds = ("mutatingadmissionpolicies", "mutatingadmissionpolicybindings")
    off = ",".join(f"admissionregistration.k8s.io/v1/{kind}=false" for kind in kinds)
    arguments = [f"--runtime-config={off}", "--disable-admission-plugins=MutatingAdmissionPolicy"]
    with ControlPlane(tmp_path, parts=API, arguments={"kube-apiserver": arguments}) as plane:
        until(lambda: plane.kubectl("get", "namespace", "kube-system", "--ignore-not-found"), str)
        with pytest.raises(HelmError, match="has no MutatingAdmissionPolicy of admissionregistration"):
            Installation(plane, tmp_path).helm("install", RELEASE, str(CHART), "--create-namespace")
        assert "slipway" not in plane.kubectl("get", "crds,clusterroles", "-o", "name")


def test_a_release_fits_into_one_secret(installed: Installation) -> None:
    """Helm keeps everything about a release in one Secret, which the API server limits to 1 MiB."""
    release = installed.get("secret", f"sh.helm.release.v1.{RELEASE}.v1")
    assert len(release["data"]["release"]) * 3 // 4 < LARGEST_RELEASE


def test_credentials_are_made_once_and_never_changed(installed: Installation, made: dict[str, Any]) -> None:
    """What is random is made by the job's own account, and a second run changes nothing of it."""
    said = installed.container(installed.pod_of("job", "credentials")).run()
    assert '"created"' not in said
    assert all(made.values())
    again = {name: installed.get(*name.split("/")) for name in MADE_ONCE}
    assert again == made
    published = installed.get("configmap", "slipway-seal-keys", "runai")["data"]
    assert published == made["configmap/slipway-seal-keys"]["data"]


def test_the_job_may_read_no_other_secret(installed: Installation, made: dict[str, Any]) -> None:
    """P9: the one account that touches Secrets reads only the two that it needs, in its own namespace."""
    account = f"--as=system:serviceaccount:{NAMESPACE}:slipway-bootstrap"

    def may(*what: str) -> bool:
        try:
            return installed.kubectl("auth", "can-i", *what, account, "-n", NAMESPACE).strip() == "yes"
        except Exception:  # noqa: BLE001 - kubectl ends with 1 for "no"
            return False

    assert may("get", "secret/slipway-seal") and may("get", "secret/slipway-bus-ca") and may("create", "secrets")
    assert not any(may(verb, "secrets") for verb in ("get", "list", "watch", "update", "patch", "delete"))
    assert not may("get", "secret/slipway-bus-creator-1")


def test_services_run_with_what_the_chart_makes(running: Installation) -> None:
    """`helm test` submits the guide's workload, through services that have what their pods have."""
    rendered = yaml.safe_load_all(running.helm("get", "hooks", RELEASE))
    hooks = [one for one in rendered if one and one["kind"] != "Pod"]
    running.kubectl(
        "apply", "-f", "-", given=yaml.safe_dump_all(sorted(hooks, key=lambda one: one["kind"] != "Namespace"))
    )
    [pod] = [one for one in yaml.safe_load_all(running.helm("get", "hooks", RELEASE)) if one and one["kind"] == "Pod"]
    said = running.container(pod["spec"]).run()
    assert '"submitted"' in said
    assert running.kubectl("get", "interactiveworkloads", "-n", "runai-slipway-test", "-o", "name") == ""


def test_a_project_is_what_runai_makes(installed: Installation) -> None:
    """A project of the values has the parts of `runai project create`, and the policies to start from apply to it."""
    labels = installed.get("namespace", "runai-team-a")["metadata"]["labels"]
    assert labels["run.ai/project"] == "team-a"
    assert labels["pod-security.kubernetes.io/enforce"] == "baseline"
    binding = installed.get("rolebinding", "runai-researchers", "runai-team-a")
    assert [one["name"] for one in binding["subjects"]] == ["ann"]
    assert len(installed.kubectl.json("get", "trainingpolicies", "-n", "runai")["items"]) == 1


@pytest.fixture(scope="module")
def uninstalled(running: Installation) -> Installation:
    """The release is uninstalled; somebody has a template, and other programs have made their definitions."""
    running.kubectl("create", "-f", "-", given=(CHART / "files/demo/team-a-jupyter-defaults.yaml").read_text())
    running.helm("uninstall", RELEASE)
    stand_ins = [stand_in(*one) for one in OF_OTHERS]
    running.kubectl("apply", "-f", "-", given=yaml.safe_dump_all(stand_ins))
    running.kubectl("create", "namespace", "runai-team-b")
    return running


def test_uninstalling_leaves_what_people_have(uninstalled: Installation, made: dict[str, Any]) -> None:
    """Workloads, projects, keys, and what limits researchers, outlive the chart."""
    assert uninstalled.get("deployment", "slipway-resolver") is None
    assert uninstalled.get("interactiveworkload", "team-a-jupyter-defaults", "runai-team-a")
    assert uninstalled.get("validatingadmissionpolicy", "jobs.workloads.run.ai")
    assert uninstalled.get("role", "runai-researcher", "runai-team-a")
    assert {name: uninstalled.get(*name.split("/")) for name in MADE_ONCE} == made


@pytest.mark.parametrize("values", SETS)
def test_the_api_server_accepts_everything(uninstalled: Installation, values: str) -> None:
    """Every object of each set of values passes the API server's own checks, as one file without Helm.

    Definitions are the same in each set, cost seconds, and were installed by Helm already.
    """
    whole = rendered([DATA / "values" / f"{values}.yaml"]).split("\n---\n")
    text = "\n---\n".join(one for one in whole if "\nkind: CustomResourceDefinition\n" not in one)
    how = ("--server-side", "--dry-run=server", "--force-conflicts")
    said = uninstalled.kubectl("apply", *how, "-f", "-", given=text).splitlines()
    assert len(said) > 40
    assert all(line.endswith("serverside-applied (server dry run)") for line in said), said


def test_it_is_installed_again_with_the_same_keys(uninstalled: Installation, made: dict[str, Any]) -> None:
    """What was left behind is taken over. A new generation of passwords is added to it, and until the first one is
    removed both count, with either one's copy of the authority."""
    uninstalled.helm("install", RELEASE, str(CHART), "--set-json=bus.generations=[1,2]", *PROJECT)
    volumes = uninstalled.pod_of("deployment", "resolver")["volumes"]
    secrets = {one["secret"]["secretName"] for one in volumes if "secret" in one}
    assert secrets == {"slipway-seal", "slipway-bus-resolver-2", "slipway-bus-tls-2"}
    uninstalled.container(uninstalled.pod_of("job", "credentials")).run()
    assert uninstalled.get("secret", "slipway-bus-tls-2")
    assert {name: uninstalled.get(*name.split("/")) for name in MADE_ONCE} == made
    first, again = uninstalled.folder / "stream" / "etc/slipway", replace(uninstalled, folder=uninstalled.folder / "2")
    url, declaring = broker(again), again.pod_of("job", "stream")
    before = {"SLIPWAY_NATS_LOGIN": str(first / "login"), "SLIPWAY_NATS_CA": str(first / "bus/ca.crt")}
    assert (first / "login/username").read_text() == "bootstrap-1"
    again.container(declaring, SLIPWAY_NATS_URL=url, **before).run()
    again.container(declaring, SLIPWAY_NATS_URL=url).run()


def test_the_job_asks_for_what_its_role_allows(installed: Installation, made: dict[str, Any]) -> None:
    """P9: the rights of the job that makes credentials are those that it uses, verb by verb."""
    asked = {one for one in AuditLog(installed.plane.audit_log).asked() if one.service == BOOTSTRAP}
    assert asked == granted(JOBS)
