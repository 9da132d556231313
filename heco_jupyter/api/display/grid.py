"""Tables of what was read, as text whose columns line up and as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heco_jupyter.api.display import markup
from heco_jupyter.api.display.text import cut, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heco_jupyter.api.display.markup import Tone

_GAP = "  "
_WIDEST = 40  # terminal columns that one column takes where all have to fit
_NARROWEST = 8  # letters that one line of a cell has room for, where text wraps in HTML
_CELL = "vertical-align:top;padding:2px 8px 2px 0"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    name
        Its head.
    cells
        Harmless texts of one line, from top to bottom.
    is_number
        Whether it is aligned to the right.
    is_whole
        Whether its texts are never cut or wrapped, such as ids, which are copied.
    marks
        A character and its colour before each text, in HTML.
    total
        What stands below a line at the end. A table in which no column has one has no such row.
    """

    name: str
    cells: Sequence[str]
    is_number: bool = False
    is_whole: bool = False
    marks: Sequence[tuple[str, Tone]] = ()
    total: str = ""

    @property
    def width(self) -> int:
        """How many columns of a terminal it takes."""
        return max(map(width, (self.name, *self.cells, self.total)))


def lined_up(columns: Sequence[Column]) -> list[str]:
    """Return a table as lines of text: the heads first, totals last, below a line."""
    padded = [_padded(column, has_totals=_has_totals(columns)) for column in columns]
    return [_GAP.join(line).rstrip() for line in zip(*padded, strict=True)]


def fitting(columns: Sequence[Column], most: int, first: Sequence[str] = ()) -> list[Column]:
    """Return the columns that fit beside one another, in their order.

    Parameters
    ----------
    columns
        From left to right.
    most
        The width of the terminal. The column that comes first is cut where it alone does not fit.
    first
        The names of those that matter most; the others follow from left to right.
    """
    narrow = [column if column.is_whole else _cut(column, min(_WIDEST, most)) for column in columns]
    rank = {name: index for index, name in enumerate(first)}
    fits: set[int] = set()
    used = -len(_GAP)
    for index in sorted(range(len(narrow)), key=lambda index: rank.get(columns[index].name, len(rank))):
        needed = len(_GAP) + narrow[index].width
        if used + needed <= most:
            used += needed
            fits.add(index)
    return [column for index, column in enumerate(narrow) if index in fits]


def as_html(name: str, columns: Sequence[Column], foot: str) -> str:
    """Return a table as HTML, in which all but whole columns wrap where there is little room.

    Parameters
    ----------
    name
        What a screen reader calls it.
    columns
        From left to right.
    foot
        A line below it.
    """
    heads = "".join(
        f"<th scope='col' style='{_style(column)};white-space:nowrap;font-weight:normal;{markup.QUIET}'>"
        f"{markup.text(column.name)}</th>"
        for column in columns
    )
    rows = zip(*map(_html_cells, columns), strict=True)
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return (
        f"<div style='max-width:900px;overflow-x:auto'><table aria-label='{markup.text(name)}' "
        f"style='margin:0;border:0;border-collapse:collapse;font-size:12px;line-height:1.4'>"
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody>{_html_totals(columns)}</table>"
        f"{markup.quiet(foot)}</div>"
    )


def _has_totals(columns: Sequence[Column]) -> bool:
    return any(column.total for column in columns)


def _padded(column: Column, *, has_totals: bool) -> list[str]:
    texts = [column.name, *column.cells]
    if has_totals:
        texts += ["-" * column.width, column.total]
    widths = [*map(width, texts)]
    widest = max(widths)
    rooms = [" " * (widest - taken) for taken in widths]
    return [room + text if column.is_number else text + room for text, room in zip(texts, rooms, strict=True)]


def _cut(column: Column, most: int) -> Column:
    cells = [cut(cell, most) for cell in column.cells]
    return Column(cut(column.name, most), cells, column.is_number, total=cut(column.total, most))


def _html_cells(column: Column) -> Iterator[str]:
    wrap = "white-space:nowrap"
    if column.is_whole:
        wrap += ";font-size:11px"
    elif not column.is_number:
        narrowest = min(column.width, _NARROWEST) + 2 * bool(column.marks)
        wrap = f"overflow-wrap:anywhere;word-break:keep-all;min-width:{narrowest}ch"
    for row, cell in enumerate(column.cells):
        mark = ""
        if column.marks and cell:
            letter, tone = column.marks[row]
            mark = f"<span style='color:{tone.value}' aria-hidden='true'>{letter}</span>&nbsp;"
        yield f"<td style='{_style(column)};{wrap}'>{mark}{markup.text(cell)}</td>"


def _html_totals(columns: Sequence[Column]) -> str:
    if not _has_totals(columns):
        return ""
    line = f"white-space:nowrap;border-top:1px solid {markup.BORDER};font-weight:bold"
    cells = (f"<td style='{_style(column)};{line}'>{markup.text(column.total)}</td>" for column in columns)
    return f"<tfoot><tr>{''.join(cells)}</tr></tfoot>"


def _style(column: Column) -> str:
    return f"text-align:{'right' if column.is_number else 'left'};{_CELL}"
