"""The policies to start from: valid, without contradictions, and an example of every grant."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from generate.schemas import spec_of_policy
from shared.inquiry.granting import DECIDING
from shared.inquiry.lint import Weight, lint
from shared.inquiry.written import Written
from shared.parameters.kinds import KINDS
from shared.resolution.cross_grants import OF_NODE
from shared.resolution.grants import Grants
from shared.resolution.policy import compile_policy

FILE = Path(__file__).parents[3] / "deploy" / "policies" / "default.yaml"
TEXT = FILE.read_text(encoding="utf-8")
AS_IT_IS, WITH_ALL = TEXT, TEXT.replace("#~ ", "")


def policies(text: str) -> list[Written]:
    """The policies in a text, by kind."""
    kinds = {kind.policy: kind for kind in KINDS}
    return [Written(kinds[one["kind"]], one) for one in yaml.safe_load_all(text) if one]


def unknown(written: Any, schema: dict[str, Any], path: str = "") -> list[str]:
    """Paths of what the definition's schema does not know, which the API server would refuse."""
    if not isinstance(written, dict):
        return []
    if isinstance(rest := schema.get("additionalProperties"), dict):
        return [one for key, inner in written.items() for one in unknown(inner, rest, f"{path}.{key}")]
    known = schema.get("properties")
    if known is None:
        return []
    strange = [f"{path}.{key}" for key in written if key not in known]
    return strange + [
        one for key in written if key in known for one in unknown(written[key], known[key], f"{path}.{key}")
    ]


@pytest.mark.parametrize("text", [AS_IT_IS, WITH_ALL], ids=["as it is", "with every grant"])
def test_there_is_a_valid_policy_for_every_kind(text: str) -> None:
    """Each document fits the definition of its kind, and lint finds neither errors nor warnings."""
    found = policies(text)
    assert {one.kind for one in found} == set(KINDS)
    for one in found:
        assert unknown(one.spec, spec_of_policy(one.kind)) == []
    assert [str(one.problem) for one in lint(found) if one.problem.weight is not Weight.NOTE] == []


def test_as_it_is_nothing_that_reaches_beyond_the_pods_is_granted() -> None:
    """P9: who applies the file as it is grants nothing."""
    for one in policies(AS_IT_IS):
        assert not {*OF_NODE, *DECIDING, "labels", "annotations", "tolerations", "serviceType"} & one.spec.keys()


def test_every_grant_is_shown() -> None:
    """Every parameter that can be granted has an example that grants something."""
    for one in policies(WITH_ALL):
        grants = Grants(one.kind, compile_policy(one.kind, one.spec).rules)
        for name in OF_NODE:
            assert grants.value(name, True) is (name in one.kind.values.model_json_schema(by_alias=True)["properties"])
        assert grants.member("capabilities", "value")
        assert grants.member("volumes", "sourcePath")
        assert grants.member("tolerations", "key")
        assert grants.item("extendedResources", "example.com/fpga", "1")
        assert grants.label("labels", "app.kubernetes.io/name", "x")
        assert grants.label("annotations", "sidecar.istio.io/inject", "false")
        assert {"serviceType", "exposedUrls", "nodePools"} <= one.spec.keys()
