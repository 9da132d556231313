"""Secrets: held where nothing prints them, and masked in every text that is shown.

Only `Secret` holds secrets, and only `mask` masks them. Whatever passes through a `Secret`, or stands in a password
field of a spec, is remembered here, so that it is masked when the API or a library repeats it.
"""

from __future__ import annotations

import base64
import json
from typing import NoReturn
from urllib.parse import quote

MASK = "••••••"

# Shorter texts occur in ordinary words: masking them would garble messages and hide nothing.
_SHORTEST = 4
_known: set[str] = set()


def remember(text: str) -> None:
    """Have `mask` hide `text` from now on, as it is and as Base64, JSON or a URL would have it."""
    if len(text) >= _SHORTEST:
        encoded = base64.b64encode(text.encode()).decode()
        _known.update((text, encoded, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], quote(text)))


def mask(text: str) -> str:
    """Return `text` with every remembered secret replaced by bullets."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


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
