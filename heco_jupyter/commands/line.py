"""The typed line: scanned once into words, and what `{expr}` and `$name` bring into them.

Quotes group, a backslash is a letter, and `#` begins a comment at the start of a word. `{expr}` ends at the first `}`
that completes valid Python, and may have `!r` and `:spec` as in an f-string; `$name.attr` and `${name}` are variables.
Both work in quotes too; `{{`, `}}` and `$$` are the letters. What they bring is part of the word that they stand in: it
is never scanned again, and never begins a flag.
"""

from __future__ import annotations

import os
import re
import unicodedata
import warnings
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import CodeType

_SPACES = " \t\r\n"
_LETTERS = ("{{", "}}", "$$")  # each stands for the letter
_NAME = r"[^\W\d]\w*"
_VARIABLE = re.compile(rf"\$(?:\{{({_NAME})\}}|({_NAME}(?:\.{_NAME})*))")
_QUOTED = "a name that has it goes in quotes"
_AS_LETTERS = "write {{, }} and $$ for the letters {, } and $"
_MOST_TRIES = 500  # to find the end of an expression
_CONVERSIONS: dict[str, Callable[[Any], str]] = {"r": repr, "s": str, "a": ascii}
_MISSING = ("None", "nan", "NaT", "<NA>")

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_CURLY_QUOTES = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u300c\u300d\uff02\uff07"
_FULL_WIDTH = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
_INVISIBLE = ("Cc", "Cf", "Cs")  # control characters, marks without a width, halves of characters
_DASHED = re.compile(rf"[-{_DASHES}]+([\w-]*)")


class Kind(Enum):
    """What a piece of a word is."""

    BARE = "typed outside of quotes"
    DATA = "typed in quotes, or brought by Python"
    PYTHON = "an expression, still to be evaluated"
    VARIABLE = "the name of a variable, still to be looked up"
    UNSET = "the name of a variable that the notebook does not have"


class Piece(NamedTuple):
    """A stretch of a word."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a line.

    Parameters
    ----------
    pieces
        What it is made of.
    start
        Where it begins in the line.
    """

    pieces: tuple[Piece, ...]
    start: int = 0

    @property
    def typed(self) -> str:
        """What it begins with that was typed outside of quotes: only that makes a flag."""
        return self.pieces[0].text if self.pieces and self.pieces[0].kind is Kind.BARE else ""

    @property
    def is_plain(self) -> bool:
        """Whether nothing in it comes, or is still to come, from Python."""
        return all(kind in (Kind.BARE, Kind.DATA) for kind, _ in self.pieces)

    @property
    def text(self) -> str:
        """What it says.

        Raises
        ------
        CommandError
            When it has a variable that the notebook does not have.
        """
        for kind, text in self.pieces:
            if kind is Kind.UNSET:
                raise CommandError(f"there is no variable {text.partition('.')[0]} in the notebook", hint=_AS_LETTERS)
        return "".join(text for _, text in self.pieces)

    @property
    def path(self) -> str:
        """What it says as a path, in which the environment's variables count after the notebook's."""
        return Word(tuple(_from_environment(piece) for piece in self.pieces)).text

    def split_flag(self) -> tuple[str, Word | None]:
        """Return the flag that it begins with, and the value after `=`."""
        name, equals, value = self.typed.partition("=")
        if equals:
            return name, Word((Piece(Kind.BARE, value), *self.pieces[1:]))
        return (name, None) if len(self.pieces) == 1 else (f"{name}…", None)  # no flag is put together


def as_words(texts: Iterable[str]) -> list[Word]:
    """Return the words of a command line that a shell has split.

    Raises
    ------
    CommandError
        When one begins with what only looks like a dash.
    """
    words = [Word((Piece(Kind.BARE, text),)) for text in texts]
    for word in takewhile(lambda word: word.typed != "--", words):
        if word.typed.startswith(tuple(_DASHES)):
            _check_letter(word.typed, 0, is_flag_meant=True)
    return words


def scan(line: str) -> list[Word]:
    """Split a line into words, without evaluating anything.

    Raises
    ------
    CommandError
        When a quote or a brace is not closed, or a character is only like the one that was meant.
    """
    scanner = _Scanner(line)
    if scanner.quote:
        raise CommandError(
            f"no closing quotation in: {plain(line, 80)}", hint='close the quote, or put the whole word in "..."'
        )
    return scanner.finished()


