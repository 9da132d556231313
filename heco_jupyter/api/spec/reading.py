"""Specs as written: YAML or JSON into data, with the line of every value, and all problems at once.

The YAML is 1.2-like: a plain scalar is a number only if it is one in JSON and has no exponent; true, false and null are
the only words with a meaning; everything else is text. Anchors, aliases, unknown tags, duplicate keys, deep nesting and
large bodies are refused.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.reader import ReaderError

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import Problem, SpecError
from heco_jupyter.api.spec.characters import LINE_BREAKS, SURROGATE, joined_pairs
from heco_jupyter.api.spec.files import LARGEST
from heco_jupyter.api.spec.mistakes import missing_colon, mistakes, starts_with_field
from heco_jupyter.api.spec.tags import HALF, NO_TAG, OWN, Outside, RefusedError, Source, Trust
from heco_jupyter.api.spec.values import DEEPEST, REPORTED, Written, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from yaml.events import Event

    Place = tuple[str | int, ...]

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?")
_DIGITS = 4000  # Python converts no longer numbers
_EMPTY = "the spec is empty: %heco template puts a filled-in cell below"
_WORDS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}


@dataclass
class Document:
    """A spec as it was read.

    Parameters
    ----------
    data
        Mappings, lists and scalars; `Secret` for `!secret`, `REPORTED` for a value with a problem.
    lines
        The line of each value, by its place: keys and list positions from the root.
    written
        How scalars were written, by place, where that makes a difference.
    sources
        What it takes from files, from the environment and from the notebook, in order.
    problems
        What is wrong, each with its line.
    """

    data: Any = field(default=None, repr=False)  # it may hold passwords
    lines: dict[Place, int] = field(default_factory=dict)
    written: dict[Place, Written] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def located(self, problem: Problem) -> Problem:
        """Return `problem` with the line of its place, or of the nearest mapping or list around it."""
        place = problem.path
        while place and place not in self.lines:
            place = place[:-1]
        return Problem(problem.path, problem.message, problem.line or self.lines.get(place, 1))


class _Refusal(Exception):  # noqa: N818 (never leaves this module)
    """Reading cannot go on."""

    def __init__(self, *problems: tuple[int, str]) -> None:
        super().__init__()
        self.problems = problems


def read_spec(
    body: str, *, first_line: int, variables: Mapping[str, Any], folder: Path, trust: Trust = OWN
) -> Document:
    """Read a body.

    Parameters
    ----------
    body
        YAML or JSON.
    first_line
        The number of its first line, as the user counts.
    variables
        The variables that `$name` can name.
    folder
        The folder that `!file` paths are relative to.
    trust
        What it may read.
    """
    document = Document()
    is_read = _read_into(document, body, first_line, Outside(document.sources, variables, folder, trust))
    del body, variables  # a traceback can show arguments: the spec, and all that the notebook holds
    if not is_read:
        raise SpecError(sorted(document.problems, key=lambda problem: problem.line or 0))
    return document


def _read_into(document: Document, body: str, first_line: int, outside: Outside) -> bool:
    """Read a body into `document`; return whether reading came to the end."""
    try:
        text, is_json = _prepared(body, first_line)
        document.data = _Builder(document, first_line, outside, is_json=is_json).build(text)
    except _Refusal as refusal:
        document.problems += [Problem((), message, line) for line, message in refusal.problems]
        return False
    return True


def _prepared(body: str, first_line: int) -> tuple[str, bool]:
    """Return the text to parse as YAML, and whether it is JSON."""
    size = len(body.encode("utf-8", "surrogatepass"))
    if size > LARGEST:
        raise _Refusal((first_line, f"the spec has {size >> 10} KiB, the most is {LARGEST >> 10} KiB"))
    body = body.removeprefix("\ufeff")
    if not body.strip():
        raise _Refusal((first_line, _EMPTY))
    if not body.lstrip().startswith("{"):
        return _checked_breaks(body, first_line), False
    try:
        json.loads(body)
    except RecursionError:
        raise _Refusal((first_line, f"the spec is nested more than {DEEPEST} deep")) from None
    except json.JSONDecodeError as error:
        if not _is_yaml_after_all(body):
            raise _Refusal((first_line + error.lineno - 1, f"this is not valid JSON: {error.msg}")) from None
        return _checked_breaks(body, first_line), False
    except ValueError:
        raise _Refusal((first_line, "a number has too many digits: quote it")) from None
    # In valid JSON, tabs stand only between values, and characters that are not printable ASCII only in strings. Once
    # both are written as YAML wants them, JSON is YAML.
    return re.sub(r"[^\x20-\x7e\n\r]", _as_yaml_escape, body.replace("\t", " ")), True


def _checked_breaks(body: str, first_line: int) -> str:
    """Return YAML in which every line that the parser counts is one that the user sees."""
    if found := LINE_BREAKS.search(body):
        line = first_line + body.count("\n", 0, found.start())
        what = f"U+{ord(found[0]):04X} ends a line here, which no editor shows"
        raise _Refusal((line, f'{what}: leave it out, or write "\\u{ord(found[0]):04x}" in double quotes'))
    return body


def _is_yaml_after_all(body: str) -> bool:
    """Return whether a body that starts like JSON is YAML in braces: its first key is bare, or it has tags."""
    try:
        tagged = any(getattr(event, "tag", None) for event in yaml.parse(body, Loader=yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        return False
    return tagged or not body.lstrip()[1:].lstrip().startswith('"')


def _as_yaml_escape(match: re.Match[str]) -> str:
    return f"\\U{ord(match[0]):08X}"


class _Builder:
    """Builds data from YAML's events, which tell plain scalars from quoted ones and know their lines."""

    def __init__(self, document: Document, first_line: int, outside: Outside, *, is_json: bool) -> None:
        self._document = document
        self._first_line = first_line
        self._outside = outside
        self._is_json = is_json
        self._source = ""

    def build(self, text: str) -> Any:
        self._source = text
        try:
            events = iter(list(self._checked(yaml.parse(text, Loader=yaml.SafeLoader))))
        except ReaderError as error:
            line = self._first_line + text.count("\n", 0, error.position)
            raise _Refusal((line, f"the character U+{_code(error.character):04X} cannot stand here")) from None
        except yaml.MarkedYAMLError as error:
            found = mistakes(text, error)
            raise _Refusal(*((self._first_line + line, message) for line, message in found)) from None
        root = next((event for event in events if isinstance(event, _VALUES)), None)
        if root is None:
            raise _Refusal((self._first_line, _EMPTY))
        self._document.lines[()] = 1  # a missing field has no line of its own
        value = self._value(root, events, ())
        if not isinstance(value, dict):
            name = starts_with_field(value) if isinstance(value, str) else ""
            form = (
                missing_colon(value)
                if name
                else "the spec must be a mapping of fields to values, such as name: my-cluster"
            )
            raise _Refusal((self._line(root), form))
        return value

    def _line(self, event: Event) -> int:
        return self._first_line + (event.start_mark.line if event.start_mark else 0)

    def _checked(self, events: Iterator[Any]) -> Iterator[Event]:
        """Pass events on; refuse what no spec needs, before anything is built from it."""
        depth = documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Refusal((self._line(event), "a second document starts here: one cell is one cluster"))
            if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
                what = "an alias (*)" if isinstance(event, AliasEvent) else "an anchor (&)"
                raise _Refusal(
                    (self._line(event), f"this is {what}: write the value itself, or use $name; quote a text")
                )
            if isinstance(event, MappingStartEvent | SequenceStartEvent):
                depth += 1
                if depth > DEEPEST:
                    raise _Refusal((self._line(event), f"the spec is nested more than {DEEPEST} deep"))
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                depth -= 1
            yield event

    def _value(self, event: Any, events: Iterator[Event], place: Place) -> Any:
        if isinstance(event, ScalarEvent):
            self._document.lines[place] = self._line(event)  # its key may be above
            return self._scalar(event, place)
        self._document.lines.setdefault(place, self._line(event))
        if event.tag not in (None, "!"):
            self._problem(event, place, NO_TAG)
        if isinstance(event, SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(event := next(events), SequenceEndEvent):
                items.append(self._value(event, events, (*place, len(items))))
            return items
        return self._mapping(events, place)

    def _mapping(self, events: Iterator[Event], place: Place) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                self._problem(event, place, "a key is a list or a mapping: keys are the API's field names")
                self._value(event, events, (*place, "?"))
                self._value(next(events), events, (*place, "?"))
                continue
            if event.tag not in (None, "!"):
                self._problem(event, place, "a key has a tag (!): tags stand before values")
            key = joined_pairs(str(event.value))
            first = self._document.lines.get((*place, key))
            if key in mapping:
                self._problem(event, place, f"{plain(key, 40)} is given twice, first on line {first}: keep one of them")
                self._value(next(events), events, (*place, key, "again"))
                continue
            self._document.lines[*place, key] = self._line(event)
            mapping[key] = self._value(next(events), events, (*place, key))
        return mapping

    def _scalar(self, event: ScalarEvent, place: Place) -> Any:
        text = joined_pairs(str(event.value))
        tag = event.tag if event.tag not in (None, "!") else None
        name = text.lstrip("$")
        names_variable = name != text and name.isidentifier() and tag != "!secret"
        if SURROGATE.search(text):
            return self._problem(event, place, HALF)
        try:
            value = self._outside.variable(text, place) if names_variable else text
            if tag:
                return self._outside.tagged(tag, value, place)
        except RefusedError as refusal:
            return self._problem(event, place, str(refusal))
        if names_variable:
            return value
        self._note_line_ends(event, place)
        return text if event.style is not None or event.tag == "!" else self._plain(event, text, place)

    def _plain(self, event: ScalarEvent, text: str, place: Place) -> Any:
        """Return what a scalar without quotes means."""
        if self._is_json:
            return self._json_number(event, text, place) if _NUMBER.match(text) else json.loads(text)
        value = _number(text) if _NUMBER.fullmatch(text) else _WORDS.get(text, text)
        if value is not None and value is not text:
            self._document.written[place] = Written(number=text)
        return value

    def _json_number(self, event: Event, text: str, place: Place) -> Any:
        value = json.loads(text)
        if isinstance(value, float) and not _is_exact(value, text):
            return self._problem(event, place, f"{dotted(place)} has more digits than a number carries: quote it")
        return value

    def _note_line_ends(self, event: ScalarEvent, place: Place) -> None:
        """Note what YAML did with the line ends of a scalar."""
        start, end = event.start_mark, event.end_mark
        if start is None or end is None or start.line == end.line or self._is_json:
            return
        source = self._source[start.index : end.index]
        lines = _count_lines(source) - (event.style == ">")
        # Whoever writes quotes knows how lines end in them; what writes YAML folds long lines there.
        is_joined = event.style in (None, ">") and _count_lines(str(event.value)) < lines
        self._document.written[place] = Written(is_folded=is_joined, has_windows_lines="\r\n" in source)

    def _problem(self, event: Event, place: Place, message: str) -> object:
        self._document.problems.append(Problem(place, message, self._line(event)))
        return REPORTED


_VALUES = (ScalarEvent, MappingStartEvent, SequenceStartEvent)


def _count_lines(text: str) -> int:
    return sum(not line.isspace() for line in text.split("\n") if line)


def _number(text: str) -> float | str:
    """Return the number that a text is, or the text where no number has as many digits."""
    if "." not in text:
        return int(text) if len(text) < _DIGITS else text
    number = float(text)
    return number if _is_exact(number, text) else text


def _is_exact(number: float, text: str) -> bool:
    return math.isfinite(number) and Decimal(text) == Decimal(repr(number))


def _code(character: int | str | bytes) -> int:
    return character if isinstance(character, int) else ord(character)
