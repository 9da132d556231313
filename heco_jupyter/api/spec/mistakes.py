"""Why YAML cannot be read, in the words of whoever wrote it: a missing colon, a tab, a look-alike character."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.fields import FIELDS
from heco_jupyter.api.spec.characters import lookalike

if TYPE_CHECKING:
    from collections.abc import Iterator

    import yaml

_FIELD_NAMES = {field.name for field in FIELDS} | {"configurations", "classification", "properties"}
_WORD = re.compile(r"\s*(?:- )?([^\s:]+):?")
_HAS_COLON = re.compile(r""":(\s|$)""")


def mistakes(text: str, error: yaml.MarkedYAMLError) -> list[tuple[int, str]]:
    """Return the lines, counted from 0, that make a text invalid YAML, each with what is wrong with it.

    Parameters
    ----------
    text
        The YAML.
    error
        What the parser says.
    """
    mark = error.problem_mark or error.context_mark
    last = mark.line if mark else 0
    lines = text.splitlines()[: last + 1]
    odd = [
        (number, f"this line has {what}") for number, line in enumerate(lines) if (what := lookalike(line, syntax=True))
    ]
    if odd:
        return odd
    return list(_without_colon(lines, error)) or [(last, f"this is not valid YAML: {_in_words(error)}")]


def _without_colon(lines: list[str], error: yaml.MarkedYAMLError) -> Iterator[tuple[int, str]]:
    """Yield the lines without a colon right before the one at which the parser gave up."""
    problem = str(error.problem)
    if "could not find expected ':'" in problem and error.context_mark:
        numbers = range(error.context_mark.line, error.context_mark.line + 1)
    elif "mapping values are not allowed" in problem and len(_HAS_COLON.findall(lines[-1])) == 1:
        first = len(lines) - 1
        while first and not _HAS_COLON.search(lines[first - 1]) and lines[first - 1].strip():
            first -= 1
        numbers = range(first, len(lines) - 1)
    else:
        return
    for number in numbers:
        if (line := lines[number]).strip() and not line.lstrip().startswith(("#", "- ")):
            yield number, missing_colon(line)


def missing_colon(line: str) -> str:
    """Return what is wrong with a line without a colon; its value, which may be a password, is not repeated."""
    found = _WORD.match(line)
    name = found[1] if found and found[1] in _FIELD_NAMES else "the field's name"
    return f"a colon and a space are missing after {name}: write {name if name in _FIELD_NAMES else 'name'}: VALUE"


def starts_with_field(text: str) -> str:
    """Return the field that a text begins with, where a colon or the space after it may have been forgotten."""
    found = _WORD.match(text)
    return found[1] if found and found[1] in _FIELD_NAMES and found.end() < len(text) else ""


def _in_words(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem or error.context or error)
    if "'\\t'" in problem:
        return "a tab stands where spaces must: indent with spaces"
    if "mapping values are not allowed" in problem:
        return f"{problem}: a text with ': ' in it must be quoted, and every key of a mapping indented alike"
    if "'<tag>'" in problem:
        return "a value has one tag: !base64 $name, for one, encodes a variable"
    return plain(f"{problem} ({error.context})" if error.context and error.problem else problem, 200)