def scan_unfinished(line: str) -> tuple[list[Word], Word] | None:
    """Split a line that is being typed into the words before and the one at its end, which may be empty.

    Returns
    -------
    tuple or None
        None where no word is being typed: in a comment, in an expression, after a mistake.
    """
    try:
        scanner = _Scanner(line)
    except CommandError:
        return None
    if scanner.is_comment:
        return None
    last = Word(tuple(scanner.pieces or ()), scanner.start if scanner.pieces is not None else len(line))
    return scanner.words, last


class _Scanner:
    """Splits a line: `words` are complete, `pieces` those of the word at its end, or None after a space."""

    def __init__(self, line: str) -> None:
        self.words: list[Word] = []
        self.pieces: list[Piece] | None = None
        self.start = 0
        self.quote = ""
        self.is_comment = False
        self._line = line
        at = 0
        while at < len(line) and not self.is_comment:
            at = self._step(at)

    def finished(self) -> list[Word]:
        """Return all words, without the semicolon that ends a line of a notebook."""
        if self.pieces and self.pieces[-1].kind is Kind.BARE:
            self.pieces[-1] = Piece(Kind.BARE, self.pieces[-1].text.removesuffix(";"))
            if self.pieces == [Piece(Kind.BARE, "")]:
                self.pieces = None
        self._end_word()
        return self.words

    def _step(self, at: int) -> int:
        """Take what stands at a place of the line; return the place after it."""
        letter = self._line[at]
        if letter == self.quote:
            self.quote = ""
        elif not self.quote and letter in _SPACES:
            self._end_word()
        elif not self.quote and letter == "#" and self.pieces is None:
            self.is_comment = True
        elif not self.quote and letter in "\"'":
            self.quote = letter
            self._add(at, Kind.DATA, "")
        elif self._line.startswith(_LETTERS, at):
            self._add(at, self._kind, letter)
            return at + 2
        elif found := _VARIABLE.match(self._line, at):
            self._add(at, Kind.VARIABLE, found[1] or found[2])
            return found.end()
        elif letter == "{":
            expression = _expression_at(self._line, at)
            self._add(at, Kind.PYTHON, expression)
            return at + len(expression) + 2
        elif letter == "}":
            raise CommandError(f"there is no {{ for the }} in: {plain(self._line, 80)}", hint=_AS_LETTERS)
        else:
            if not self.quote:
                is_flag_meant = self.pieces is None and not any(word.typed == "--" for word in self.words)
                _check_letter(self._line, at, is_flag_meant=is_flag_meant)
            self._add(at, self._kind, letter)
        return at + 1

    @property
    def _kind(self) -> Kind:
        return Kind.DATA if self.quote else Kind.BARE

    def _add(self, at: int, kind: Kind, text: str) -> None:
        if self.pieces is None:
            self.pieces, self.start = [], at
        if self.pieces and kind is self.pieces[-1].kind and kind in (Kind.BARE, Kind.DATA):
            text = self.pieces.pop().text + text
        self.pieces.append(Piece(kind, text))

    def _end_word(self) -> None:
        if self.pieces is not None:
            self.words.append(Word(tuple(self.pieces), self.start))
        self.pieces = None


def _check_letter(line: str, at: int, *, is_flag_meant: bool) -> None:
    """Refuse a character outside of quotes that only looks like the one that was meant, or like none."""
    letter = line[at]
    if letter.isascii() and letter.isprintable():
        return
    code = f"U+{ord(letter):04X}"
    if is_flag_meant and letter in _DASHES and (dashed := _DASHED.match(line, at)):
        name = unicodedata.name(letter).lower()
        dash = "long dash" if "dash" in name else name
        problem, hint = (
            f"that is a {dash} ({code}): write --{dashed[1]}",
            "a name that begins with it goes after --",
        )
    elif letter in _CURLY_QUOTES:
        problem, hint = f"that is a curly quote ({code}): write \" or '", _QUOTED
    elif _FULL_WIDTH.match(letter):
        word = re.split(r"\s", line[at:], maxsplit=1)[0]
        problem = f"{plain(word, 40)} has full-width letters: write {plain(unicodedata.normalize('NFKC', word), 40)}"
        hint = "a name that has them goes in quotes"
    elif letter.isspace():
        space = unicodedata.name(letter, "control character").lower()
        problem, hint = (
            f"that is not a plain space but a {space} ({code}): write a plain one",
            _QUOTED,
        )
    elif unicodedata.category(letter) in _INVISIBLE:
        problem, hint = f"there is an invisible character ({code}): delete it", _QUOTED
    else:
        return
    place = plain(line[:at], 40)
    raise CommandError(f"{problem}{f' (after {place})' if place else ''}", hint=hint)


