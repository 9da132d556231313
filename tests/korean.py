"""What a Korean reader sees that is not Korean, derived from the one table of texts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from heco_jupyter.api.display.texts import TEXTS

HANGUL = re.compile("[가-힣]")


def words(text):
    """Return the words of Latin letters in a text; `o12` and `0000001f` are none."""
    return {*re.findall("[A-Za-z]+", re.sub(r"\d+[a-z]*\d*", " ", text))}


def _own_words(text):
    return words(re.sub(r"\{[^}]*\}|%-?[A-Za-z]", "", text))


OURS = {word for english, _ in TEXTS.values() for word in _own_words(english)}
"""The words of all English texts."""
KEPT = {word for _, korean in TEXTS.values() for word in _own_words(korean)}
"""Words of Latin letters that Korean texts have too, such as API and flavor."""


class _Seen(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.texts = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.texts += [value for name, value in attrs if name in ("aria-label", "title", "alt")]

    def handle_data(self, data):
        self.texts.append(data)


def seen_in(html):
    """Return what a person sees or hears of HTML."""
    return "\n".join(_Seen(html).texts)
