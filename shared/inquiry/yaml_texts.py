"""YAML as people read it. Pure."""

from functools import cache
from typing import Any, Final

from shared.objects import JsonObject

UNSHOWN: Final = ("managedFields",)
"""Metadata that only matters to the API server."""


def yaml_text(value: Any) -> str:
    """Block YAML in the order of the object, without control characters."""
    import yaml

    return str(yaml.dump(value, Dumper=_dumper(), sort_keys=False, width=10_000))


@cache
def _dumper() -> Any:
    """A dumper that double-quotes text that looks like a number or similar, as kubectl and the guides do."""
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # chosen at run time
        """A dumper with our own quoting of text."""

    def text(dumper: Any, value: str) -> Any:
        plain = dumper.resolve(yaml.ScalarNode, value, (True, False)) == dumper.DEFAULT_SCALAR_TAG
        return dumper.represent_scalar(dumper.DEFAULT_SCALAR_TAG, value, style=None if plain else '"')

    Dumper.add_representer(str, text)
    return Dumper


def clean(item: JsonObject) -> JsonObject:
    """The object without metadata that only matters to the API server."""
    metadata = {key: value for key, value in (item.get("metadata") or {}).items() if key not in UNSHOWN}
    return {**item, "metadata": metadata} if metadata else item
