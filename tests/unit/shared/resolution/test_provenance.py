"""The source of every value, as stored beside the values set; and what is too large to be stored."""

import json
from typing import Any

from shared.parameters.kinds import INTERACTIVE
from shared.parameters.types import ItemLabel
from shared.resolution.model import Beaten, Origin, Provenance, Refused, Resolved, SourceRef, provenance_json
from tests.unit.shared.resolution.sources import DELETED, outcome, port, ports, resolved

KIB = 1024


def test_a_value_tells_its_origin_what_it_beat_and_the_rules() -> None:
    """The provenance of a value has its origin, the values it overrode, and the rules."""
    found = resolved({"gpu": {"value": 3}}, {"gpu": {"value": "2"}}, {"gpu": {"rules": {"max": "4"}, "value": "1"}})
    assert found.provenance["gpu"] == Provenance(
        Origin.WORKLOAD, "3", (Beaten(Origin.BASE, "2"), Beaten(Origin.POLICY, "1")), {"max": "4"}
    )
    assert provenance_json(found)["gpu"] == {
        "origin": "workload",
        "value": "3",
        "beat": [{"origin": "base", "value": "2"}, {"origin": "policy default", "value": "1"}],
        "rules": {"max": "4"},
    }


def test_items_tell_theirs_by_label_and_the_rules_of_all_once() -> None:
    """Items have provenance by label; rules for all of them are stated once."""
    policy: Any = {
        "ports": {
            "rules": {"canAdd": True},
            "itemRules": {"container": {"min": 80}},
            "items": {"a": {"rules": {"canEdit": True}, **port(80)}, "b": port(81)},
        }
    }
    found = resolved(ports(b=DELETED, c=port(83)), ports(a=port(82)), policy)
    assert provenance_json(found)["ports"] == {
        "rules": {"canAdd": True, "itemRules": {"container": {"min": 80}}},
        "items": {
            "a": {
                "origin": "base",
                "value": {"container": 82},
                "beat": [{"origin": "policy default", "value": {"container": 80}}],
                "rules": {"canEdit": True},
            },
            "b": {
                "origin": "workload",
                "deleted": True,
                "beat": [{"origin": "policy default", "value": {"container": 81}}],
            },
            "c": {"origin": "workload", "value": {"container": 83}},
        },
    }


def test_every_value_of_the_set_has_one_and_it_survives_json() -> None:
    """Every value has a provenance, and it survives JSON."""
    found = resolved(ports(a=port(1)), {"gpu": {"value": 1}}, {"memory": {"value": "1G"}})
    told = provenance_json(found)
    assert json.loads(json.dumps(told)) == told
    assert found.values_set.keys() == told.keys()
    assert told["imagePullPolicy"] == {"origin": "built-in default", "value": "Always"}


def test_the_set_reads_back_as_typed_values() -> None:
    """A values set reads back as typed values."""
    found = resolved(ports(a=port(1)), "environment: {items: {A: {value: ''}}}", "cpu: {value: {value: 0.5}}")
    values = INTERACTIVE.values.model_validate(found.values_set)
    assert (values.ports[ItemLabel("a")].container, values.environment, values.cpu) == (1, {"A": ""}, "0.5")


def test_a_long_beaten_value_is_told_by_its_beginning() -> None:
    """A long beaten value is shortened."""
    found = resolved(
        {"environment": {"items": {"A": {"value": "x"}}}}, {"environment": {"items": {"A": {"value": "y" * 5000}}}}
    )
    told: Any = provenance_json(found)
    assert told["environment"]["items"]["A"]["beat"][0]["value"] == "y" * 256 + "..."


def test_a_values_set_above_its_limit_is_refused() -> None:
    """A values set above 512 KiB is refused."""
    found = outcome({"image": {"value": "x"}, **_variables(16, 32 * KIB)}, {**_variables(4, 32 * KIB, "B")})
    assert isinstance(found, Refused)
    assert [str(violation) for violation in found.violations] == [
        "spec: the values set is larger than 512 KiB, which is the limit"
    ]


def test_a_values_set_just_below_its_limit_is_kept_with_its_provenance() -> None:
    """A values set just below the limit fits into its ConfigMap together with its provenance."""
    found = outcome({"image": {"value": "x"}, **_variables(15, 32 * KIB)}, {**_variables(15, 32 * KIB)})
    assert isinstance(found, Resolved)
    kept = len(json.dumps(found.values_set)) + len(json.dumps(provenance_json(found)))
    assert kept < 960 * KIB
    told: Any = provenance_json(found)
    assert told["environment"]["items"]["V1"]["origin"] == "workload"


def test_as_many_items_as_sources_may_have_are_resolved() -> None:
    """Ten thousand items resolve."""
    items = {f"v{n}": {"value": "x"} for n in range(10_000)}
    found = outcome({"image": {"value": "x"}, "environment": {"items": items}})
    assert isinstance(found, Resolved)
    environment: Any = found.values_set["environment"]
    assert len(environment) == 10_000


def test_a_reference_is_told_in_camel_case() -> None:
    """A reference has camelCase members in JSON."""
    assert SourceRef("runai", "a", "u", "7").to_json() == {
        "namespace": "runai",
        "name": "a",
        "uid": "u",
        "resourceVersion": "7",
    }


def _variables(count: int, size: int, stem: str = "V") -> dict[str, Any]:
    return {"environment": {"items": {f"{stem}{n}": {"value": "x" * size} for n in range(count)}}}