def _expression_at(line: str, start: int) -> str:
    """Return what stands between the brace at `start` and the first one that completes valid Python."""
    end, tries = start, _Tries()
    while (end := line.find("}", end + 1)) != -1 and tries.left > 0:
        if _parts(line[start + 1 : end], tries):
            return line[start + 1 : end]
    raise CommandError(f"{plain(line[start:], 60)} is not a whole Python expression in braces", hint=_AS_LETTERS)


class _Tries:
    """Counts down the attempts to read an expression, so that no line takes for ever."""

    def __init__(self) -> None:
        self.left = _MOST_TRIES

    def compiled(self, text: str) -> CodeType | None:
        """Return a Python expression compiled, or None if it is none."""
        self.left -= 1
        if self.left < 0:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's remarks on what is only tried
            try:
                return compile(text.strip(), "<line>", "eval", dont_inherit=True)
            except (SyntaxError, ValueError, MemoryError, RecursionError):
                return None


def _parts(text: str, tries: _Tries) -> tuple[CodeType, str, str] | None:
    """Return an expression, its conversion and its format, or None if the text is not all of it."""
    heads = [len(text), *(found.start() for found in re.finditer(":", text))]
    for end in heads:
        head, form = text[:end], text[end + 1 :]
        if "{" in form:
            continue
        if code := tries.compiled(head):
            return code, "", form
        before, mark, conversion = head.rpartition("!")
        if mark and conversion in _CONVERSIONS and (code := tries.compiled(before)):
            return code, conversion, form
    return None


class Scope:
    """The variables that a line can name. None of their values shows in a traceback.

    Parameters
    ----------
    namespaces
        Variables by name: the notebook's, then those of the function that runs.
    """

    __slots__ = ("_variables",)

    def __init__(self, *namespaces: Mapping[str, Any] | None) -> None:
        self._variables: dict[str, Any] = {}
        for namespace in namespaces:
            self._variables.update(namespace or {})

    def __contains__(self, name: str) -> bool:
        return name in self._variables

    def text(self, code: CodeType, conversion: str, form: str) -> str | None:
        """Return what an expression brings, converted and formatted, or None where that is a missing value."""
        value = eval(code, dict(self._variables))  # noqa: S307 (typed by the person at the keyboard, as any cell is)
        if not (conversion or form or isinstance(value, str)) and str(value) in _MISSING:
            return None
        return format(_CONVERSIONS[conversion](value) if conversion else value, form)


def expanded(words: Iterable[Word], scope: Scope) -> list[Word]:
    """Return the words with the values of their expressions and variables.

    Raises
    ------
    CommandError
        When an expression fails.
    """
    return [Word(tuple(_expanded(piece, scope) for piece in word.pieces), word.start) for word in words]


def _expanded(piece: Piece, scope: Scope) -> Piece:
    if piece.kind is Kind.PYTHON:
        return Piece(Kind.DATA, _value(f"{{{piece.text}}}", piece.text, scope))
    if piece.kind is Kind.VARIABLE:
        if piece.text.partition(".")[0] not in scope:
            return Piece(Kind.UNSET, piece.text)
        return Piece(Kind.DATA, _value(f"${piece.text}", piece.text, scope))
    return piece


def _value(shown: str, text: str, scope: Scope) -> str:
    """Return what an expression brings into the line."""
    problem = "it is not valid Python"
    if parts := _parts(text, _Tries()):
        try:
            brought = scope.text(*parts)
        except Exception as error:  # noqa: BLE001 (an expression can raise anything)
            problem = f"{type(error).__name__}: {_words(error)}"
        else:
            if brought is not None:
                return brought
            problem = "its value is missing, there is nothing to put into the line"
    raise CommandError(f"{plain(shown, 80)} failed: {plain(problem, 200)}", hint=_AS_LETTERS)


def _words(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 (it is not our error, and its str can do anything)
        return ""


def _from_environment(piece: Piece) -> Piece:
    """Return a variable that only the environment has with its value, and any other piece as it is."""
    name, dot, rest = piece.text.partition(".")
    if piece.kind is not Kind.UNSET or (name not in os.environ and name != "HOME"):
        return piece
    value = os.environ.get(name) or str(Path.home())  # Windows has a home, and no variable HOME
    return Piece(Kind.DATA, f"{value}{dot}{rest}")
