"""Specs as written: YAML or JSON into data, with the line of every value, and all problems at once.

The YAML is 1.2-like: a plain scalar is a number only if it is one in JSON and has no exponent; true, false and null are
the only words with a meaning; everything else is text. Anchors, aliases, unknown tags, duplicate keys, deep nesting and
large bodies are refused.
"""

from __future__ import annotations

import base64
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
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

from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.model.errors import Problem, SpecError
from heco_jupyter.api.spec.checking import REPORTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from yaml.events import Event

    Place = tuple[str | int, ...]

LARGEST_BODY = 256 * 1024
DEEPEST = 20

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?")
_WORDS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_TAGS = ("!env", "!file", "!base64", "!secret")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass
class Document:
    """A spec as it was read.

    Parameters
    ----------
    data
        Mappings, lists and scalars; `Secret` for `!secret`, `REPORTED` for a value with a problem.
    lines
        The line of each value, by its place: keys and list positions from the root.
    problems
        What is wrong, each with its line.
    """

    data: Any = field(default=None, repr=False)  # it may hold passwords
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def located(self, problem: Problem) -> Problem:
        """Return `problem` with the line of its place, or of the nearest mapping or list around it."""
        place = problem.path
        while place and place not in self.lines:
            place = place[:-1]
        return Problem(problem.path, problem.message, problem.line or self.lines.get(place, 1))


class _Refusal(Exception):  # noqa: N818 (never leaves this module)
    """Reading cannot go on."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def read_spec(body: str, *, first_line: int, variables: Mapping[str, Any], folder: Path) -> Document:
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
    """
    document = Document()
    is_read = _read_into(document, body, first_line, variables, folder)
    del body, variables  # a traceback can show arguments: the spec, and all that the notebook holds
    if not is_read:
        raise SpecError(sorted(document.problems, key=lambda problem: problem.line or 0))
    return document


def _read_into(document: Document, body: str, first_line: int, variables: Mapping[str, Any], folder: Path) -> bool:
    """Read a body into `document`; return whether reading came to the end."""
    try:
        text, is_json = _prepared(body, first_line)
        builder = _Builder(document, first_line, variables, folder, is_json=is_json)
        document.data = builder.build(text)
    except _Refusal as refusal:
        document.problems.append(Problem((), refusal.message, refusal.line))
        return False
    return True


