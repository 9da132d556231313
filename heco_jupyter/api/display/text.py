"""Text from outside, made harmless: one line of bounded length, without control, terminal or direction characters."""

from __future__ import annotations

import difflib
import json
import re
import shlex
import unicodedata
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
# Control characters, zero-width and direction marks, line and paragraph separators, lone surrogates.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")

# What needs no quotes in a line: no dash in front, and no full-width letters, which a line refuses outside of quotes.
_ONE_WORD = re.compile(r"(?!-)(?:(?![\uff00-\uffef])[\w@%+=:,./-])+")

_is_for_shell = ContextVar("_is_for_shell", default=False)


def plain(text: object, limit: int = 300) -> str:
    """Return `text` as one harmless line of at most `limit` characters.

    Parameters
    ----------
    text
        Anything; its `str` is taken.
    limit
        Most characters in the result; a longer text ends in an ellipsis.
    """
    line = " ".join(_UNSAFE.sub(" ", _ANSI.sub("", str(text))).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def width(text: str) -> int:
    """Return how many columns `text` takes in a terminal, where Korean and other wide letters take two."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def cut(text: str, most: int) -> str:
    """Return `text` if it takes at most `most` columns in a terminal, or its start and an ellipsis."""
    if width(text) <= most:
        return text
    while text and width(text) >= most:
        text = text[:-1]
    return f"{text}…"


def _columns(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me") or "\u1160" <= letter <= "\u11ff":  # the latter: parts of 한
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def visible(text: str) -> str:
    """Return `text` with what `plain` would remove as Python escapes, for where nothing may be lost."""
    return _UNSAFE.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def made_visible(value: Any) -> Any:
    """Return a value of JSON with `visible` text in all that it holds."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list):
        return [made_visible(item) for item in value]
    if isinstance(value, dict):
        return {visible(name): made_visible(item) for name, item in value.items()}
    return value


def json_text(value: Any, *, indent: int | None = None) -> str:
    """Return a value as JSON, with what `plain` would remove as JSON's own escapes: whoever reads it gets the same."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    # Below \x7f, json has escaped all but its own line ends.
    return _UNSAFE.sub(lambda found: "".join(c if c < "\x7f" else f"\\u{ord(c):04x}" for c in found.group()), text)


def is_harmless(text: str) -> bool:
    """Return whether `visible` would leave `text` as it is."""
    return _UNSAFE.search(text) is None


@contextmanager
def written_for_a_shell() -> Iterator[None]:
    """Have `typed` quote for a shell instead of a line of `%heco`, where other characters have a meaning."""
    token = _is_for_shell.set(True)
    try:
        yield
    finally:
        _is_for_shell.reset(token)


def is_one_word(text: str) -> bool:
    """Return whether there is a way to type a text as one word: a shell hands on a flag without its quotes."""
    return not (_is_for_shell.get() and text.startswith("-"))


def typed(text: str) -> str:
    """Return how to type a text in a line of `%heco`, or in a shell, so that it arrives as it is and as one word."""
    if _is_for_shell.get():
        return shlex.quote(text)
    doubled = re.sub(r"[{}$]", r"\g<0>\g<0>", text)
    if _ONE_WORD.fullmatch(doubled):
        return doubled
    for quote in "\"'":
        if quote not in doubled:
            return f"{quote}{doubled}{quote}"
    return "".join(f"'{run}'" if run[0] == '"' else f'"{run}"' for run in re.findall(r'"[^\']*|[^"]+', doubled))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the entry of `known` that `word` most likely means, or None."""
    by_lower = {entry.lower(): entry for entry in known}
    match = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[match[0]] if match else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `", did you mean X?"` for the nearest of `known`, or an empty string."""
    match = nearest(word, known)
    return f", did you mean {plain(match, 80)}?" if match else ""
