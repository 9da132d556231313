"""Periods in charts: each a band of its own, with a name such as Sep 2026, 5-11 Oct, 5 Oct 14:00 or 2026 Q3.

Names are expressions of Vega, so that names of months are in the user's language. Bands take the place of a scale of
time, on which the two hours of the same name when a clock is put back would be one.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from heco_jupyter.api.display.texts import Said
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.fleet.clocks import wall_time, zone_named
from heco_jupyter.fleet.periods import parse_freq
from heco_jupyter.fleet.pictures import to_the_minute
from heco_jupyter.fleet.times import parse_time

if TYPE_CHECKING:
    from datetime import datetime

    from heco_jupyter.fleet.periods import Step

_DAY = timedelta(days=1)
_MOST_NAMES, _MOST_LONG_NAMES = 12, 8


def band_keys(begins: pd.Series) -> pd.Series:
    """Return what tells periods apart in a chart: when each begins by the calendar, with its offset from UTC."""
    return begins.map(lambda begin: begin.isoformat(timespec="seconds"))


def bands_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the bands of a table of usage.

    Parameters
    ----------
    table
        Usage with the column period. Its `attrs` tell how long periods are and when they were measured.

    Returns
    -------
    DataFrame
        One row per period from the first to the last, without gaps: begin (as `band_keys`), from and until (text; until
        when the table covers it), and partial, whether it goes on after that.
    """
    begins = pd.DatetimeIndex(table["period"].dropna().unique()).sort_values()
    edges = _edges(begins, step_of(table))
    timezone = str(begins.tz)
    measured = [
        parse_time(table.attrs[name], timezone, name) for name in ("until", "fetchedAt") if table.attrs.get(name)
    ]
    ends = edges[1:]
    covered = [min([end, *measured]) for end in ends]
    return pd.DataFrame(
        {
            "begin": band_keys(pd.Series(edges[:-1])),
            "from": [to_the_minute(begin) for begin in edges[:-1]],
            "until": [to_the_minute(end) for end in covered],
            "partial": [time < end for time, end in zip(covered, ends, strict=True)],
        }
    )


def _edges(begins: pd.DatetimeIndex, step: Step) -> pd.DatetimeIndex:
    """Return when periods begin, from the first one to the end of the last one, without gaps."""
    if not len(begins):
        return begins
    zone = zone_named(str(begins.tz))
    known: list[datetime] = list(begins.tz_convert("UTC").to_pydatetime())
    between = step.begins(known[0], known[-1] + timedelta(milliseconds=1), zone)
    edges = sorted({*known, *between, step.follows(known[-1], zone)})
    return pd.DatetimeIndex(edges).tz_convert(begins.tz)


def step_of(table: pd.DataFrame) -> Step:
    """Return the length of the periods of a table; where pandas has dropped its `attrs`, what they look like."""
    with suppress(CommandError):
        return parse_freq(table.attrs.get("freq", ""))
    begins = pd.DatetimeIndex(table["period"].dropna().unique())
    walls = [wall_time(begin, zone_named(str(begins.tz))) for begin in begins.to_pydatetime()]
    steps = [parse_freq(freq) for freq in ("Y", "Q", "M", "W", "D", "6h", "h", "min")]
    likely = steps if len(walls) > 1 else steps[2:]  # a single month is hardly a year
    return next((step for step in likely if all(step.begin(step.index(wall)) == wall for wall in walls)), steps[-1])


def named_bands(bands: pd.DataFrame, step: Step) -> list[str]:
    """Return the bands to name on the axis: all, or where there is no room those with which a longer period begins."""
    most = _MOST_LONG_NAMES if step.time > _DAY else _MOST_NAMES
    keys: list[str] = bands["begin"].to_list()
    if len(keys) <= most:
        return keys
    walls = [pd.Timestamp(key[:19]).to_pydatetime() for key in keys]
    for longer in (parse_freq(freq) for freq in ("6h", "D", "W", "M", "Q", "Y")):
        chosen = [key for key, wall in zip(keys, walls, strict=True) if longer.begin(longer.index(wall)) == wall]
        if 1 < len(chosen) <= most:
            return chosen
    return keys[:: -(-len(keys) // most)]


def name_expression(step: Step, text: str, language: str, *, with_year: bool) -> str:
    """Return an expression of Vega that names a period.

    Parameters
    ----------
    step
        The length of the period.
    text
        An expression for when it begins, in ISO 8601 by the calendar; what follows the seconds is of no matter.
    language
        Of the name.
    with_year
        Whether the names of days and hours have the year.
    """
    naming = _naming(step, with_year=with_year)
    first = f"toDate(slice({text}, 0, 19) + 'Z')"
    last = f"utcOffset('{naming.unit}', {first}, {naming.count - 1})"

    def name(key: str) -> str:
        words = Said(f"period_{key}", {"first": _Parts(first), "last": _Parts(last)}).in_language(language)
        return " + ".join(_as_expressions(words))

    def share(part: str) -> str:
        return f"utcFormat({first}, '{part}') == utcFormat({last}, '{part}')"

    if naming.count == 1:
        return name(naming.one)
    *cases, (_, otherwise) = naming.several
    return "".join(f"{share(part)} ? {name(key)} : " for part, key in cases) + name(otherwise)


@dataclass(frozen=True)
class _Naming:
    """How periods of one length are named: so many units of the calendar each.

    Parameters
    ----------
    unit, count
        The units, as Vega calls them.
    one
        The key of the text for one unit.
    several
        The keys for several, the first one counts whose part of the date the first and the last unit share.
    """

    unit: str
    count: int
    one: str
    several: tuple[tuple[str, str], ...] = ()


def _naming(step: Step, *, with_year: bool) -> _Naming:
    if step.months == 3:  # noqa: PLR2004 (a quarter)
        return _Naming("month", 1, "quarter")
    if step.months % 12:
        return _Naming("month", step.months, "month", (("%Y", "months"), ("", "months_of_two_years")))
    if step.months:
        return _Naming("year", step.months // 12, "year", (("", "years"),))
    year = "_and_year" if with_year else ""
    if step.time % _DAY:
        return _Naming("day", 1, f"hour{year}")
    apart = f"days_of_two_{'years' if with_year else 'months'}{year}"
    days = (("%Y-%m", f"days{year}"), ("%Y", f"days_of_two_months{year}"), ("", apart))
    return _Naming("day", step.time // _DAY, f"day{year}", days)


@dataclass(frozen=True)
class _Parts:
    """A time, given by an expression, whose parts a text names; the place of each is marked for `_as_expressions`."""

    time: str

    def __format__(self, form: str) -> str:
        return f"\0utcFormat({self.time}, '{form}')\0"


def _as_expressions(text: str) -> list[str]:
    """Return a text with marked expressions as expressions to add up."""
    parts = text.split("\0")
    return [part if number % 2 else f"'{part}'" for number, part in enumerate(parts) if part]
