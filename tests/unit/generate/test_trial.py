"""A parameter is one field of the catalogue: everything users see of it follows."""

from collections.abc import Iterator
from typing import Annotated

import pytest

from generate import flags, parameters_page
from generate.schemas import spec_of_policy, spec_of_workload
from shared.parameters import catalogue
from shared.parameters.catalogue import CommonValues
from shared.parameters.derive import Family, parameters
from shared.parameters.kinds import kind_named
from shared.parameters.shown import Rank, Shown, When
from shared.parameters.types import Boolean, Quantity

TRIAL = kind_named("trial", "tr", job_type="Trial", switches=("--trial",), told="Trial workloads.")


class TrialValues(CommonValues):
    """Parameters of a kind that only this test has."""

    swap: Annotated[
        Boolean, Shown("Resources", "--swap", title="Swap space", example="true", becomes="a swap file")
    ] = False
    """Whether the container can swap."""
    swap_size: Annotated[
        Quantity | None,
        Shown("Resources", "--swap-size", title="Swap size", rank=Rank.RARE, only_with=When("swap"), unit="bytes",
              example="1Gi", becomes="size of the swap file"),
    ] = None  # fmt: skip
    """Size of the swap space."""


@pytest.fixture(autouse=True)
def trial(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The catalogue and its readers have one more kind."""
    monkeypatch.setattr(catalogue, "TrialValues", TrialValues, raising=False)
    monkeypatch.setattr(flags, "KINDS", (TRIAL,))
    monkeypatch.setattr(parameters_page, "KINDS", (TRIAL,))
    flags.long_flags.cache_clear()
    yield
    flags.long_flags.cache_clear()


def test_its_title_rank_and_description_follow() -> None:
    """A form needs no more than these."""
    added = parameters(TRIAL)["swapSize"]
    assert (added.shown.title, added.shown.rank, added.family) == ("Swap size", Rank.RARE, Family.QUANTITY)
    assert added.doc == "Size of the swap space. Only with swap."
    assert added.units[:2] == ("Mi", "Gi")


def test_its_schemas_follow() -> None:
    """Both definitions have the field, and `kubectl explain` its description."""
    for spec in (spec_of_workload(TRIAL), spec_of_policy(TRIAL)):
        assert spec["properties"]["swapSize"]["description"] == "Size of the swap space. Only with swap."


def test_its_flag_follows() -> None:
    """Help calls the other parameter by its flag."""
    flag = next(one for one in flags.derived() if one["parameter"] == "swapSize")
    assert (flag["names"], flag["section"], flag["kinds"]) == (("--swap-size",), "Resources", ["trial"])
    assert flag["help"] == "Size of the swap space. Only with --swap."


def test_its_entry_in_the_documentation_follows() -> None:
    """The parameter is under its section, with its title, type, units and flag."""
    page = parameters_page.parameters_page({}, {"swapSize": "`--swap-size`"})
    entry = page.partition("### swapSize\n")[2].partition("\n### ")[0]
    assert page.index("## Resources") < page.index("### swapSize") < page.index("## Storage")
    assert "- Title: Swap size (rare)" in entry
    assert "in bytes; units: Mi, Gi" in entry
    assert "- Flag: `--swap-size`" in entry
    assert "- Kinds: trial" in entry
