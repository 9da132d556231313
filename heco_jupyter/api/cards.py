"""Cards: what a person sees of a cluster or a plan, in text and in HTML, made and escaped here and nowhere else."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from heco_jupyter.api.text import plain

if TYPE_CHECKING:
    from heco_jupyter.api.status import Status

_LABEL = 18
_BOX = (
    "display:inline-block;box-sizing:border-box;min-width:min(26em,100%);max-width:60em;padding:8px 12px;"
    "border-radius:4px;border:1px solid var(--jp-border-color2,#ccc);font-size:var(--jp-content-font-size1,14px);"
    "color:var(--jp-content-font-color1,inherit);line-height:1.5"
)
_QUIET = "color:var(--jp-content-font-color2,#777)"
_CELL = "text-align:left;vertical-align:top;padding:1px 12px 1px 0;border:0;background:none"
_CODE = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a card: a field's name, its value in words, and for links their text and address."""

    label: str
    value: str
    links: tuple[tuple[str, str], ...] = ()


def duration_words(duration: timedelta) -> str:
    """Return a duration by its two largest units: `3 d 4 h`, `5 min 20 s`."""
    seconds = max(0, int(duration.total_seconds()))
    units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
    largest = next((index for index, (size, _) in enumerate(units) if seconds >= size), len(units) - 1)
    parts: list[str] = []
    for size, unit in units[largest : largest + 2]:
        count, seconds = divmod(seconds, size)
        if count or not parts:
            parts.append(f"{count} {unit}")
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
    state
        Its status.
    rows
        Its fields.
    note
        What was just done to it.
    next_command
        The command that most likely follows.
    """

    name: str
    state: Status
    rows: tuple[Row, ...]
    note: str | None = None
    next_command: str | None = None

    def text(self) -> str:
        """Return the card as text."""
        lines = [f"{self.state.mark} {words(self.name)}  {words(self.state.text)}".rstrip()]
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
        body = [
            (
                f"<div><span style='color:{_colour(self.state)}' aria-hidden='true'>{self.state.mark}</span> "
                f"<b>{html.escape(words(self.name))}</b> <span>{html.escape(words(self.state.text))}</span></div>"
            )
        ]
        if self.note:
            body.append(f"<div>{html.escape(plain(self.note))}</div>")
        lines = [
            f"<tr style='background:none'><th scope='row' style='{_CELL};font-weight:normal;{_QUIET}'>"
            f"{html.escape(row.label)}</th><td style='{_CELL}'>{_html_value(row)}</td></tr>"
            for row in self.rows
        ]
        body.append(f"<table style='margin:4px 0;border:0;border-collapse:collapse'>{''.join(lines)}</table>")
        if self.next_command:
            command = html.escape(self.next_command)
            body.append(f"<div style='{_QUIET}'>next: <code style='{_CODE}'>{command}</code></div>")
        return f"<div style='{_BOX}'>{''.join(body)}</div>"


def dry_run_text(plan: str, request: str) -> str:
    """Return what a dry run shows, as text: the plan in words, and the request with its secrets masked."""
    return f"dry run: {plain(plan)}\n{request}\nnothing was sent"


def dry_run_html(plan: str, request: str) -> str:
    """Return what a dry run shows, as HTML."""
    return (
        f"<div style='{_BOX}'><div><b>dry run</b> {html.escape(plain(plan))}</div>"
        f"<pre style='{_CODE};margin:4px 0;white-space:pre-wrap;background:none'>{html.escape(request)}</pre>"
        f"<div style='{_QUIET}'>nothing was sent</div></div>"
    )


def _html_value(row: Row) -> str:
    if not row.links:
        return html.escape(row.value)
    return " &nbsp; ".join(
        f"<a href='{html.escape(url)}' target='_blank' rel='noopener noreferrer'>{html.escape(name)} ↗</a>"
        for name, url in row.links
    )


def _colour(state: Status) -> str:
    if state.is_running:
        return "var(--jp-success-color1,#388e3c)"
    return "var(--jp-content-font-color3,#999)" if state.is_terminated else "var(--jp-warn-color1,#f57c00)"


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


def joined(*values: Any) -> str:
    """Return the values that are there, with commas."""
    return ", ".join(text for value in values if (text := words(value)))
