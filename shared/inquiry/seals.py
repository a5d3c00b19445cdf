"""Says whether the resolver sealed the record of a workload, by the public keys that the cluster shows to people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from shared.errors import ForbiddenError, NotFoundError
from shared.names import GLOBAL_NAMESPACE, SEAL_KEYS, resource_path
from shared.objects import JsonObject

if TYPE_CHECKING:
    from shared.resolution.seal import PublicKeys

UNCHECKED: Final = "Unchecked"
"""The state of a seal if its keys cannot be read."""


@dataclass(frozen=True)
class SealSaid:
    """What a person is told about a seal."""

    state: str
    """A state of `shared.resolution.seal`, or `Unchecked`."""
    sentence: str
    key: str = ""
    """The id of the key that the seal names."""

    @property
    def doubtful(self) -> bool:
        """Whether the record is known not to be what the resolver sealed."""
        return self.state not in ("Sealed", UNCHECKED)

    def to_json(self) -> JsonObject:
        """The seal as JSON."""
        return {"state": self.state, **({"key": self.key} if self.key else {}), "message": self.sentence}


async def seal_said(api: Any, workload: Mapping[str, Any], claim: Mapping[str, Any]) -> SealSaid:
    """What can be said about the seal of the workload's claim."""
    from shared.outputs.configmap import read_claim, seal_of
    from shared.resolution.asked import is_about
    from shared.resolution.seal import Finding, State, UnfitKeyError

    place = f"ConfigMap {SEAL_KEYS} in namespace {GLOBAL_NAMESPACE}"
    keys: PublicKeys = {}
    if (claim.get("data") or {}).get("seal"):
        try:
            keys = await _public_keys(api)
        except NotFoundError:
            return _unchecked(f"{place}, which holds the public keys, does not exist")
        except ForbiddenError:
            return _unchecked(f"you may not read {place}, which holds the public keys")
        except UnfitKeyError as error:
            return _unchecked(f"{place} holds something else than public keys: {error}")
    metadata = workload["metadata"]
    found = seal_of(claim, metadata["uid"], None, keys)
    asked = workload.get("spec") or {}, metadata.get("annotations") or {}
    if found.holds and not is_about(read_claim(claim).sources, *asked):
        found = Finding(State.ANOTHERS, found.key)
    return SealSaid(found.state.value, f"the record {found}", found.key)


async def _public_keys(api: Any) -> "PublicKeys":
    from shared.resolution.seal import key_id, public_key

    found = await api.get(resource_path("configmaps", GLOBAL_NAMESPACE, SEAL_KEYS, "v1"))
    texts = [text for name, text in (found.get("data") or {}).items() if name.endswith(".pem")]
    return {key_id(key): key for key in (public_key(text.encode()) for text in texts)}


def _unchecked(why: str) -> SealSaid:
    return SealSaid(UNCHECKED, f"the seal of the record cannot be checked: {why}")
