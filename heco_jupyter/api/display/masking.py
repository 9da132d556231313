"""Secrets: held where nothing prints them, and masked in every text that is shown.

Only `Secret` holds secrets, and only `mask` masks them. Whatever passes through a `Secret`, or is sent in a password
field of a spec, is remembered here, so that it is masked when the API or a library repeats it.

A secret comes back in many forms: as it is, as Base64, alone or inside a longer text, and with some of its characters
escaped, by JSON, a URL or HTML. Which characters are escaped, and how, differs between servers and may be mixed within
one text, so a secret is found character by character, each as itself or as any of its escapes.
"""

from __future__ import annotations

import base64
import html
import json
import re
from html.entities import codepoint2name
from itertools import count, groupby
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Form = str | re.Pattern[str]

MASK = "••••••"

# Shorter texts occur in ordinary words: masking them would garble messages and hide nothing.
_SHORTEST = 4
_SHORTEST_BASE64 = 8
# A pattern of more escaped characters takes seconds to build. No key has so many; a script may.
_MOST_ESCAPED = 1000
_NAMED_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f", '"': '"', "'": "'", "/": "/"}
_URL_SAFE = str.maketrans("+/", "-_")

_known: dict[str, Form] = {}
_changes = count(1)
_change = 0
_ordered: tuple[int, tuple[Form, ...]] = (0, ())


def remember(text: str) -> None:
    """Have `mask` hide `text` from now on, whichever way it is encoded."""
    global _change  # noqa: PLW0603 (it tells `mask` that the order is out of date)
    if text not in _known and len(text) >= _SHORTEST:
        _known.update(_forms(text))
        _change = next(_changes)


def mask(text: str, also: Iterable[str] = ()) -> str:
    """Return `text` with every remembered secret replaced by bullets.

    Parameters
    ----------
    text
        What is about to be shown.
    also
        Texts to replace in this text only.
    """
    global _ordered  # noqa: PLW0603 (a cache: this runs for every line of the log)
    # The change is read before the forms: another thread that adds some meanwhile makes this order out of date.
    change = _change
    if _ordered[0] != change:
        _ordered = change, _longest_first(dict(_known))
    forms = _ordered[1]
    if also := [other for other in also if len(other) >= _SHORTEST]:
        forms = _longest_first({**_known, **{key: form for other in also for key, form in _forms(other).items()}})
    for form in forms:
        text = text.replace(form, MASK) if isinstance(form, str) else form.sub(MASK, text)
    return text


def _longest_first(forms: dict[str, Form]) -> tuple[Form, ...]:
    """Return what to replace, in an order in which no secret is cut by another that is a part of it."""
    return tuple(forms[key] for key in sorted(forms, key=len, reverse=True))


def _forms(text: str) -> dict[str, Form]:
    """Return what to look for, by what it stands for."""
    return {encoded: form for source in (text, *_as_base64(text)) for encoded, form in _escaped(source).items()}


def _as_base64(text: str) -> Iterator[str]:
    """Yield `text` as Base64, and the part of it that stays the same in the Base64 of a longer text around it."""
    data = text.encode("utf-8", "surrogatepass")
    whole = base64.b64encode(data).decode()
    parts = [whole]
    for before in range(3):  # bytes of the longer text, by which the groups of six bits shift
        encoded = base64.b64encode(bytes(before) + data).decode()
        parts.append(encoded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6])
    for part in parts:
        if len(part) >= _SHORTEST_BASE64:
            yield part
            yield part.translate(_URL_SAFE)


def _escaped(text: str) -> dict[str, Form]:
    """Return what finds `text` with any of its characters escaped: the text itself where nothing ever escapes them."""
    escaped = sum(not _is_bare(character) for character in text)
    if not escaped:
        return {text: text}
    if escaped > _MOST_ESCAPED:
        return {form: form for form in (text, *_usual_escapes(text))}
    return {text: re.compile("".join(_run(character, len(list(run))) for character, run in groupby(text)))}


def _usual_escapes(text: str) -> Iterator[str]:
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield quote(text, errors="surrogatepass")
    yield html.escape(text)


def _is_bare(character: str) -> bool:
    return character == "_" or (character.isascii() and character.isalnum())


def _run(character: str, length: int) -> str:
    """Return a pattern for a character that stands `length` times in a row."""
    if _is_bare(character):
        return character * length
    escapes = "|".join(_escapes(character))
    if character == "\\":  # as one count of backslashes: each could be one or several, and trying all takes for ever
        return rf"(?:\\{{{length},{4 * length}}}|(?:{escapes}){{{length}}})"
    return rf"(?:{escapes}|{re.escape(character)}){f'{{{length}}}' if length > 1 else ''}"


def _escapes(character: str) -> Iterator[str]:
    """Yield a pattern for each way to escape a character, also where a text was escaped more than once."""
    code = ord(character)
    data = character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass").hex(" ", 2).split()
    yield "".join(f"%(?:25)*(?i:{byte:02x})" for byte in data)
    yield "".join(rf"\\{{1,4}}u(?i:{unit})" for unit in units)
    yield "".join(rf"\\{{1,4}}x(?i:{byte:02x})" for byte in data)
    yield rf"&(?:amp;)*#(?:0*{code}|[xX]0*(?i:{code:x}));"
    name = "apos" if character == "'" else codepoint2name.get(code)
    if name:
        yield f"&(?:amp;)*{name};"
    if character in _NAMED_ESCAPES:
        yield rf"\\{{1,4}}{_NAMED_ESCAPES[character]}"
    if character == " ":
        yield r"\+"


class Hidden(str):
    """A text whose repr does not show it: a traceback may show the arguments and variables of its frames."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} characters>"


class Secret:
    """A text that no repr, str, format, pickle or copy shows.

    Parameters
    ----------
    text
        The secret, or None if somebody will be asked for it later (see `fill`).
    name
        The user's name for it, such as an environment variable.
    """

    __slots__ = ("__text", "name")

    def __init__(self, text: str | None, name: str = "") -> None:
        self.name = name
        self.__text: str | None = None
        if text is not None:
            self.fill(text)

    @property
    def known(self) -> bool:
        """Whether the secret has its text."""
        return self.__text is not None

    def fill(self, text: str) -> None:
        """Give the secret its text."""
        remember(text)
        self.__text = text

    def reveal(self) -> str:
        """Return the secret itself, for the wire only."""
        if self.__text is None:
            raise ValueError(f"the secret {self.name} was never given")
        return self.__text

    def __repr__(self) -> str:
        return f"Secret({self.name or MASK})"

    __str__ = __repr__

    def __format__(self, form: str) -> str:
        return format(repr(self), form)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not written to a file or sent to another process")
