"""What the submission guide says, row by row."""

from shared.parameters.kinds import INTERACTIVE, TRAINING
from shared.resolution.model import Origin, Provenance, Refused, Resolved
from tests.unit.shared.resolution.sources import DELETED, outcome, port, ports, refused, resolved, shown

POLICY = ports(admin_port_a=port(30100, 8080), admin_port_b=port(30101, 8081))
BASE = ports(admin_port_a=port(30100, 8100), team_a_port=port(30111, 8111))
WORKLOAD = ports(admin_port_b=DELETED, my_port=port(30222, 8222))
NOTEBOOK = {"jupyter": {"value": True}, "image": {"value": "jupyter/scipy-notebook"}}
JOB = {"gpu": {"value": "1"}, "jobNamePrefix": {"value": "jupyter"}}


def test_each_source_adds_edits_and_deletes_ports_by_label() -> None:
    """The guide's table."""
    assert shown(resolved(WORKLOAD, BASE, POLICY)) == {
        "admin-port-a": "30100:8100",
        "team-a-port": "30111:8111",
        "my-port": "30222:8222",
    }


def test_the_values_set_of_the_guides_notebook_comes_from_two_sources() -> None:
    """The guide's notebook takes its values from workload and template."""
    found = outcome(JOB, {"usage": "Template", **NOTEBOOK})
    assert isinstance(found, Resolved)
    stated = {name: one for name, one in found.provenance.items() if getattr(one, "origin", None) != Origin.BUILT_IN}
    assert stated == {
        "namePrefix": Provenance(Origin.WORKLOAD, "jupyter", (), {}),
        "image": Provenance(Origin.BASE, "jupyter/scipy-notebook", (), {}),
        "gpu": Provenance(Origin.WORKLOAD, "1", (), {}),
        "jupyter": Provenance(Origin.BASE, True, (), {}),
    }
    assert found.values_set["namePrefix"] == "jupyter"


def test_the_guides_workload_alone_lacks_an_image() -> None:
    """Without its template the guide's workload has no image."""
    found = outcome(JOB)
    assert isinstance(found, Refused)
    assert [str(violation) for violation in found.violations] == ["image: cannot be blank"]


def test_a_base_that_was_valid_once_is_refused_after_the_policy_was_tightened() -> None:
    """A base workload beyond a tightened policy is named in the sentence, and can be overridden."""
    policy = {"gpu": {"rules": {"max": "3"}}}
    assert refused({}, {"gpu": {"value": "5"}}, policy) == [
        "gpu: must be no greater than 3 (base workload big has 5, which the policy does not allow)"
    ]
    assert refused({"gpu": {"value": "3"}}, {"gpu": {"value": "5"}}, policy) == []


def test_the_policy_guides_sentence() -> None:
    """The sentence of the policy guide, word for word."""
    assert refused({"gpu": {"value": "5"}}, policy={"gpu": {"rules": {"max": "4"}}}) == [
        "gpu: must be no greater than 4"
    ]


def test_an_overridden_item_is_taken_whole() -> None:
    """An item is taken whole from one source, never mixed."""
    found = resolved(ports(a=port(30200)), policy=ports(a=port(30100, 8080)))
    assert found.values_set["ports"] == {"a": {"container": 30200}}


def test_every_kind_resolves_with_its_own_parameters() -> None:
    """A parameter of another kind is refused by name."""
    assert "jupyter: is not a parameter of training workloads" in refused(NOTEBOOK, kind=TRAINING)
    assert "backoffLimit: is not a parameter of interactive workloads" in refused(
        {"backoffLimit": {"value": 1}}, kind=INTERACTIVE
    )
    assert resolved({}, kind=TRAINING).values_set["backoffLimit"] == 6
