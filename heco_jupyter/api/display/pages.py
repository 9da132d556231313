"""A page of a few sections with lines, tables and charts, as HTML that needs nothing else and as plain text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heco_jupyter.api.display import markup
from heco_jupyter.api.display.grid import as_html, lined_up
from heco_jupyter.api.display.text import plain, width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heco_jupyter.api.display.grid import Column

_LONGEST = 500  # characters of a line
_HEAD = "margin:16px 0 4px;font-size:14px;font-weight:600"
_TITLE = "margin:0 0 4px;font-size:18px;font-weight:600"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page; what it lacks is left out.

    Parameters
    ----------
    title
        Its head.
    lines
        What is said first.
    columns
        A table, from left to right.
    foot
        A line below the table.
    chart
        A chart, as HTML; text is without.
    """

    title: str
    lines: Sequence[str] = ()
    columns: Sequence[Column] = ()
    foot: str = ""
    chart: str = ""

    def text(self) -> str:
        """Return the section as plain text."""
        rows = lined_up(self.columns) if self.columns else []
        parts = [_underlined(self.title, "-"), *_lines(self.lines), *rows, *_lines([self.foot] if self.foot else [])]
        return "\n".join(parts)

    def html(self) -> str:
        """Return the section as HTML."""
        lines = "".join(f"<div>{markup.text(line, _LONGEST)}</div>" for line in self.lines)
        table = as_html(self.title, self.columns, self.foot) if self.columns else ""
        return f"<h4 style='{_HEAD}'>{markup.text(self.title)}</h4>{lines}{self.chart}{table}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    Parameters
    ----------
    title
        Its head.
    lines
        What is said below it.
    sections
        From top to bottom.
    """

    title: str
    lines: Sequence[str]
    sections: Sequence[Section]

    def text(self) -> str:
        """Return the page as plain text: no line is cut, and columns line up."""
        head = "\n".join([_underlined(self.title, "="), *_lines(self.lines)])
        return "\n\n".join([head, *(section.text() for section in self.sections)])

    def html(self) -> str:
        """Return the page as HTML of at most 900 px, in Jupyter's colours where there are any."""
        lines = "".join(f"<div>{markup.quiet(line)}</div>" for line in self.lines)
        sections = "".join(section.html() for section in self.sections)
        return (
            f"<div role='region' aria-label='{markup.text(self.title)}' "
            f"style='max-width:900px;line-height:1.4;{markup.TEXT}'>"
            f"<h3 style='{_TITLE}'>{markup.text(self.title)}</h3>{lines}{sections}</div>"
        )


def _lines(lines: Sequence[str]) -> list[str]:
    return [plain(line, _LONGEST) for line in lines]


def _underlined(title: str, letter: str) -> str:
    line = plain(title)
    return f"{line}\n{letter * width(line)}"
