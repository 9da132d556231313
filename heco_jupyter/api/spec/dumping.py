"""A spec as YAML that a person edits: each field with its meaning beside it, secrets as `!secret NAME`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import yaml

from heco_jupyter.api.display.text import is_harmless, visible, width
from heco_jupyter.api.model.fields import BY_PATH, FieldKind

_COMMENT_AT = 48
_TAG = "!secret"
_BREAKS = re.compile(r"[\n\t]")
_INDENT = 2  # as PyYAML writes it
_BLOCK_STYLES = ("|", "|-", "|+", ">")


class SecretName(str):
    """The name of a secret, to be written as `!secret NAME`."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    def choose_scalar_style(self) -> Any:
        """Return how to write a scalar: the name of a secret as it is, which PyYAML would quote for its tag."""
        is_secret = isinstance(self.event, yaml.ScalarEvent) and self.event.tag == _TAG
        return "" if is_secret else super().choose_scalar_style()


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    is_odd = not is_harmless(_BREAKS.sub("", text))  # such as line ends that YAML would turn into others
    style = '"' if is_odd else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _without_variables(value: Any) -> Any:
    """Return a copy in which no text is read as a variable of the notebook: `$name` is written `$$name`."""
    if isinstance(value, Mapping):
        return {key: _without_variables(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_variables(item) for item in value]
    if isinstance(value, str) and value.startswith("$") and value.lstrip("$").isidentifier():
        return f"${value}"
    return value


def _represent_number(dumper: yaml.SafeDumper, number: float) -> yaml.ScalarNode:
    """Represent a number without an exponent, with which it would be read as text."""
    digits = f"{Decimal(repr(number)):f}"
    return dumper.represent_scalar("tag:yaml.org,2002:float", digits if "." in digits else f"{digits}.0")


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(float, _represent_number)
_Dumper.add_representer(SecretName, lambda dumper, name: dumper.represent_scalar(_TAG, str(name)))


def commented_yaml(spec: Mapping[str, Any]) -> str:
    """Return a spec as YAML, with the meaning of each field as a comment.

    Parameters
    ----------
    spec
        Keys are the API's; a `SecretName` where a secret goes.
    """
    dumped = yaml.dump(_without_variables(spec), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)
    # What is not seen, or turns the direction of what follows, is left in quoted texts alone: it is escaped there.
    dumped = "".join(
        part if _BREAKS.fullmatch(part) else visible(part) for part in re.split(f"({_BREAKS.pattern})", dumped)
    )
    lines, parent = [], ""
    for line in dumped.removesuffix("\n").split("\n"):
        indent, (key, colon, value) = len(line) - len(line.lstrip()), line.strip().partition(":")
        if not indent:
            parent = key
        path = key if not indent else f"{parent}.{key}" if indent == _INDENT else ""
        field = BY_PATH.get(path) if colon else None
        one_line = value.strip() not in _BLOCK_STYLES or (field and field.kind is FieldKind.OBJECT)
        room = _COMMENT_AT - width(line)
        fits = field and one_line and room > 0
        lines.append(f"{line}{' ' * room}# {field.about}" if fits and field else line)
    return "\n".join(lines) + "\n"
