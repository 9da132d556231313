"""What becomes of a text where the API wants Base64: it is left alone, put right, encoded, or refused.

A text that is Base64 is never encoded a second time, and one that only could be is never guessed at.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import json
import re
from dataclasses import dataclass, field
from typing import Any
from unicodedata import category
from urllib.parse import unquote

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.fields import Encoded

NOT_ENCODED = "is not Base64 of a text: write !secret NAME, !base64 TEXT, or Base64"

# Longer texts of Base64's letters are Base64: no command or path looks like that by chance.
_CERTAIN = 24
_EVEN_LINE = 24
_LETTERS = re.compile(r"(?:[A-Za-z0-9+/]+|[A-Za-z0-9_-]+)={0,2}")
_BOTH_ALPHABETS = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_TOO_MUCH_PADDING = re.compile(r"[A-Za-z0-9+/_-]+={3,}")
_URL_SAFE = str.maketrans("-_", "+/")
# As `certutil -encode` and PEM have it; folded by YAML, all stands on one line. And as a data URL has it.
_ARMOUR = re.compile(
    r"\s*-----BEGIN [^-]+-----(?P<lines>.*)-----END [^-]+-----\s*|\s*data:[^,]*;base64,(?P<url>.*)", re.DOTALL
)
_HALF_ARMOUR = re.compile(r"\s*-----BEGIN [^-]+-----.*|.*-----END [^-]+-----\s*", re.DOTALL)
# Base64 with its padding, and more letters of Base64 right after it.
_JOINED = re.compile(r"((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=))[A-Za-z0-9+/][A-Za-z0-9+/=]*")
_AROUND = re.compile(
    r"""\s*(?P<mark>b?(?P<quote>["'`])|base64[:,])(?P<inner>.*?)(?(quote)(?P=quote))\s*""", re.DOTALL | re.IGNORECASE
)
_NEVER_TYPED = ("Cc", "Cn", "Co", "Cs")  # controls, and what is no character
_NOT_IN_TEXT = re.compile("[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_ENDS_IN_NEWLINE = (
    "ends in a newline, which echo adds and which would be a part of the password: "
    "printf '%s' 'PASSWORD' | base64 adds none, and !secret NAME needs no Base64"
)
_COULD_BE_EITHER = "could be a command or Base64: write !base64 TEXT if it is a command, or whole Base64 of a script"
_DAMAGED = "looks like Base64 of which a part is missing or wrong: copy it again, or give the text itself"
WINDOWS_LINES = "has Windows line ends (CRLF): they are sent as LF, as bash needs them"
_NOT_JSON = "is Base64, but not of JSON"
_NO_SETTINGS = "is neither a mapping, nor JSON, nor Base64 of JSON"


class Base64(str):
    """Base64 for certain, whatever it holds: `!base64` made it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Encoding:
    """What becomes of a text.

    Parameters
    ----------
    encoded
        What is sent.
    content
        What that encodes.
    notes
        What the user should know about it, to follow the field's name.
    problem
        Why it cannot be sent, to follow the field's name.
    was_text
        Whether the text was encoded; otherwise it is Base64 already.
    """

    encoded: str = field(default="", repr=False)  # it may be a password
    content: bytes = field(default=b"", repr=False)
    notes: tuple[str, ...] = ()
    problem: str = ""
    was_text: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A text of Base64's letters: the Base64 that it would be, and what it would take to make it that."""

    encoded: str = field(repr=False)
    content: bytes | None = field(repr=False)
    pieces: tuple[int, ...]
    mended: tuple[str, ...]
    is_certain: bool = False


def encode(text: str) -> Base64:
    """Return the Base64 of a text."""
    return Base64(_encoded(text.encode()))


def encoding_of(text: str, kind: Encoded) -> Encoding:
    """Decide what becomes of a text where the API wants Base64.

    Parameters
    ----------
    text
        As the user gave it.
    kind
        What the field holds.
    """
    if kind is Encoded.PASSWORD:
        return _password(text)
    return _settings(text) if kind is Encoded.CONFIG else _script(text)


def ends_in_newline(password: str) -> str:
    """Return what is wrong with a password that ends in a newline, or an empty string."""
    return _ENDS_IN_NEWLINE if password.endswith(("\n", "\r")) else ""


def settings_in(content: bytes | str) -> Any:
    """Return the value of some JSON, or None where it is none.

    Bytes may be in any encoding of JSON, or in cp949, as Korean Windows writes files.
    """
    readings: list[bytes | str] = [content]
    if isinstance(content, bytes):
        readings.append(_decoded_as_cp949(content))
    for reading in readings:
        try:
            return json.loads(reading, strict=isinstance(reading, str), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            continue
    return None


def _password(text: str) -> Encoding:
    found = _candidate(text)
    if found is None or found.content is None or {*found.mended} - {_ARMOURED}:
        return Encoding(problem=NOT_ENCODED)
    password = _text_in(found.content) or ""
    is_typed = password and all(letter in "\n\r\t" or category(letter) not in _NEVER_TYPED for letter in password)
    if not is_typed and not isinstance(text, Base64):
        return Encoding(problem=NOT_ENCODED)
    if problem := ends_in_newline(password):
        return Encoding(content=found.content, problem=f"is Base64 of a text that {problem}")
    return Encoding(found.encoded, found.content, found.mended)


def _settings(text: str) -> Encoding:
    found = _candidate(text)
    if found and found.content is not None and settings_in(found.content) is not None:
        return Encoding(found.encoded, found.content, found.mended)
    notes, json_text = _without_mark(text)
    if isinstance(settings_in(json_text), dict | list):  # a text in quotes is JSON too
        return Encoding(encode(json_text), json_text.encode(), notes, was_text=True)
    if found is None:
        return Encoding(problem=f"{_NO_SETTINGS}{_stray(text)}")
    return Encoding(problem=f"{_NO_SETTINGS}: it {_NOT_JSON if found.content else _DAMAGED}")


def _script(text: str) -> Encoding:
    found = _candidate(text)
    if found is None and (stray := _stray(text)):
        return Encoding(problem=f"looks like Base64{stray}")
    if found is None or not (_is_base64(found) or _is_wrapped(found.pieces) or _is_broken(found)):
        notes, script = _without_mark(text)
        if "\r\n" in script:
            script = script.replace("\r\n", "\n")
            notes = (*notes, WINDOWS_LINES)
        return Encoding(encode(script), script.encode(), notes, was_text=True)
    if not _is_base64(found):
        is_whole = found.content is not None and not found.mended
        return Encoding(problem=_COULD_BE_EITHER if is_whole or len(found.encoded) < _CERTAIN else _DAMAGED)
    content = found.content or b""
    named = ("is Base64 of a script with Windows line ends (CRLF), which bash trips over: it is sent as it is",)
    return Encoding(found.encoded, content, (*found.mended, *(named if b"\r\n" in content else ())))


def _without_mark(text: str) -> tuple[tuple[str, ...], str]:
    """Return a text without the byte order mark that some editors begin a file with, and a note of it."""
    rest = text.removeprefix("\ufeff")
    return (() if rest == text else ("begins with a byte order mark: it is left out",)), rest


def _is_base64(found: _Candidate) -> bool:
    """Return whether a script of Base64's letters is certainly Base64."""
    if found.content is None:
        return False
    if found.is_certain:
        return True
    is_long, is_one_word = len(found.encoded) >= _CERTAIN, len(found.pieces) == 1
    if _text_in(found.content):  # words that are not Base64 decode to a text only if they are short
        return is_long or found.content.startswith(b"#!") or (is_one_word and not found.mended)
    return is_long and _has_both_cases(found.encoded) and not found.mended and _is_wrapped(found.pieces)


def _is_broken(found: _Candidate) -> bool:
    """Return whether words of Base64's letters are the parts of one Base64 text, of which others may be missing."""
    is_padded = found.encoded.endswith("=") and not found.mended and _text_in(found.content or b"") is not None
    return is_padded or (found.content is None and _begins_as_text(found.encoded.rstrip("=")))


def _begins_as_text(letters: str) -> bool:
    """Return whether letters of Base64 hold a text, but for an end that may be cut, which is no accident."""
    content = base64.b64decode(letters[: len(letters) // 4 * 4].translate(_URL_SAFE))
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return False
    is_long = len(letters) > _CERTAIN - 4  # with its padding
    return bool(text) and (is_long or text.startswith("#!/")) and not _NOT_IN_TEXT.search(text)


def _has_both_cases(letters: str) -> bool:
    """Return whether there are small and capital letters, as in Base64 and seldom in a path."""
    return letters.lower() != letters != letters.upper()


def _is_wrapped(pieces: tuple[int, ...]) -> bool:
    """Return whether pieces of these lengths are the lines of one long text."""
    *lines, last = pieces
    return not lines or (min(lines) == max(lines) >= max(last, _EVEN_LINE))


_URL_LETTERS = "was URL-safe Base64: its - and _ are sent as + and /"
_UNPADDED = "was Base64 without its = at the end: they are added"
_ARMOURED = "had something around its Base64, such as certutil's BEGIN and END lines: it is left out"


def _candidate(text: str) -> _Candidate | None:
    """Return the Base64 that a text would be, or None where it has other letters than Base64."""
    armour = _ARMOUR.fullmatch(text)
    if not armour and _HALF_ARMOUR.fullmatch(text):
        return None
    pieces = ((armour["lines"] or armour["url"] or "") if armour else text).split()
    letters = "".join(pieces)
    if not _LETTERS.fullmatch(letters):
        is_long = len(letters) >= _CERTAIN and _has_both_cases(letters)
        is_damaged = _TOO_MUCH_PADDING.fullmatch(letters) or (is_long and _BOTH_ALPHABETS.fullmatch(letters))
        return _Candidate(letters, None, tuple(map(len, pieces)), ()) if is_damaged else None
    standard = letters.rstrip("=").translate(_URL_SAFE)
    encoded = standard + "=" * (-len(standard) % 4)
    try:
        content = base64.b64decode(encoded, validate=True)
    except binascii.Error:  # cut: no padding makes it whole
        content = None
    if content and len(encoded) > len(letters) and _encoded(content) != encoded:
        content = None  # cut: bits of the next byte are left
    is_certain = isinstance(text, Base64) or (armour is not None and encoded == letters)
    urls = _URL_LETTERS if letters.rstrip("=") != standard else ""
    padding = _UNPADDED if len(encoded) != len(letters) else ""
    mended = tuple(mend for mend in (_ARMOURED if armour else "", urls, padding) if mend)
    return _Candidate(encoded, content or None, tuple(map(len, pieces)), mended, is_certain)


def _stray(text: str) -> str:
    """Return what does not belong into what is otherwise Base64 of a text, or an empty string."""
    if _HALF_ARMOUR.fullmatch(text):
        return ", but of its BEGIN and END lines one is missing: copy it again"
    around = _AROUND.fullmatch(text)
    within = _candidate(around["inner"]) if around else None
    if around and within and _is_base64(within):
        return f", but {around['mark']} does not belong there: leave it out"
    joined = _JOINED.fullmatch("".join(text.split()))
    if joined and len(text) >= _CERTAIN and _text_in(base64.b64decode(joined[1])):
        return ", but has = in the middle, as two that were joined have: encode the whole again"
    unescaped = unquote(text.replace("\\r", "").replace("\\n", "")).replace("＝", "=").translate(_URL_SAFE)
    letters = re.sub("[^A-Za-z0-9+/=]", "", unescaped)
    whole = _candidate(letters) if letters.endswith("=") and len(text.split()) == 1 else None
    if not ((whole and _is_broken(whole)) or _begins_as_text(letters.replace("=", ""))):
        return ""
    stray = sorted({*re.sub(r"[A-Za-z0-9+/_=\s-]", "", text)}) or [letter for letter in "-_=" if letter in text]
    named = ", ".join(repr(letter) if letter.isascii() else f"U+{ord(letter):04X}" for letter in stray[:3])
    return f", but {plain(named, 60)} does not belong there: copy it again"


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _text_in(content: bytes) -> str | None:
    """Return the text in UTF-8, or None where it is none."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if _NOT_IN_TEXT.search(text) else text


def _decoded_as_cp949(content: bytes) -> str:
    try:
        return content.decode("cp949")
    except UnicodeDecodeError:
        return ""


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)
