"""Characters that look like others: what an editor, a chat or a web page puts in place of what was typed."""

from __future__ import annotations

import re

_SPACE, _NOTHING, _QUOTE = "type a plain space", "leave it out", "type a plain quotation mark, or none"
_LOOKALIKES = {
    **dict.fromkeys("\u00a0\u2007\u202f", ("a no-break space", _SPACE)),
    "\u3000": ("a full-width space", _SPACE),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", ("a zero-width character", _NOTHING)),
    "\u00ad": ("a soft hyphen", _NOTHING),
    **dict.fromkeys("‘’‚‛“”„‟", ("a curly quotation mark", _QUOTE)),
}
# In a value these are as good as any other letter; between keys and values they are slips.
_IN_SYNTAX = {
    **_LOOKALIKES,
    **dict.fromkeys("＂＇", ("a full-width quotation mark", _QUOTE)),
    "：": ("a full-width colon", "type a plain colon and a space"),
    "，": ("a full-width comma", "type a plain comma"),
    **dict.fromkeys("｛｝［］", ("a full-width bracket", "type a plain one")),
    **dict.fromkeys("‐‑‒–—―－", ("a long dash", "type a plain hyphen")),
}
LINE_BREAKS = re.compile("[\x85\u2028\u2029]|\r(?!\n)")
"""What YAML takes for the end of a line, and no editor shows as one."""
SURROGATE = re.compile("[\ud800-\udfff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def lookalike(text: str, *, syntax: bool = False) -> str:
    """Return the first look-alike in a text and what to do about it, or an empty string.

    Parameters
    ----------
    text
        Part of a spec.
    syntax
        Whether it is more than a value: a key, or a whole line.
    """
    table = _IN_SYNTAX if syntax else _LOOKALIKES
    for letter in text:
        if letter in table:
            what, remedy = table[letter]
            return f"{what} (U+{ord(letter):04X}): {remedy}"
    return ""


def joined_pairs(text: str) -> str:
    """Return a text in which each pair of surrogates, as JSON writes an emoji, is one character."""
    return _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
