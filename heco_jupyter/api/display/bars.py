"""Charts of bars as SVG inside a page: in Jupyter's colours where there are any, and told without colour too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heco_jupyter.api.display import markup
from heco_jupyter.api.display.amounts import amounts
from heco_jupyter.api.display.text import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 880
_FILL = "fill:var(--jp-brand-color1,#1976d2)"
_OUTLINE = "fill:none;stroke:var(--jp-brand-color1,#1976d2);stroke-dasharray:2 2"
_MARK = "stroke:currentColor;stroke-width:2;opacity:.6"
_LINE = "stroke:currentColor;opacity:.15"
_LETTERS = "fill:currentColor;opacity:.75;font-size:11px"
_LABEL = 24  # terminal columns


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar.

    Parameters
    ----------
    name
        What it is of.
    about
        What it says, for who points at it.
    value, more
        The filled part, and an outlined part that goes on from there; None where it is not known.
    mark
        What it is compared with: a line across it.
    """

    name: str
    about: str
    value: float | None
    more: float | None = None
    mark: float | None = None

    @property
    def largest(self) -> float:
        """The largest value that it has to show."""
        return max((self.value or 0) + (self.more or 0), self.mark or 0)


def upright(name: str, bars: Sequence[Bar], every: int) -> str:
    """Return bars side by side, with a scale; empty where there is nothing to see.

    Parameters
    ----------
    name
        What a screen reader calls the chart.
    bars
        From left to right.
    every
        Every how many bars one is named.
    """
    ticks = _ticks(max((bar.largest for bar in bars), default=0))
    if not ticks:
        return ""
    left, top, height = 60, 8, 130
    scale, step = height / ticks[-1], (_WIDTH - left) / len(bars)
    parts = []
    for tick, label in zip(ticks, amounts(ticks), strict=True):
        y = top + height - tick * scale
        parts.append(f"<line x1='{left}' x2='{_WIDTH}' y1='{y:.1f}' y2='{y:.1f}' style='{_LINE}'/>")
        parts.append(_letters(left - 6, y + 4, label, "end"))
    for number, bar in enumerate(bars):
        x, wide, base = left + (number + 0.15) * step, 0.7 * step, top + height
        used, more = (bar.value or 0) * scale, (bar.more or 0) * scale
        shapes = f"<rect x='{x - 0.15 * step:.1f}' y='{top}' width='{step:.1f}' height='{height}' fill='transparent'/>"
        shapes += _rect(x, base - used, wide, used, _FILL) + _rect(x, base - used - more, wide, more, _OUTLINE)
        if bar.mark is not None:
            y = base - bar.mark * scale
            shapes += f"<line x1='{x:.1f}' x2='{x + wide:.1f}' y1='{y:.1f}' y2='{y:.1f}' style='{_MARK}'/>"
        parts.append(f"<g><title>{markup.text(bar.about)}</title>{shapes}</g>")
        if number % every == 0:
            parts.append(_letters(x + wide / 2, base + 14, bar.name, "middle"))
    return _svg(name, parts, top + height + 20)


def lying(name: str, bars: Sequence[Bar], unknown: str) -> str:
    """Return bars below one another, each with its name and value; empty where there is nothing to see.

    Parameters
    ----------
    name
        What a screen reader calls the chart.
    bars
        From top to bottom.
    unknown
        What stands for a value that is not known.
    """
    largest = max((bar.largest for bar in bars), default=0)
    if not largest > 0:
        return ""
    left, right, step = 180, 90, 20
    scale = (_WIDTH - left - right) / largest
    parts = []
    for number, (bar, label) in enumerate(zip(bars, amounts([bar.value for bar in bars]), strict=True)):
        y = number * step
        used, more = (bar.value or 0) * scale, (bar.more or 0) * scale
        shapes = f"<rect x='0' y='{y}' width='{_WIDTH}' height='{step}' fill='transparent'/>"
        shapes += _letters(left - 8, y + 14, cut(bar.name, _LABEL), "end")
        shapes += _rect(left, y + 4, used, step - 8, _FILL) + _rect(left + used, y + 4, more, step - 8, _OUTLINE)
        if bar.mark is not None:
            x = left + bar.mark * scale
            shapes += f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{y + 1}' y2='{y + step - 1}' style='{_MARK}'/>"
        shapes += _letters(left + bar.largest * scale + 8, y + 14, label or unknown, "start")
        parts.append(f"<g><title>{markup.text(bar.about)}</title>{shapes}</g>")
    return _svg(name, parts, len(bars) * step)


def _ticks(largest: float) -> list[float]:
    """Return round numbers from 0 to what is at least the largest value, at most six; none for nothing."""
    if not largest > 0:
        return []
    power = 10.0 ** math.floor(math.log10(largest))
    step = next(step for factor in (0.2, 0.5, 1, 2) if 5 * (step := factor * power) >= largest)
    return [step * number for number in range(math.ceil(largest / step - 1e-9) + 1)]


def _rect(x: float, y: float, wide: float, high: float, style: str) -> str:
    if wide <= 0 or high <= 0:
        return ""
    return f"<rect x='{x:.1f}' y='{y:.1f}' width='{wide:.1f}' height='{high:.1f}' style='{style}'/>"


def _letters(x: float, y: float, words: str, anchor: str) -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' style='{_LETTERS};text-anchor:{anchor}'>{markup.text(words)}</text>"


def _svg(name: str, parts: Sequence[str], height: float) -> str:
    return (
        f"<svg role='img' aria-label='{markup.text(name)}' viewBox='0 0 {_WIDTH} {height}' "
        f"style='display:block;width:100%;max-width:{_WIDTH}px;margin:6px 0'>{''.join(parts)}</svg>"
    )
