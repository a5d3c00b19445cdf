"""What the resolver remembers by names that people choose: all of it is emptied or bounded."""

import asyncio
from typing import Any, cast

from services.resolver import gather as gathering
from services.resolver.gather import Gather
from services.resolver.handlers import judge
from shared.kubernetes.api import Api
from shared.names import PROJECT_LABEL
from shared.objects import JsonObject
from shared.parameters.kinds import TRAINING
from shared.resolution import resolve
from shared.resolution.model import Origin, Source
from tests.unit.services.resolver.test_judge import IMAGE, NAMESPACE, Cluster, at_most, item, observed
from tests.unit.services.resolver.test_rights import STAMP, Reviewed

MANY = 300


def sizes(of: object) -> dict[str, int]:
    """How much each dictionary of an object holds."""
    return {name: len(one) for name, one in vars(of).items() if isinstance(one, dict)}


async def test_nothing_is_kept_of_bases_namespaces_and_secrets_that_were_asked_for() -> None:
    """Workloads that name ever new bases and Secrets leave nothing behind; the policies of a kind are one list."""

    class Everything(Reviewed):
        async def get(self, path: str, params: Any = None) -> JsonObject:
            namespaced = path.startswith("/apis/")
            return item(path.rpartition("/")[2], image=IMAGE) if namespaced else await super().get(path, params)

    cluster = Everything(may=set())
    cluster.labelled[NAMESPACE] = {PROJECT_LABEL: "team-a"}
    gather = Gather(cast(Api, cluster), by_prefix=False)
    named = [{"items": {"A": {"value": f"SECRET:s{number},k"}}} for number in range(MANY)]
    events = [
        observed(annotations=STAMP, baseWorkload=f"b{number}", environment=one) for number, one in enumerate(named)
    ]
    await asyncio.gather(*(judge(event, gather) for event in events))
    assert len(cluster.asked) == MANY
    assert sizes(gather) == {"_lists": 1, "_objects": 0, "_reviews": 0}


async def test_compiled_policies_are_bounded(monkeypatch: Any) -> None:
    """Ever new versions of policies take no more room than those that are remembered."""
    monkeypatch.setattr(gathering, "REMEMBERED", 10)
    cluster = Cluster()
    gather = Gather(cast(Api, cluster))
    for number in range(30):
        cluster.policies = [at_most(number, name=f"p{number}")]
        assert await gather.policy(TRAINING, "runai-team-a")
    assert len(gather._compiled) == 10


def test_a_long_label_is_not_kept() -> None:
    """What is remembered of labels is small, whatever people write: a long label is judged anew each time."""
    resolve._wrong_short_label.cache_clear()
    spec: Any = {"environment": {"items": {"a" * 100_000: {"value": "x"}, "SEED": {"value": "1"}}}}
    resolve.resolve(TRAINING, Source(Origin.WORKLOAD, None, spec), None)
    assert resolve._wrong_short_label.cache_info().currsize == 1
