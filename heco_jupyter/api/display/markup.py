"""HTML for notebooks: Jupyter's own colours for either theme, and the few shapes that cards and panels are made of."""

from __future__ import annotations

import html
from enum import Enum
from typing import TYPE_CHECKING

from heco_jupyter.api.display.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Tone(Enum):
    """What a colour says; the value is the colour, with one to fall back to outside of JupyterLab."""

    GOOD = "var(--jp-success-color1,#388e3c)"
    WARNING = "var(--jp-warn-color1,#f57c00)"
    BAD = "var(--jp-error-color1,#d32f2f)"
    QUIET = "var(--jp-content-font-color2,#777)"
    FAINT = "var(--jp-content-font-color3,#999)"


QUIET = f"color:{Tone.QUIET.value}"
CODE = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)"
BORDER = "var(--jp-border-color2,#ccc)"
TEXT = "color:var(--jp-content-font-color1,inherit);font-size:var(--jp-content-font-size1,14px)"
_CELL = "text-align:left;vertical-align:top;padding:1px 12px 1px 0;border:0;background:none"
_TABLE = "border-collapse:collapse;border:0"
_PLAIN_ROW = "<tr style='background:none'>"


def text(words: object, limit: int = 300) -> str:
    """Return text as HTML that shows just that, on one line of at most `limit` characters."""
    return html.escape(plain(words, limit))


def coloured(content: str, tone: Tone) -> str:
    """Return HTML in the colour of a tone."""
    return f"<span style='color:{tone.value}'>{content}</span>"


def quiet(words: object) -> str:
    """Return text in a colour that stands back."""
    return coloured(text(words), Tone.QUIET)


def message(words: str, *, tone: Tone | None = None) -> str:
    """Return a short message of a few lines, which a screen reader announces."""
    lines = "<br>".join(text(line, 500) for line in words.splitlines())
    colour = "inherit" if tone is None else tone.value
    return f"<div role='status' style='line-height:1.4;color:{colour}'>{lines}</div>"


def link(url: str, name: str) -> str:
    """Return a link that opens in a new tab; `url` must have passed `safe_link`."""
    return f"<a href='{html.escape(url)}' target='_blank' rel='noopener noreferrer'>{html.escape(name)} ↗</a>"


def box(content: str) -> str:
    """Return HTML in a box with a thin border."""
    style = (
        "display:inline-block;box-sizing:border-box;min-width:min(26em,100%);max-width:60em;padding:8px 12px;"
        f"border-radius:4px;border:1px solid {BORDER};{TEXT};line-height:1.5"
    )
    return f"<div style='{style}'>{content}</div>"


def code_block(content: str) -> str:
    """Return text as it is, in letters of one width."""
    style = f"{CODE};margin:4px 0;white-space:pre-wrap;background:none"
    return f"<pre style='{style}'>{html.escape(content)}</pre>"


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of labels and values; the values are HTML."""
    lines = "".join(
        f"{_PLAIN_ROW}<th scope='row' style='{_CELL};font-weight:normal;{QUIET}'>{html.escape(label)}</th>"
        f"<td style='{_CELL}'>{value}</td></tr>"
        for label, value in rows
    )
    return f"<table style='margin:4px 0;{_TABLE}'>{lines}</table>"


def table(name: str, columns: Iterable[str], rows: Iterable[Sequence[str]], *, wrap_last: bool = False) -> str:
    """Return a table with a head, one line a row; the cells are HTML.

    Parameters
    ----------
    name
        What a screen reader calls it.
    columns
        The heads; none for a table without.
    rows
        Cells, by row.
    wrap_last
        Whether long text wraps in the last column.
    """
    heads = "".join(
        f"<th scope='col' style='{_CELL};white-space:nowrap;font-weight:normal;{QUIET}'>{text(column)}</th>"
        for column in columns
    )
    body = "".join(_row(cells, wrap_last=wrap_last) for cells in rows)
    head = f"<thead>{_PLAIN_ROW}{heads}</tr></thead>" if heads else ""
    style = f"{_TABLE};font-size:var(--jp-ui-font-size1,13px);line-height:1.5"
    return (
        f"<div style='overflow-x:auto'><table aria-label='{html.escape(name)}' style='{style}'>"
        f"{head}<tbody>{body}</tbody></table></div>"
    )


def _row(cells: Sequence[str], *, wrap_last: bool) -> str:
    spaces = ["nowrap" for _ in cells]
    if wrap_last:
        spaces[-1] = "normal"
    columns = (
        f"<td style='{_CELL};white-space:{space}'>{cell}</td>" for cell, space in zip(cells, spaces, strict=True)
    )
    return f"{_PLAIN_ROW}{''.join(columns)}</tr>"
