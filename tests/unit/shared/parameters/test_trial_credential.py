"""The type declares what is secret: a credential that a type gains is protected everywhere at once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest

from cli.policies.effective import document
from cli.policies.effective import page as policy_page
from cli.workloads.page import values
from generate.admission import policies
from services.status.conditions import rejected, told
from shared.inquiry.allowed import allowed_at
from shared.inquiry.sources import Effective
from shared.messages import ViolationText, WorkloadRef, WorkloadRejected
from shared.parameters import catalogue, derive, secrecy
from shared.parameters.confidential import Credential, Token
from shared.parameters.kinds import INTERACTIVE
from shared.parameters.limits import MOST_SECRETS
from shared.parameters.shown import Shown
from shared.parameters.storage import Repository
from shared.parameters.types import ItemLabel
from shared.resolution import merge, resolve
from tests.unit.shared.resolution.sources import refused, resolved

CACHES = (derive.parameters, merge.names, resolve._places, resolve._confidential, secrecy.places, secrecy._by_name)


class TrialRepository(Repository):
    """A repository that may be opened with a key as well."""

    deploy_key: Credential | None = None
    """Key that opens it."""


class TrialValues(catalogue.InteractiveValues):
    """Interactive workloads with two more credentials."""

    git_sync: Annotated[
        dict[ItemLabel, TrialRepository],
        Shown("Storage", title="Repositories", example="{}", becomes="init containers"),
    ] = {}  # type: ignore[assignment]  # noqa: RUF012 - a trial: items of a type that has one more member
    """Repositories."""
    license_token: Annotated[
        Token | None, Shown("Tools", title="Licence", example="SECRET:a,b", becomes="a variable")
    ] = None
    """Token of a licence server."""


@pytest.fixture(autouse=True)
def trial(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(catalogue, "InteractiveValues", TrialValues)
    for cached in CACHES:
        cached.cache_clear()
    yield
    monkeypatch.undo()
    for cached in CACHES:
        cached.cache_clear()


def repository(key: str) -> dict[str, Any]:
    return {"items": {"code": {"value": {"source": "https://x/y", "target": "/code", "deployKey": key}}}}


def test_admission_asks_whether_the_person_may_read_the_secrets() -> None:
    """The API server's policy collects the references of the new member and of the new parameter."""
    rule, _, of_policies, _ = policies()["secrets"]
    variables = {one["name"]: one["expression"] for one in rule["spec"]["variables"]}
    assert "item.?value.?deployKey.orValue('')" in variables["gitSync"]
    assert "item.?value.?password.orValue('')" in variables["gitSync"]
    assert "object.spec.?licenseToken.?value.orValue('')" in variables["licenseToken"]
    assert "variables.licenseToken" in variables["secrets"]
    assert (
        "variables.licenseToken"
        in {one["name"]: one["expression"] for one in of_policies["spec"]["variables"]}["secrets"]
    )


def test_the_most_secrets_of_a_workload_are_counted_with_it() -> None:
    """More Secrets than the API server can check are refused, whatever member refers to them."""
    items = {
        f"r{index}": {"value": {"source": "https://x/y", "target": f"/{index}", "deployKey": f"SECRET:s{index},key"}}
        for index in range(MOST_SECRETS)
    }
    assert refused({"gitSync": {"items": items}}) == []
    (sentence,) = refused({"gitSync": {"items": items}, "licenseToken": {"value": "SECRET:another,key"}})
    assert sentence.startswith("gitSync: ")


def test_pages_show_where_the_secret_is_kept_and_never_the_secret() -> None:
    """`describe` and `explain` hide what was written in plain."""
    spec = {"gitSync": repository("hunter2"), "licenseToken": {"value": "hunter2"}}
    page = "\n".join(values(spec, "team-a"))
    assert "hunter2" not in page
    assert "deployKey=(hidden)" in page
    assert "SECRET:git,key" in "\n".join(values({"gitSync": repository("SECRET:git,key")}, "team-a"))
    found = resolved(spec | {"gitSync": repository("SECRET:git,key")}, kind=INTERACTIVE)
    assert secrecy.hidden("licenseToken", found.values_set["licenseToken"]) == secrecy.HIDDEN


def test_a_policy_that_holds_the_secret_is_shown_without_it() -> None:
    """`policy effective` and the rules below a refusal hide it, in the forms that a policy can be written in."""
    token = {"value": {"value": "hunter2"}, "rules": {"canEdit": False}}
    items = {"items": {"code": {**repository("hunter2")["items"]["code"], "rules": {"canEdit": False}}}}
    spec = {"licenseToken": token, "gitSync": items}
    ref = {"namespace": "runai", "name": "p", "uid": "u", "resourceVersion": "1"}
    effective = Effective({"metadata": ref, "spec": spec})
    pages = [
        *policy_page(INTERACTIVE, "team-a", effective, None),
        str(document(INTERACTIVE, "team-a", effective, None)),
    ]
    assert "hunter2" not in "\n".join(pages)
    assert allowed_at(spec, "licenseToken") == "only (hidden)"
    assert "deployKey=(hidden)" in allowed_at(spec, "gitSync.code")


def test_status_and_events_never_quote_it() -> None:
    """A sentence that quotes the value of a template or of a policy leaves the secret out, in every place."""
    of_template = refused({}, {"gitSync": repository("hunter2"), "licenseToken": {"value": "SECRET:mine"}})
    of_policy = refused(
        {"licenseToken": {"value": "SECRET:mine,own"}},
        policy={"licenseToken": {"value": "hunter2", "rules": {"canEdit": False}}},
    )
    assert of_policy == ["licenseToken: cannot be changed (policy value is (hidden))"]
    assert "(base workload big has {source: https://x/y, target: /code, deployKey: (hidden)})" in of_template[0]
    found = [ViolationText(parameter=path, message=text) for path, _, text in (s.partition(": ") for s in of_template)]
    work = WorkloadRef(kind="InteractiveWorkload", namespace="n", name="w", uid="u", generation=1, resource_version="1")
    now = datetime(2026, 1, 5, tzinfo=UTC)
    fact = WorkloadRejected(workload=work, observed_at=now, reason="PolicyViolation", violations=found)
    assert "hunter2" not in str(rejected(fact, {}, now)) + str(told(fact))


def test_a_form_knows_which_fields_to_mask() -> None:
    """A form asks the parameter and its members."""
    own = derive.parameters(INTERACTIVE)
    assert own["licenseToken"].confidential
    assert own["gitSync"].members["deployKey"].confidential
    assert not own["gitSync"].members["source"].confidential
