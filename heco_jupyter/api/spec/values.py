"""The values of a spec: as they were written, where they came from, and as JSON has them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self

from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import Problem
from heco_jupyter.api.model.fields import BY_PATH, Encoded, FieldKind
from heco_jupyter.api.spec.characters import SURROGATE

if TYPE_CHECKING:
    Path = tuple[str | int, ...]

REPORTED = object()
"""Stands in a spec for a value that has already been reported as a problem."""
DEEPEST = 20
_SHOWN = 40
_ARTICLE = re.compile(r"[aeiou]", re.IGNORECASE)


class Brought(str):
    """A text that `!env` or `!file` brought.

    Attributes
    ----------
    tag : str
        Which of them.
    """

    __slots__ = ("tag",)
    tag: str

    def __new__(cls, text: str, tag: str) -> Self:
        """Return the text with the tag that brought it."""
        made = super().__new__(cls, text)
        made.tag = tag
        return made

    def __repr__(self) -> str:
        return f"<{len(self)} characters from {self.tag}>"  # a traceback may show it

    @property
    def is_hidden(self) -> bool:
        """Whether what shows a spec leaves it out: an environment variable can be a secret."""
        return self.tag == "!env"


@dataclass(frozen=True, slots=True)
class Written:
    """How a scalar was written.

    Parameters
    ----------
    number
        Its text, if it was read as a number or as true or false.
    is_folded
        Whether YAML has joined lines of it.
    has_windows_lines
        Whether YAML has turned CRLF in it into LF.
    """

    number: str | None = None
    is_folded: bool = False
    has_windows_lines: bool = False


def dotted(path: Path) -> str:
    """Return a path as it is written: `config.configurations[0]`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")


def shown(value: Any) -> str:
    """Return a value as an error names it."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "empty"
    if isinstance(value, Brought):
        return f"a text from {value.tag}"
    if isinstance(value, str | bool | int | float):
        return plain(json.dumps(value, ensure_ascii=False), _SHOWN)
    name = type(value).__name__
    return f"{'an' if _ARTICLE.match(name) else 'a'} {name}"


def as_json(value: Any, written: Mapping[Path, Written], problems: list[Problem]) -> Any:
    """Return `value` as JSON's own types, `Secret`s apart, and note what is not JSON.

    A number that was written where the API wants a text is the text as it was written: `1.50` is not `1.5`.

    Parameters
    ----------
    value
        A spec.
    written
        How its scalars were written, where that is known.
    problems
        Gets what is wrong.
    """
    return _as_json(value, (), written, problems)


def _as_json(value: Any, path: Path, written: Mapping[Path, Written], problems: list[Problem]) -> Any:  # noqa: PLR0911 (one for each type)
    if len(path) > DEEPEST:
        problems.append(Problem(path[:3], f"{dotted(path[:3])} is nested more than {DEEPEST} deep"))
        return REPORTED
    if isinstance(value, Mapping):
        where = dotted(path) or "the spec"
        odd = [key for key in value if not isinstance(key, str)]
        problems.extend(Problem(path, f"the key {shown(key)} in {where} is not text: quote it") for key in odd)
        problems.extend(
            Problem(path, f"the key {shown(key)} in {where} holds half a character: type it again")
            for key in value
            if isinstance(key, str) and SURROGATE.search(key)
        )
        return {str(key): _as_json(item, (*path, str(key)), written, problems) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [_as_json(item, (*path, index), written, problems) for index, item in enumerate(value)]
    if isinstance(value, str) and SURROGATE.search(value):
        problems.append(Problem(path, f"{dotted(path)} holds half a character, which cannot be sent: type it again"))
        return REPORTED
    how = written.get(path)
    if how and how.number is not None and _wants_text(path, value, how.number):
        return how.number
    if value is None or value is REPORTED or isinstance(value, str | bool | Secret):
        return value
    if isinstance(value, Integral):  # numpy's integers too
        return int(value)
    if type(value).__name__ in ("bool_", "bool"):  # numpy's
        return bool(value)
    if isinstance(value, Real) and math.isfinite(value):
        return float(value)
    problems.append(Problem(path, f"{dotted(path)} is {shown(value)}, which JSON cannot carry"))
    return REPORTED


def _wants_text(path: Path, value: Any, written: str) -> bool:
    """Return whether the API wants the value at a path as text; settings are text that may be a number."""
    field = BY_PATH.get(dotted(tuple(key for key in path if isinstance(key, str))))
    if field is not None:
        return field.kind in (FieldKind.TEXT, FieldKind.TEXTS)
    above = BY_PATH.get(dotted(path[:2]))
    return above is not None and above.base64 is Encoded.CONFIG and json.dumps(value) != written
