"""The structural schemas derived from the catalogue."""

from collections.abc import Iterator
from typing import Any

import pytest

from generate.crds import definitions
from generate.schemas import spec_of_policy, spec_of_workload
from shared.parameters import sentences
from shared.parameters.kinds import DISTRIBUTED, INTERACTIVE, KINDS, TRAINING
from shared.parameters.limits import MOST_ITEMS

DEFINITIONS = list(definitions())


def schema_of(definition: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def walk(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field, with its path."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from walk(inner, f"{path}.{name}")
    for name in ("items", "additionalProperties"):
        if name in schema:
            yield from walk(schema[name], f"{path}[]")


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition["spec"]["names"]["kind"])
def test_every_field_is_described(definition: dict[str, Any]) -> None:
    """Every field of every definition has a description for `kubectl explain`."""
    shapes = (".spec", ".metadata")
    undescribed = [
        path
        for path, field in walk(schema_of(definition))
        if not field.get("description") and path not in shapes and not path.endswith("[]") and path != ".metadata"
    ]
    assert undescribed == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_everything_that_people_write_has_a_limit(kind: Any) -> None:
    """Every string, list and map that people write has a size limit."""
    for path, field in [*walk(spec_of_workload(kind)), *walk(spec_of_policy(kind))]:
        if field.get("type") == "string" and "enum" not in field:
            assert field["maxLength"] <= 32768, path
        if "additionalProperties" in field:
            assert field["maxProperties"] == MOST_ITEMS, path
        if field.get("type") == "array":
            assert field["maxItems"] == MOST_ITEMS, path


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition["spec"]["names"]["kind"])
def test_nothing_is_left_that_a_structural_schema_cannot_hold(definition: dict[str, Any]) -> None:
    """The schemas use only what a structural schema allows."""
    for path, field in walk(schema_of(definition)):
        assert not {"$ref", "$defs", "title", "anyOf", "additional_properties", "ge", "le"} & field.keys(), path
        free = "x-kubernetes-int-or-string" in field or field.get("x-kubernetes-preserve-unknown-fields")
        assert "type" in field or free, path
        assert ("default" in field) == path.endswith(".spec.usage"), path


def test_both_spellings_of_the_prefix_are_fields_of_workload_and_policy() -> None:
    """Workloads and policies have namePrefix and jobNamePrefix."""
    for spec in (spec_of_workload(INTERACTIVE), spec_of_policy(INTERACTIVE)):
        assert spec["properties"]["jobNamePrefix"]["description"].startswith("The same as namePrefix.")


def test_a_policy_governs_values_only() -> None:
    """Policies have no rules for usage and baseWorkload, or for parameters of other kinds."""
    governed = spec_of_policy(TRAINING)["properties"]
    assert not {"usage", "baseWorkload"} & governed.keys()
    assert "jupyter" not in governed
    assert "jupyter" in spec_of_policy(INTERACTIVE)["properties"]


@pytest.mark.parametrize(
    ("parameter", "rules"),
    [
        ("stdin", {"required", "canEdit"}),
        ("image", {"required", "canEdit", "options"}),
        ("completions", {"required", "canEdit", "min", "max", "step"}),
        ("gpu", {"required", "canEdit", "min", "max", "step"}),
        ("memory", {"required", "canEdit", "min", "max"}),
        ("ports", {"required", "canAdd"}),
    ],
)
def test_a_policy_has_the_rules_that_fit_the_value(parameter: str, rules: set[str]) -> None:
    """A policy offers exactly the rules that fit the type of the value."""
    governed = spec_of_policy(TRAINING)["properties"][parameter]["properties"]
    assert set(governed["rules"]["properties"]) >= rules
    assert not set(governed["rules"]["properties"]) - rules


def test_a_policy_has_rules_per_member_and_per_item() -> None:
    """A policy has rules for all items, for members and for single items."""
    ports = spec_of_policy(TRAINING)["properties"]["ports"]["properties"]
    assert set(ports) == {"rules", "itemRules", "items"}
    assert set(ports["itemRules"]["properties"]) == {"container", "external", "autoGenerate", "serviceType"}
    item = ports["items"]["additionalProperties"]["properties"]
    assert set(item["rules"]["properties"]) == {"canEdit", "canRemove"}


def test_a_policy_has_rules_of_items_without_members_and_of_values_with_some() -> None:
    """Plain items and values with members have their own rules."""
    governed = spec_of_policy(DISTRIBUTED)["properties"]
    of_items = governed["environment"]["properties"]["itemRules"]["properties"]
    assert {name: set(rules["properties"]) for name, rules in of_items.items()} == {
        "value": {"required", "canEdit", "options"}
    }
    of_value = governed["runPolicy"]["properties"]["memberRules"]["properties"]
    assert list(of_value) == ["cleanPodPolicy", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"]
    assert set(of_value["cleanPodPolicy"]["properties"]) == {"required", "canEdit", "options"}
    assert set(of_value["backoffLimit"]["properties"]) == {"required", "canEdit", "min", "max", "step"}
    assert "memberRules" not in governed["gpu"]["properties"]


def test_the_api_server_says_our_sentences() -> None:
    """The API server refuses with the same sentences as the resolver."""
    rules = spec_of_workload(INTERACTIVE)["x-kubernetes-validations"]
    assert [rule["message"] for rule in rules] == [
        sentences.TEMPLATE_WITH_BASE,
        sentences.USAGE_IMMUTABLE,
        sentences.SPEC_IMMUTABLE,
        sentences.TOO_LARGE,
    ]


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition["spec"]["names"]["kind"])
def test_all_versions_are_one_and_the_first_is_stored(definition: dict[str, Any]) -> None:
    """No conversion is needed: what is written in one version is read unchanged in another."""
    names = [version["name"] for version in definition["spec"]["versions"]]
    assert names == (["v1"] if definition["spec"]["names"]["kind"] == "RunaiJob" else ["v1alpha1", "v2alpha1"])
    first, *others = [
        {key: value for key, value in version.items() if key not in ("name", "storage")}
        for version in definition["spec"]["versions"]
    ]
    assert all(other == first for other in others)
    assert [version["storage"] for version in definition["spec"]["versions"]] == [True, *[False] * len(others)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_columns_of_a_list(kind: Any) -> None:
    """`kubectl get` shows the documented columns."""
    columns = {
        definition["spec"]["names"]["kind"]: [
            column["name"] for column in definition["spec"]["versions"][0]["additionalPrinterColumns"]
        ]
        for definition in DEFINITIONS
    }
    assert columns[kind.workload] == ["Usage", "Status", "Job", "Age"]
    assert columns[kind.policy] == ["Age"]
