"""Puts the rules of a policy into words. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from shared.parameters.secrecy import hidden_default, hidden_rules

OF_ITEMS: Final = ("canAdd", "required")
"""Rules that apply to the items of a parameter as a whole."""


def allowed_at(spec: Mapping[str, Any], path: str | Sequence[str]) -> str:
    """What the rules of a policy's `spec` allow at a path such as `ports.web.container`; empty if there are none.

    A path given as steps is exact. In text, labels may contain dots, so the policy's own labels decide.
    """
    name, label, member = _steps(spec, path)
    written = _mapping(spec.get(name))
    if not label:
        return in_words(hidden_rules(name, _mapping(written.get("rules"))), hidden_default(name, written.get("value")))
    items = _mapping(written.get("items"))
    item = _mapping(items.get(label))
    of_members = hidden_rules(name, {"itemRules": _mapping(written.get("itemRules"))}, label)["itemRules"]
    own = _mapping(of_members.get(member))
    whole = {key: rule for key, rule in _mapping(written.get("rules")).items() if key in OF_ITEMS}
    default = hidden_default(name, item.get("value"), label)
    parts = [in_words(own, None), in_words(hidden_rules(name, _mapping(item.get("rules")), label), default)]
    if label not in items:
        parts.append(in_words(whole, None))
    return "; ".join(dict.fromkeys(part for part in parts if part))


def in_words(rules: Mapping[str, Any], default: Any) -> str:
    """Rules in words: `1 to 4`, `one of a, b`."""
    parts = [*_bounds(rules), *_flags(rules, default)]
    return ", ".join(parts)


def _bounds(rules: Mapping[str, Any]) -> Iterator[str]:
    least, most = rules.get("min"), rules.get("max")
    if least is not None and most is not None:
        yield f"{least} to {most}"
    elif least is not None:
        yield f"{least} or more"
    elif most is not None:
        yield f"{most} or less"
    if rules.get("step") is not None:
        yield f"in steps of {rules['step']}"
    if isinstance(options := rules.get("options"), Sequence) and not isinstance(options, str):
        yield f"one of {', '.join(str(_option(option)) for option in options)}"


def _flags(rules: Mapping[str, Any], default: Any) -> Iterator[str]:
    if rules.get("canEdit") is False:
        yield f"only {_shown(default)}" if default is not None else "only the policy's own value"
    if rules.get("canRemove") is False:
        yield "cannot be removed"
    if rules.get("canAdd") is False:
        yield "only the policy's own items"
    if rules.get("required"):
        yield "required"


def _option(option: Any) -> Any:
    return option.get("value") if isinstance(option, Mapping) else option


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = value.get("value") if value.keys() == {"value"} else None
        return _shown(inner) if inner is not None else ", ".join(f"{key}={_shown(one)}" for key, one in value.items())
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _steps(spec: Mapping[str, Any], path: str | Sequence[str]) -> tuple[str, str, str]:
    """Parameter, label and member of a path, each empty if there is none."""
    if not isinstance(path, str):
        name, label, member, *_ = (*path, "", "")
        return name, label, member
    name, _, rest = path.partition(".")
    items = _mapping(_mapping(spec.get(name)).get("items"))
    found = [label for label in items if rest == label or rest.startswith(f"{label}.")]
    if label := max(found, key=len, default=""):
        return name, label, rest[len(label) + 1 :]
    label, dot, member = rest.rpartition(".")
    return (name, label, member) if dot else (name, rest, "")


def _mapping(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}
