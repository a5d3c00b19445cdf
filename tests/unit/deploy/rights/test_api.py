"""The table of rights on the API server, without a server."""

import pytest

from deploy.rights.api import JOBS, TABLE, WORKLOADS, manifests, manifests_as_owner
from shared.outputs.kinds import OUTPUT_KINDS

FORBIDDEN_VERBS = {"*", "escalate", "impersonate", "bind", "deletecollection", "approve", "sign"}
FORBIDDEN_RESOURCES = ("*", "secrets", "pods", "roles", "rolebindings", "clusterroles", "clusterrolebindings")


@pytest.mark.parametrize("service", TABLE)
def test_no_service_reads_secrets_or_grants_rights(service: str) -> None:
    """P9: no role has a wildcard, Secrets, pods, or a verb by which rights are granted."""
    for manifest in [*manifests(service), *manifests_as_owner()]:
        for rule in manifest.get("rules", []):
            assert not FORBIDDEN_VERBS & set(rule["verbs"])
            assert not any(one.partition("/")[0] in FORBIDDEN_RESOURCES for one in rule["resources"])
            assert "*" not in rule["apiGroups"]


@pytest.mark.parametrize("job", JOBS)
def test_a_job_reads_no_secret_but_those_that_are_named(job: str) -> None:
    """P9: only a job of the chart touches Secrets: in the services' own namespace, and reading by name."""
    for manifest in manifests(job):
        for rule in manifest.get("rules", []):
            assert not FORBIDDEN_VERBS & set(rule["verbs"])
            if "secrets" in rule["resources"]:
                assert (manifest["kind"], manifest["metadata"]["namespace"]) == ("Role", "slipway")
                assert rule["verbs"] == ["create"] or (rule["verbs"] == ["get"] and rule["resourceNames"])


@pytest.mark.parametrize("service", [*TABLE, *JOBS])
def test_a_role_is_bound_to_the_services_own_account_and_to_nobody_else(service: str) -> None:
    """P9: each role has one subject, the account of the service that it is made for."""
    account = {"kind": "ServiceAccount", "namespace": "slipway", "name": f"slipway-{service}"}
    bindings = [one for one in manifests(service) if one["kind"].endswith("Binding")]
    assert bool(bindings) == (service != "console")  # which has none of its own
    assert all(one["subjects"] == [account] for one in bindings)


def test_the_creator_makes_every_kind_of_output_and_nothing_else() -> None:
    """P9: a new kind of output gets its right by being listed once."""
    made = {
        (right.group, one)
        for right in TABLE["creator"].everywhere
        if "create" in right.verbs
        for one in right.resources
    }
    assert made == {(version.rpartition("/")[0], kind.plural) for (_, version), kind in OUTPUT_KINDS.items()}


def test_who_blocks_the_deletion_of_an_owner_may_update_its_finalizers() -> None:
    """With OwnerReferencesPermissionEnforcement, the creator owns by workloads, and the runner by RunaiJobs."""
    owned = {
        service: {one for right in rights.as_owner for one in right.resources} for service, rights in TABLE.items()
    }
    assert {service: found for service, found in owned.items() if found} == {
        "creator": {f"{one}/finalizers" for one in WORKLOADS},
        "runner": {"runaijobs/finalizers"},
    }
