"""Hosts under which a workload may choose an address, so that no project takes the address of another."""

import pytest
import yaml

from shared.names import HOSTS_ANNOTATION, SECURITY_LABEL
from shared.parameters.kinds import INTERACTIVE
from shared.resolution.model import Refused, SourceRef
from shared.resolution.policy import compile_policy
from shared.resolution.project import Hosts, project_in
from shared.resolution.resolve import resolve
from shared.schedulers import SCHEDULER_LABEL
from tests.unit.shared.resolution.sources import workload

HOSTS = Hosts(("team-a.example.com", "lab.example.org"), ("apps.team-a.example.com",))
ANY = "{rules: {canAdd: true}}"


def told(host: str, policy: str, hosts: Hosts | None = HOSTS, namespace: str = "runai") -> list[str]:
    """The sentences about an address under the host, with the policy of that namespace."""
    items = {"a": {"value": {"container": 80, "url": f"https://{host}/x"}}}
    spec = {"image": {"value": "x"}, "exposedUrls": {"items": items}}
    ref = SourceRef(namespace, "policy", "uid", "1")
    compiled = compile_policy(INTERACTIVE, {"exposedUrls": yaml.safe_load(policy)}, ref)
    found = resolve(INTERACTIVE, workload(spec), None, compiled, hosts=hosts)
    return [str(violation) for violation in found.violations] if isinstance(found, Refused) else []


@pytest.mark.parametrize("host", ["team-a.example.com", "notes.team-a.example.com", "lab.example.org"])
def test_a_project_chooses_addresses_under_its_own_hosts(host: str) -> None:
    """With a grant, a host of the project and those below it are free."""
    assert told(host, ANY) == []


@pytest.mark.parametrize(
    "host", ["example.com", "team-b.example.com", "evil-team-a.example.com", "lab.example.org.evil.com"]
)
def test_no_project_takes_an_address_of_another(host: str) -> None:
    """P9: a grant to choose addresses never reaches the hosts of others."""
    (sentence,) = told(host, ANY)
    assert sentence == (
        f"exposedUrls.a.url: {host} is not a host of the project; its hosts are team-a.example.com, lab.example.org"
    )


def test_a_project_without_hosts_chooses_none_and_is_told_how_it_gets_some() -> None:
    """P9: the sentence names the annotation of the namespace."""
    (sentence,) = told("a.example.com", ANY, Hosts())
    assert sentence.endswith("a.example.com is not a host of the project; its namespace has no annotation run.ai/hosts")


def test_a_reserved_host_belongs_to_no_project() -> None:
    """P9: the host of the cluster's own Ingresses is not taken, even below a project's host."""
    (sentence,) = told("apps.team-a.example.com", ANY)
    assert sentence == "exposedUrls.a.url: apps.team-a.example.com is reserved by the cluster"


@pytest.mark.parametrize(("host", "own", "reserved", "taken"), [
    ("x.apps.example.com", ("example.com",), ("apps.example.com",), False),
    ("apps.example.com", ("apps.example.com",), ("apps.example.com",), False),
    ("x.team-a.example.com", ("team-a.example.com",), ("example.com",), True),
    ("notapps.example.com", ("example.com",), ("apps.example.com",), True),
])  # fmt: skip
def test_the_nearest_host_decides(host: str, own: tuple[str, ...], reserved: tuple[str, ...], taken: bool) -> None:
    """P9: what is below a reserved host is reserved, except for what is below a nearer host of the project."""
    assert (told(host, ANY, Hosts(own, reserved)) == []) is taken


LISTED = "{itemRules: {url: {options: ['https://b.example.com/x']}}}"


@pytest.mark.parametrize(("policy", "namespace", "free"), [
    (LISTED, "runai-team-a", True),
    (LISTED, "runai", False),
    ("{rules: {canAdd: true}}", "runai-team-a", False),
    ("{items: {a: {value: {container: 80, url: 'https://b.example.com/x'}}}}", "runai", True),
])  # fmt: skip
def test_what_a_projects_own_policy_lists_belongs_to_it(policy: str, namespace: str, free: bool) -> None:
    """P9: the global policy applies to many projects, so its list gives an address to none of them."""
    assert (told("b.example.com", policy, namespace=namespace) == []) is free


def test_nothing_depends_on_hosts_that_are_unknown() -> None:
    """Without the right to read the namespace, the command line cannot know the hosts."""
    assert told("b.example.com", ANY, None) == []


def test_a_namespace_says_what_belongs_to_its_project() -> None:
    """Hosts are separated by commas or spaces; a Pod Security level counts whichever it is."""
    found = project_in({
        "labels": {SCHEDULER_LABEL: "kai", SECURITY_LABEL: "privileged"},
        "annotations": {HOSTS_ANNOTATION: "A.example.com, b.example.com c.example.com"},
    })  # fmt: skip
    assert found.hosts == ("a.example.com", "b.example.com", "c.example.com")
    assert (found.scheduler, found.secured) == ("kai", True)
    assert project_in({}).secured is project_in({"labels": {SECURITY_LABEL: ""}}).secured is False
