"""The chart as Helm renders it, without a cluster."""

import os
import shutil
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from deploy.local import tools
from deploy.local.certificates import write_pair
from deploy.local.nats import nats_binary
from deploy.manifests import main
from deploy.rights import api
from deploy.rights.bus import TABLE
from generate.services_pages import SETTINGS
from services.trial.settings import TrialSettings
from shared.process import certificates

ROOT = Path(__file__).parents[3]
CHART = ROOT / "deploy" / "chart"
DATA = ROOT / "tests" / "data" / "chart"
SETS = sorted(path.stem for path in (DATA / "values").glob("*.yaml"))
ADMISSION = [f"{verb}AdmissionPolicy{what}" for verb in ("Mutating", "Validating") for what in ("", "Binding")]
AS_ELSEWHERE = ("CustomResourceDefinition", *ADMISSION)
"""Kinds of objects that the chart takes as they are from deploy/crds and deploy/admission."""
KEPT = {"helm.sh/resource-policy": "keep"}


def helm(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Helm without a cluster."""
    program = str(tools.provide([tools.HELM])["helm"])
    environment = {**os.environ, "KUBECONFIG": os.devnull}
    return subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)


@cache
def rendered(values: str) -> str:
    """All objects of the chart with one of the sets of values."""
    file = DATA / "values" / f"{values}.yaml"
    done = helm("template", "slipway", str(CHART), "--namespace=slipway", f"--values={file}")
    assert done.returncode == 0, done.stderr
    return done.stdout


def parsed(text: str, *, elsewhere: bool) -> list[Any]:
    """The objects that are the chart's own, or those that are `elsewhere`, too; the latter are 3 MB."""
    found = [
        one for one in text.split("\n---\n") if elsewhere == any(f"\nkind: {kind}\n" in one for kind in AS_ELSEWHERE)
    ]
    return [one for one in (yaml.load(each, yaml.CSafeLoader) for each in found) if one]


@cache
def own(values: str) -> list[Any]:
    """What only the chart has, in a fixed order."""
    found = parsed(rendered(values), elsewhere=False)
    place = lambda one: (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"])  # noqa: E731
    return sorted(found, key=place)


def pods(values: str) -> dict[str, Any]:
    """What pods are made from, by the component that they are."""
    made = [one["spec"].get("template", one) for one in own(values) if runs(one)]
    return {one["metadata"]["labels"]["app.kubernetes.io/component"]: one["spec"] for one in made}


def runs(manifest: Any) -> bool:
    return manifest["kind"] in ("Deployment", "StatefulSet", "Job", "Pod")


@pytest.mark.parametrize("values", SETS)
def test_what_the_chart_makes_is_what_was_reviewed(values: str, request: pytest.FixtureRequest) -> None:
    """The objects for a set of values, whole, besides definitions and admission policies."""
    text, file = yaml.safe_dump_all(own(values), sort_keys=False, width=120), DATA / f"{values}.yaml"
    if request.config.getoption("update_data"):
        file.write_text(text)
    assert text == file.read_text()


def test_definitions_and_admission_policies_are_those_of_the_repository_and_are_kept() -> None:
    """An uninstalled chart deletes nobody's workloads, and leaves what limits researchers."""
    charted = {(one["kind"], one["metadata"]["name"]): one for one in parsed(rendered("small"), elsewhere=True)}
    files = [path for folder in ("crds", "admission") for path in (ROOT / "deploy" / folder).glob("*.yaml")]
    there = [one for path in files for one in yaml.load_all(path.read_text(), yaml.CSafeLoader)]
    for one in there:
        one["metadata"]["annotations"] = {**KEPT, **one["metadata"].get("annotations", {})}
    assert charted == {(one["kind"], one["metadata"]["name"]): one for one in there}


@pytest.mark.parametrize("values", SETS)
def test_nothing_random_is_rendered(values: str) -> None:
    """Rendering twice gives the same, so that GitOps sees no change where there is none; the chart has no Secret."""
    assert rendered.__wrapped__(values) == rendered(values)
    assert not [one for one in own(values) if one["kind"] == "Secret"]


@pytest.mark.parametrize("values", SETS)
def test_pods_may_do_little(values: str) -> None:
    """P9: every pod meets the Pod Security level `restricted`, and has no token but the one it asks for."""
    for spec in pods(values).values():
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            limits = container["securityContext"]
            assert limits["capabilities"] == {"drop": ["ALL"]} and limits["allowPrivilegeEscalation"] is False
            assert limits["readOnlyRootFilesystem"] is True
            assert container["resources"]["limits"]["memory"]


def test_a_secret_is_mounted_where_it_is_needed_and_nowhere_else() -> None:
    """P9: only the resolver has the private key of seals, and each service has only its own login, if it has one."""
    found = {name: {one["secret"]["secretName"] for one in spec["volumes"] if "secret" in one}
             for name, spec in pods("small").items()}  # fmt: skip
    assert {name for name, secrets in found.items() if "slipway-seal" in secrets} == {"resolver"}
    for service in api.TABLE.keys() & TABLE.keys():
        logins = {one for one in found[service] if one.startswith("slipway-bus-") and "tls" not in one}
        assert logins == {f"slipway-bus-{service}-1"}
    assert found["console"] == {"slipway-console"}
    assert found["credentials"] == set()
    tokens = {name for name, spec in pods("small").items() if any(one["name"] == "account" for one in spec["volumes"])}
    assert tokens == {*api.TABLE, "credentials", "trial"}


@pytest.mark.parametrize("values", ["small", "everything"])
def test_nats_reads_its_configuration(values: str, tmp_path: Path) -> None:
    """The real server accepts what the chart writes, with the users of every generation."""
    [configuration] = [one for one in own(values) if "nats.conf" in one.get("data", {})]
    write_pair(certificates.authority("nats"), tmp_path / "tls")
    text = configuration["data"]["nats.conf"].replace("/etc/nats/tls/", f"{tmp_path}/")
    (tmp_path / "nats.conf").write_text(text.replace("/data/", f"{tmp_path}/"))
    [server] = pods(values)["nats"]["containers"]
    variables = {one["name"]: "pabc" for one in server["env"]}
    done = subprocess.run(
        [str(nats_binary()), "-t", "-c", str(tmp_path / "nats.conf")], env=variables, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    generations = 2 if values == "everything" else 1
    assert len(variables) == 1 + generations * len(TABLE)


@pytest.mark.parametrize("values", SETS)
def test_every_variable_is_a_setting(values: str) -> None:
    """A misspelt setting would be ignored by the service that it is meant for."""
    kinds: list[type[BaseSettings]] = [*SETTINGS, TrialSettings]
    known = {f"{kind.model_config['env_prefix']}{field}".upper() for kind in kinds for field in kind.model_fields}
    given = {
        one["name"]
        for name, spec in pods(values).items()
        if name != "nats"
        for one in spec["containers"][0].get("env", [])
    }
    assert {"SLIPWAY_NATS_URL", "RESOLVER_SEAL_KEY"} <= given
    assert given - known - {"OTEL_EXPORTER_OTLP_ENDPOINT"} == set()


def test_a_job_whose_pods_change_gets_another_name() -> None:
    """Kubernetes lets nobody change the pods of a job: with one name for two of them, an upgrade would fail."""
    jobs = [one for values in SETS for one in own(values) if one["kind"] == "Job"]
    pods_of = {one["metadata"]["name"]: one["spec"]["template"] for one in jobs}
    assert len(jobs) == len(pods_of) == 2 * len(SETS)
    newer = helm("template", "slipway", str(CHART), "--set=podAnnotations.a=b", "-s=templates/bootstrap/jobs.yaml")
    changed = {one["metadata"]["name"] for one in yaml.safe_load_all(newer.stdout) if one}
    same = helm("template", "slipway", str(CHART), "-s=templates/bootstrap/jobs.yaml")
    assert not changed & {one["metadata"]["name"] for one in yaml.safe_load_all(same.stdout) if one}


def test_wrong_values_are_all_named() -> None:
    """Helm refuses a misspelt value, one of a wrong type, and a setting that is the chart's own."""
    wrong = "resolver.replicas=two,resolvr.replicas=1,watcher.settings.SLIPWAY_NATS_URL=x,projects[0].nam=a"
    said = helm("template", "slipway", str(CHART), f"--set={wrong}").stderr
    for each in ("got string, want integer", "'resolvr' not allowed", "'SLIPWAY_NATS_URL' not allowed", "'name'"):
        assert each in said


def test_a_chart_without_its_definitions_is_refused(tmp_path: Path) -> None:
    """A copy of the chart without its symbolic links, as Flux makes from Git, is refused: nothing is installed."""

    def links(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if Path(folder, name).is_symlink()]

    shutil.copytree(CHART, tmp_path / "chart", ignore=links)
    assert "the chart lacks files/crds or files/admission" in helm("template", str(tmp_path / "chart")).stderr


def test_a_missing_address_of_nats_is_named() -> None:
    """Without a broker of its own, the chart says which value is missing."""
    said = helm("template", "slipway", str(CHART), "--set=nats.enabled=false").stderr
    assert "externalNats.url is not set: state the address of your NATS, or set nats.enabled to true" in said


def test_an_empty_list_of_who_reads_metrics_lets_nobody() -> None:
    """An empty `from` would let everybody, so there is no such rule; services still reach NATS."""
    only = "-s=templates/networkpolicies.yaml"
    made = helm("template", "slipway", str(CHART), "--set-json=networkPolicies.metricsFrom=[]", only).stdout
    specs = {one["metadata"]["name"]: one["spec"] for one in yaml.safe_load_all(made) if one}
    assert "ingress" not in specs["slipway-services"] and "Ingress" in specs["slipway-services"]["policyTypes"]
    assert [rule["ports"] for rule in specs["slipway-nats"]["ingress"]] == [[{"port": 4222}]]
    assert [rule["ports"] for rule in specs["slipway-console"]["ingress"]] == [[{"port": 8088}]]


def test_an_entrance_needs_to_know_where_people_find_the_console() -> None:
    """An Ingress without a host would take the traffic of all hosts; a plain address would send tokens in the open."""
    said = helm("template", "slipway", str(CHART), "--set=console.ingress.enabled=true").stderr
    assert "console.address is not set: state where people find the console, such as https://slipway.example" in said
    said = helm("template", "slipway", str(CHART), "--set=console.address=http://slipway.example.com").stderr
    assert "at '/console/address': 'http://slipway.example.com' does not match pattern" in said


def test_the_console_may_act_as_others_only_if_the_values_say_so() -> None:
    """P9: its account is bound to no role otherwise."""
    bound = {
        values: [one["roleRef"]["name"] for one in own(values) if subject(one) == "slipway-console"] for values in SETS
    }
    assert bound == {"small": [], "existing-nats": [], "everything": ["slipway-console-impersonation"]}
    [role] = [one for one in own("everything") if one["metadata"]["name"] == "slipway-console-impersonation"][:1]
    assert [(rule["resources"], rule["verbs"], rule.get("resourceNames")) for rule in role["rules"]] == [
        (["users"], ["impersonate"], None),
        (["groups"], ["impersonate"], ["oidc:ml"]),
    ]


def subject(manifest: Any) -> str | None:
    """Whom a binding gives rights to."""
    return next((one["name"] for one in manifest.get("subjects") or ()), None)


def test_pods_have_the_time_to_end_that_the_settings_promise() -> None:
    """P1: the kubelet waits for as long as a service may finish its work, and 15 s more."""
    done = helm("template", "slipway", str(CHART), "--set=settings.SLIPWAY_DRAIN_TIMEOUT=60.5")
    deployments = [one for one in parsed(done.stdout, elsewhere=False) if one["kind"] == "Deployment"]
    assert {one["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] for one in deployments} == {76}


def test_helm_finds_nothing_to_complain_about() -> None:
    """`helm lint --strict` is clean."""
    done = helm("lint", "--strict", str(CHART))
    assert done.returncode == 0, done.stdout
    assert "[WARNING]" not in done.stdout and "[ERROR]" not in done.stdout


def test_the_chart_has_the_version_of_the_package() -> None:
    """The image that a chart asks for is that of the same release."""
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert [chart["version"], chart["appVersion"]] == [stated, stated]


def test_the_chart_is_written_as_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make manifests` begins with the namespace of the services, has no tests of Helm, and says how to apply it."""
    file = tmp_path / "out" / "slipway.yaml"
    assert main(["--values", str(DATA / "values" / "small.yaml"), "--output", str(file)]) == 0
    assert f"kubectl apply --server-side -f {file}" in capsys.readouterr().out
    text = file.read_text()
    assert yaml.safe_load(text.partition("\n---\n")[0]) == api.namespace()
    assert "kind: Deployment" in text and "helm.sh/hook" not in text


def test_wrong_values_of_the_file_are_told_in_helms_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad input gets a sentence and no file."""
    (tmp_path / "values.yaml").write_text("resolver: {replicas: -1}\n")
    assert main(["--values", str(tmp_path / "values.yaml"), "--output", str(tmp_path / "out.yaml")]) == 1
    assert "at '/resolver/replicas': minimum: got -1, want 0" in capsys.readouterr().err
    assert not (tmp_path / "out.yaml").exists()
