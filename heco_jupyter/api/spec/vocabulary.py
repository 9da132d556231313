"""The console's words and the documentation's placeholders, where the API wants something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heco_jupyter.api.model.fields import Field

_WHOLE = re.compile(r"\s*<[^<>]*>\s*")
_URL = re.compile(r"\s*[a-z][a-z0-9+.-]*://", re.IGNORECASE)
# Not ${...}, which Hadoop and shells use, and not {a,b}, which names files.
_WORDS_IN_BRACKETS = re.compile(r"(?<!\$)\{[\w\s.-]+\}|<[\w\s.-]+>")
_VERSION = re.compile(r"(?:hadoop\s*eco|hde)?[\s_v-]*(\d+(?:\.\d+)+)", re.IGNORECASE)


def documentation_placeholder(text: str) -> str:
    """Return the placeholder that a text is or, as a URL, has in it; or an empty string."""
    if _WHOLE.fullmatch(text):
        return text.strip()
    found = _WORDS_IN_BRACKETS.search(text) if _URL.match(text) else None
    return found[0] if found else ""


def wire_word(field: Field, text: str) -> str:
    """Return what the API calls a value that is written as the console shows it, or an empty string.

    Values that nobody knows yet are left alone: `Core Hadoop` is `hadoop`, `Hadoop Eco 2.2.0` is `hde-2.2.0`.
    """
    if field.path == "clusterVersion":
        found = _VERSION.fullmatch(text.strip())
        word = f"hde-{found[1]}" if found else text
    elif field.path == "clusterType":
        spoken = text.strip().lower().removeprefix("core ").strip()
        word = spoken if spoken in field.examples else text
    else:
        return ""
    return "" if word == text else word
