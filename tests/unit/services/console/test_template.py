"""A template keeps what a draft and its base state, so that using it gives what the draft would have given."""

from services.console.template import template_spec
from shared.objects import JsonObject
from shared.parameters.kinds import DISTRIBUTED, INTERACTIVE, TRAINING, Kind
from shared.resolution.model import Origin, Refused, Resolved, Source, SourceRef
from shared.resolution.policy import Policy, compile_policy
from shared.resolution.resolve import resolve

PORTS: JsonObject = {
    "ports": {
        "items": {
            "admin-a": {"value": {"container": 30100, "external": 8080}},
            "admin-b": {"value": {"container": 30101, "external": 8081}},
        }
    }
}


def source(origin: Origin, spec: JsonObject) -> Source:
    return Source(origin, SourceRef("runai-a", origin.name.lower(), "uid", "1"), spec)


def made(kind: Kind, base: JsonObject, draft: JsonObject, policy: JsonObject) -> JsonObject:
    """The template's spec, once it is proved that it gives the values of the draft."""
    below: Policy = compile_policy(kind, policy)
    stated, under = source(Origin.WORKLOAD, draft), source(Origin.BASE, base)
    spec = template_spec(kind, stated, under, below)
    before = resolve(kind, stated, under, below)
    after = resolve(kind, source(Origin.WORKLOAD, {}), source(Origin.BASE, spec), below)
    assert values(before) == values(after)
    return spec


def values(result: Resolved | Refused) -> JsonObject:
    assert isinstance(result, Resolved), result
    return result.values_set


def test_what_base_and_draft_state_is_kept_and_policy_defaults_are_not() -> None:
    """The draft beats the base, and what only the policy states is left to the policy."""
    base: JsonObject = {"image": {"value": "a"}, "memory": {"value": "1G"}}
    spec = made(TRAINING, base, {"memory": {"value": "2G"}}, {"cpu": {"value": "1"}})
    assert spec == {"usage": "Template", "image": {"value": "a"}, "memory": {"value": "2G"}}


def test_items_are_kept_one_by_one() -> None:
    """An item of the policy stays deleted; one that only the base had leaves no trace."""
    base: JsonObject = {"image": {"value": "a"}, "ports": {"items": {"team": {"value": {"container": 1}}}}}
    draft: JsonObject = {
        "ports": {
            "items": {
                "admin-b": {"deleted": True},
                "team": {"deleted": True},
                "mine": {"value": {"container": 2}},
            }
        }
    }
    spec = made(INTERACTIVE, base, draft, PORTS)
    assert spec["ports"] == {"items": {"mine": {"value": {"container": 2}}, "admin-b": {"deleted": True}}}


def test_of_parameters_that_exclude_each_other_the_draft_s_is_kept() -> None:
    """A template that stated both would be refused."""
    spec = made(INTERACTIVE, {"image": {"value": "a"}, "gpuMemory": {"value": "20G"}}, {"gpu": {"value": "2"}}, {})
    assert spec == {"usage": "Template", "image": {"value": "a"}, "gpu": {"value": "2"}}


def test_an_entry_without_a_value_around_it_stays_as_it_is_written() -> None:
    """The framework of a distributed workload is not wrapped."""
    spec = made(DISTRIBUTED, {"image": {"value": "a"}}, {"jobType": "PyTorch"}, {})
    assert spec["jobType"] == "PyTorch"