def _prepared(body: str, first_line: int) -> tuple[str, bool]:
    """Return the text to parse as YAML, and whether it is JSON."""
    size = len(body.encode("utf-8", "surrogatepass"))
    if size > LARGEST_BODY:
        raise _Refusal(first_line, f"the spec has {size >> 10} KiB, the most is {LARGEST_BODY >> 10} KiB")
    if not body.strip():
        raise _Refusal(first_line, "the spec is empty: %heco template puts a filled-in cell below")
    if not body.lstrip().startswith("{"):
        return body, False
    try:
        json.loads(body)
    except RecursionError:
        raise _Refusal(first_line, f"the spec is nested more than {DEEPEST} deep") from None
    except json.JSONDecodeError as error:
        if not _is_yaml_after_all(body):
            raise _Refusal(first_line + error.lineno - 1, f"this is not valid JSON: {error.msg}") from None
        return body, False
    # In valid JSON, tabs stand only between values, and characters that are not printable ASCII only in strings. Once
    # both are written as YAML wants them, JSON is YAML.
    return re.sub(r"[^\x20-\x7e\n\r]", _as_yaml_escape, body.replace("\t", " ")), True


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

    def __init__(
        self, document: Document, first_line: int, variables: Mapping[str, Any], folder: Path, *, is_json: bool
    ) -> None:
        self._document = document
        self._first_line = first_line
        self._variables = variables
        self._folder = folder
        self._is_json = is_json

    def build(self, text: str) -> Any:
        try:
            events = iter(list(self._checked(yaml.parse(text, Loader=yaml.SafeLoader))))
        except ReaderError as error:
            line = self._first_line + text.count("\n", 0, error.position)
            raise _Refusal(line, f"the character U+{_code(error.character):04X} cannot stand here") from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = self._first_line + (mark.line if mark else 0)
            raise _Refusal(line, f"this is not valid YAML: {_yaml_words(error)}") from None
        root = next((event for event in events if isinstance(event, _VALUES)), None)
        if root is None:
            raise _Refusal(self._first_line, "the spec is empty: %heco template puts a filled-in cell below")
        self._document.lines[()] = 1  # a missing field has no line of its own
        value = self._value(root, events, ())
        if not isinstance(value, dict):
            raise _Refusal(self._line(root), "the spec must be a mapping of fields to values, such as name: my-cluster")
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
                    raise _Refusal(self._line(event), "a second document starts here: one cell is one cluster")
            if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
                what = "an alias (*)" if isinstance(event, AliasEvent) else "an anchor (&)"
                raise _Refusal(self._line(event), f"this is {what}: write the value itself, or use $name; quote a text")
            if isinstance(event, MappingStartEvent | SequenceStartEvent):
                depth += 1
                if depth > DEEPEST:
                    raise _Refusal(self._line(event), f"the spec is nested more than {DEEPEST} deep")
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                depth -= 1
            yield event

    def _value(self, event: Any, events: Iterator[Event], place: Place) -> Any:
        self._document.lines.setdefault(place, self._line(event))
        if isinstance(event, ScalarEvent):
            return self._scalar(event, place)
        if event.tag not in (None, "!"):
            self._problem(event, place, _NO_TAG)
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
            key = self._text(event)
            first = self._document.lines.get((*place, key))
            if key in mapping:
                self._problem(event, place, f"{plain(key, 40)} is given twice, first on line {first}: keep one of them")
                self._value(next(events), events, (*place, key, "again"))
                continue
            self._document.lines[*place, key] = self._line(event)
            mapping[key] = self._value(next(events), events, (*place, key))
        return mapping

    def _scalar(self, event: ScalarEvent, place: Place) -> Any:
        text = self._text(event)
        if event.tag not in (None, "!"):
            return self._tagged(event, text, place)
        if text.startswith("$") and text[1:].isidentifier():
            return self._variable(event, text[1:], place)
        if event.style is not None or event.tag == "!":
            return text
        if self._is_json:
            return json.loads(text)
        if text in _WORDS:
            return _WORDS[text]
        number = _NUMBER.fullmatch(text)
        return (float(text) if number[1] else int(text)) if number else text

    def _variable(self, event: Event, name: str, place: Place) -> Any:
        if name in self._variables:
            return self._variables[name]
        known = [known for known in self._variables if not known.startswith("_")]
        near = did_you_mean(name, known)
        named = "of this name" if place[-1:] == ("userPw",) and not near else name
        return self._problem(event, place, f"there is no notebook variable {named}{near}")

    def _tagged(self, event: ScalarEvent, text: str, place: Place) -> Any:  # noqa: PLR0911 (one for each tag)
        if event.tag not in _TAGS:
            return self._problem(event, place, f"{_NO_TAG}{did_you_mean(str(event.tag), _TAGS)}")
        if not text.strip():
            return self._problem(event, place, f"{event.tag} needs a value after it")
        if event.tag == "!base64":
            return base64.b64encode(text.encode()).decode()
        if event.tag == "!secret":
            if not text.isidentifier():
                message = "!secret takes the name of an environment variable, not the secret: !secret HUE_PASSWORD"
                return self._problem(event, place, message)
            return Secret(os.environ.get(text) or None, text)
        if event.tag == "!file":
            return self._file(event, text, place)
        if text not in os.environ:
            hint = did_you_mean(text, os.environ)
            return self._problem(event, place, f"there is no environment variable {plain(text, 40)}{hint}")
        return os.environ[text]

    def _file(self, event: Event, text: str, place: Place) -> Any:
        path = self._folder / Path(text).expanduser()
        try:
            return read_text(path)
        except SpecError as error:
            return self._problem(event, place, error.problems[0].message)

    def _text(self, event: ScalarEvent) -> str:
        text = str(event.value)
        if self._is_json and _SURROGATE.search(text):  # JSON writes characters beyond 16 bits as a pair
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text

    def _problem(self, event: Event, place: Place, message: str) -> object:
        self._document.problems.append(Problem(place, message, self._line(event)))
        return REPORTED


_VALUES = (ScalarEvent, MappingStartEvent, SequenceStartEvent)
# The text is not repeated: it could be a password that was written without quotes.
_NO_TAG = f"unknown tag, the tags are {', '.join(_TAGS)}; quote a text that starts with !"


def read_text(path: Path) -> str:
    """Return a file's text.

    Raises
    ------
    SpecError
        When it cannot be read, is not UTF-8 text, or is too large.
    """
    shown = plain(path, 200)
    try:
        size = path.stat().st_size
        if size <= LARGEST_BODY:
            return path.read_text("utf-8-sig")
        problem = f"{shown} has {size >> 10} KiB, the most is {LARGEST_BODY >> 10} KiB"
    except UnicodeDecodeError:
        problem = f"{shown} is not UTF-8 text"
    except (OSError, ValueError) as error:
        problem = f"{shown} cannot be read: {getattr(error, 'strerror', None) or error}"
    raise SpecError([Problem((), problem)])


def _yaml_words(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem or error.context or error)
    if "'\\t'" in problem:
        return "a tab stands where spaces must: indent with spaces"
    if "mapping values are not allowed" in problem:
        return f"{problem}: a text with ': ' in it must be quoted, and every key of a mapping indented alike"
    return plain(f"{problem} ({error.context})" if error.context and error.problem else problem, 200)


def _code(character: int | str | bytes) -> int:
    return character if isinstance(character, int) else ord(character)
