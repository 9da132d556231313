"""Arguments of the public functions: refused in words where they are of another type than documented."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, SupportsIndex

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.display.texts import LANGUAGES
from heco_jupyter.api.model.errors import CommandError

if TYPE_CHECKING:
    from types import UnionType


def check_type(value: object, kind: type | UnionType, name: str, words: str) -> None:
    """Check that an argument is of its documented type.

    Parameters
    ----------
    value
        The argument.
    kind
        Its type, or several.
    name
        What the parameter is called.
    words
        What it must be, to follow "it must be".

    Raises
    ------
    CommandError
        When it is not.
    """
    if not isinstance(value, kind):
        raise CommandError(f"{name} is {plain(repr(value), 40)}, it must be {words}")


def check_language(language: object) -> None:
    """Check that a language is one in which there are texts.

    Raises
    ------
    CommandError
        When it is not.
    """
    if not isinstance(language, str) or language not in LANGUAGES:
        raise CommandError(f"there is no language {plain(repr(language), 40)}: use {' or '.join(LANGUAGES)}")


def positive(count: SupportsIndex, what: str) -> int:
    """Return `count`, numpy's integers too, as an int.

    Raises
    ------
    CommandError
        When it is not a whole number of at least 1; `what` names it.
    """
    number = None if isinstance(count, bool) or not isinstance(count, SupportsIndex) else index(count)
    if number is None or number < 1:
        raise CommandError(f"{what} is {plain(repr(count), 40)}, it must be a whole number of at least 1")
    return number
