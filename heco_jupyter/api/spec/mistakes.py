"""Why YAML cannot be read, in the words of whoever wrote it: a missing colon, a tab, a look-alike character."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.fields import FIELDS
from heco_jupyter.api.spec.characters import lookalike

if TYPE_CHECKING:
    import yaml

_FIELD_NAMES = {field.name for field in FIELDS} | {"configurations", "classification", "properties"}
_WORD = re.compile(r"\s*(?:- )?([^\s:]+):?")
_HAS_COLON = re.compile(r":(?:[ \t\r]|$)")
_LACKS_COLON = ("could not find expected ':'", "mapping values are not allowed")
_COMMENT = re.compile(r"(?:^|\s)#.*")


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
    lines = text.split("\n")[: mark.line + 1 if mark else 1]
    last = len(lines) - 1
    suspects = [number for number in _suspects(lines, error) if _is_text(lines[number])]
    odd = {number: _odd(lines[number]) for number in suspects}
    if not any(odd.values()) and _continues(lines, error):
        above = next((number for number in reversed(range(last)) if _is_text(lines[number])), last)
        odd = {above: _odd(lines[above])}  # its indent or its key has made the last line a part of its value
    if any(odd.values()):
        return [(number, f"this line has {what}") for number, what in odd.items() if what]
    if any(words in str(error.problem) for words in _LACKS_COLON):
        without = [
            (number, missing_colon(lines[number])) for number in suspects if not _HAS_COLON.search(lines[number])
        ]
        if without:
            return without
    return [(last, f"this is not valid YAML: {_in_words(error)}")]


def _odd(line: str) -> str:
    """Return the look-alike outside of the comment of a line, or an empty string."""
    return lookalike(_COMMENT.sub("", line), syntax=True)


def _suspects(lines: list[str], error: yaml.MarkedYAMLError) -> range:
    """Return the lines that the parser took for one text: it gives up at the next colon, which can be lines below."""
    problem, last = str(error.problem), len(lines) - 1
    if _LACKS_COLON[0] in problem and error.context_mark:
        return range(error.context_mark.line, error.context_mark.line + 1)
    first = last
    if _continues(lines, error):
        while first and _is_text(lines[first - 1]) and not _HAS_COLON.search(lines[first - 1]):
            first -= 1
    return range(first, last) if first < last else range(last, last + 1)


def _continues(lines: list[str], error: yaml.MarkedYAMLError) -> bool:
    """Return whether the parser took the last line, which has one colon, for a part of the value above it."""
    return _LACKS_COLON[1] in str(error.problem) and len(_HAS_COLON.findall(lines[-1])) == 1


def _is_text(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def missing_colon(line: str) -> str:
    """Return what is wrong with a line without a colon; its value, which may be a password, is not repeated."""
    name = starts_with_field(line)
    if name:
        return f"a colon and a space are missing after {name}: write {name}: VALUE"
    return "a colon and a space are missing after the field's name; or indent the line, if it belongs to a text above"


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
