"""Cards: what a person sees of a cluster or a plan, in text and in HTML."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from heco_jupyter.api.display import markup
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.display.texts import Said

if TYPE_CHECKING:
    from heco_jupyter.api.display.markup import Tone

_LABEL = 18


@dataclass(frozen=True, slots=True)
class CardRow:
    """One line of a card: a field's name, its value in words, and for links their text and address."""

    label: str
    value: str
    links: tuple[tuple[str, str], ...] = ()


def duration_words(duration: timedelta, language: str = "en") -> str:
    """Return a duration by its two largest units: `3 d 4 h`, `5 min 20 s`; below a second in `ms`."""
    if timedelta() < duration < timedelta(seconds=1):
        return Said("ms", {"n": f"{duration / timedelta(milliseconds=1):.0f}"}).in_language(language)
    seconds = max(0, int(duration.total_seconds()))
    units = [(86_400, "page_d"), (3_600, "page_h"), (60, "page_min"), (1, "page_s")]
    largest = next((index for index, (size, _) in enumerate(units) if seconds >= size), len(units) - 1)
    parts: list[str] = []
    for size, unit in units[largest : largest + 2]:
        count, seconds = divmod(seconds, size)
        if count or not parts:
            parts.append(Said(unit, {"n": count}).in_language(language))
    return " ".join(parts)


def safe_link(url: object) -> str | None:
    """Return `url` if it is one that may be clicked: http or https, with a host."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc and plain(url, len(url)) == url else None


@dataclass(frozen=True, slots=True)
class Card:
    """What is told of a cluster.

    Parameters
    ----------
    name
        What it is called.
    status
        Its status, in the API's words.
    mark
        One character for the state.
    tone
        The colour of that character.
    rows
        Its fields, and whatever else is known of it.
    note
        What was just done to it.
    next_command
        The command that most likely follows.
    """

    name: str
    status: str
    mark: str
    tone: Tone
    rows: tuple[CardRow, ...]
    note: str | None = None
    next_command: str | None = None

    def text(self) -> str:
        """Return the card as text."""
        lines = [f"{self.mark} {words(self.name)}  {words(self.status)}".rstrip()]
        if self.note:
            lines.append(f"  {plain(self.note)}")
        for row in self.rows:
            if row.links:
                lines += [f"  {name:<{_LABEL}}{url}" for name, url in row.links]
            else:
                lines.append(f"  {row.label:<{_LABEL}}{row.value}")
        if self.next_command:
            lines.append(f"  {'next':<{_LABEL}}{self.next_command}")
        return "\n".join(lines)

    def html(self) -> str:
        """Return the card as HTML."""
        name, status = markup.text(words(self.name)), markup.text(words(self.status))
        mark = f"<span style='color:{self.tone.value}' aria-hidden='true'>{self.mark}</span>"
        body = [f"<div>{mark} <b>{name}</b> <span>{status}</span></div>"]
        if self.note:
            body.append(f"<div>{markup.text(self.note)}</div>")
        body.append(markup.facts((row.label, _html_value(row)) for row in self.rows))
        if self.next_command:
            command = f"<code style='{markup.CODE}'>{markup.text(self.next_command)}</code>"
            body.append(f"<div style='{markup.QUIET}'>next: {command}</div>")
        return markup.box("".join(body))


def dry_run_text(plan: str, request: str) -> str:
    """Return what a dry run shows, as text: the plan in words, and the request with its secrets masked."""
    return f"dry run: {plain(plan)}\n{request}\nnothing was sent"


def dry_run_html(plan: str, request: str) -> str:
    """Return what a dry run shows, as HTML."""
    head = f"<div><b>dry run</b> {markup.text(plan)}</div>"
    foot = f"<div style='{markup.QUIET}'>nothing was sent</div>"
    return markup.box(f"{head}{markup.code_block(request)}{foot}")


def _html_value(row: CardRow) -> str:
    if not row.links:
        return markup.text(row.value)
    return " &nbsp; ".join(markup.link(url, name) for name, url in row.links)


class ShownAsCard:
    """A value that shows as its card: in a notebook, as text, and in a shell."""

    __slots__ = ()

    def card(self) -> Card:
        """Return what is told of it."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.card().html()

    def text(self) -> str:
        """Return it as text."""
        return self.card().text()


def words(value: Any) -> str:
    """Return a field's value as a card has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S %Z")
    if isinstance(value, timedelta):
        return duration_words(value)
    return plain(value, 120)


def count_of(number: object, what: str) -> str:
    """Return `3 workers`, or an empty string where the number is not known."""
    is_number = isinstance(number, int) and not isinstance(number, bool)
    return f"{number} {what}{'' if number == 1 else 's'}" if is_number else ""


def joined(*values: Any) -> str:
    """Return the values that are there, with commas."""
    return ", ".join(text for value in values if (text := words(value)))
