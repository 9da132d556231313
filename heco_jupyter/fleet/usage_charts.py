"""Charts of what each group used, drawn with Altair."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import pandas as pd

from heco_jupyter.api.display.cards import duration_words
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.display.texts import Said
from heco_jupyter.api.model.checks import check_language, check_type
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.fleet.bands import band_keys, bands_of, name_expression, named_bands, step_of
from heco_jupyter.fleet.columns import check_columns, check_times
from heco_jupyter.fleet.groups import MOST_COLOURS, group_colour, group_names, with_rest
from heco_jupyter.fleet.pictures import import_altair, picture

if TYPE_CHECKING:
    from heco_jupyter.fleet.pictures import Picture

_MOST_ROWS = 60
_SHARES = {"nodeHours": "nodeHoursKnown", "cost": "costKnown"}
_COLUMNS = {
    *("uptimeHours", "nodeHours", "nodeHoursKnown", "nodeHoursInferred", "nodeHoursLow", "nodeHoursHigh"),
    *("cost", "costKnown", "clusters"),
}
_STRIPES = 40  # over the height of the highest bar


def plot_usage(table: pd.DataFrame, value: str = "nodeHours", *, language: str = "en") -> Picture:
    """Draw what each group used: one bar per group, or bars stacked by group over the periods.

    A bar is hatched where the table covers a part of its period only, since that goes on after `attrs["until"]` or
    `attrs["fetchedAt"]`. Where there are too many groups to tell apart, the smallest ones are one grey group.

    Parameters
    ----------
    table
        Usage as `usage` returns it, grouped by one column or several, with or without periods.
    value
        The column to draw: nodeHours or uptimeHours (hours), or cost (in the currency of the prices).
    language
        Of the chart's words: `en` or `ko`.

    Returns
    -------
    Picture
        The chart. `chart` is the Altair chart, `png()` returns a PNG.

    Raises
    ------
    CommandError
        When Altair is not installed, a column is missing, the table has neither groups nor periods, or there is no
        such language.

    Examples
    --------
    >>> import pandas as pd
    >>> from heco_jupyter import fleet
    >>> table = pd.DataFrame({"owner": ["kim", "lee"], "clusters": [2, 1], "nodeHours": [168.0, 12.0]})
    >>> fleet.plot_usage(table)
    <chart: nodeHours by owner>
    """
    check_language(language)
    check_type(value, str, "value", "the name of a column")
    check_columns(table, (value,), "a table as usage() returns it")
    if table[value].dtype.kind not in "iuf":
        raise CommandError(
            f"value is {plain(value, 40)}, a column without amounts to draw", hint="use nodeHours, uptimeHours or cost"
        )
    columns = list(takewhile(lambda name: name not in ("period", "clusters", "uptimeHours", value), table))
    if not columns and "period" not in table:
        raise CommandError(
            "a chart of usage needs a table that is grouped by a column or split into periods",
            hint="usage(clusters, by='owner') or usage(clusters, by=None, freq='D')",
        )
    if "period" in table:
        check_times(table, ["period"])
    amounts = _amounts(table, value).assign(group=group_names(table[columns], language) if columns else "")
    drawn = _Drawn(value, ", ".join(map(str, columns)), language)
    return _plot_periods(table, amounts, drawn) if "period" in table else _plot_groups(amounts, drawn)


@dataclass(frozen=True)
class _Drawn:
    """What a chart is of: a column, by which columns, in which language."""

    column: str
    by: str
    language: str

    @property
    def value(self) -> str:
        """What the column is called; one that is not of `usage` goes by its name."""
        return self.word(self.column) if self.column in _COLUMNS else self.column

    @property
    def title(self) -> str:
        """What the chart is called."""
        return self.say("amount_by", amount=self.value, by=self.by) if self.by else self.value

    def say(self, key: str, **values: object) -> str:
        """Return a text."""
        return Said(key, values).in_language(self.language)

    def word(self, name: str) -> str:
        """Return what a tooltip calls something."""
        return self.say(name if name in ("clusters", "measured") else f"chart_{name}")


def _plot_groups(amounts: pd.DataFrame, drawn: _Drawn) -> Picture:
    """Draw one bar per group, the largest first."""
    alt = import_altair()
    amounts["group"], entries = with_rest(amounts["group"], amounts["value"], _MOST_ROWS, drawn.language)
    rows = _summed(amounts, ["group"], drawn.language)
    rows["place"] = rows["group"].map({entry: place for place, entry in enumerate(entries)})
    order = alt.EncodingSortField("place", op="min")
    chart = (
        alt.Chart(title=drawn.title)
        .mark_bar()
        .encode(
            x=alt.X("value:Q", title=drawn.value, stack=None),  # Vega cannot stack what is called toString
            y=alt.Y("group:N", sort=order, title=drawn.by, axis=alt.Axis(labelLimit=200)),
            tooltip=_tooltips(alt, rows, drawn),
        )
    )
    return picture(chart, rows, drawn.language)


def _plot_periods(table: pd.DataFrame, amounts: pd.DataFrame, drawn: _Drawn) -> Picture:
    """Draw bars over the periods of a table, stacked by group."""
    alt = import_altair()
    bands, step = bands_of(table), step_of(table)
    amounts["begin"] = band_keys(table["period"])
    amounts["group"], entries = with_rest(amounts["group"], amounts["value"], MOST_COLOURS, drawn.language)
    rows = _summed(amounts, ["begin", "group"], drawn.language).merge(bands, on="begin")
    rows["place"] = rows["group"].map({entry: place for place, entry in enumerate(entries)})
    x = alt.X(
        "begin:O",
        title=drawn.say("period_axis", zone=table["period"].dt.tz),
        scale=alt.Scale(domain=bands["begin"].to_list(), padding=0.1 if len(bands) <= _MOST_ROWS else 0),
        axis=alt.Axis(
            values=named_bands(bands, step),
            labelExpr=name_expression(
                step, "datum.value", drawn.language, with_year=len({key[:4] for key in bands["begin"]}) > 1
            ),
            labelAngle=0,
            labelOverlap="greedy",
        ),
    )
    bars = (
        alt.Chart()
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("value:Q", stack=True, title=drawn.value),
            opacity=alt.condition("datum.partial", alt.value(0.6), alt.value(1)),
            order=alt.Order("place:Q"),
            tooltip=_tooltips(alt, rows, drawn),
        )
    )
    if drawn.by:
        bars = bars.encode(color=group_colour(alt, drawn.by, entries, "group"))
    # Stripes below the bars, which let them through and keep their tooltips. (A canvas draws no gradient on bars.)
    highest = rows.groupby("begin")["value"].sum().max()
    height = highest / _STRIPES if highest > 0 else 1.0
    hatch = (
        alt.Chart()
        .transform_filter("datum.partial && datum.value > 0")
        .transform_aggregate(total="sum(value)", groupby=["begin"])
        .transform_calculate(stripe=f"sequence(0, datum.total, {height})")
        .transform_flatten(["stripe"])
        .transform_calculate(top=f"min(datum.stripe + {0.4 * height}, datum.total)")
        .mark_bar(color="black")
        .encode(x=x, y=alt.Y("stripe:Q", title=drawn.value, stack=None), y2="top:Q")
    )
    title: Any = drawn.title
    if rows["partial"].any():
        title = alt.TitleParams(title, subtitle=drawn.say("hatched"))
    chart = alt.layer(hatch, bars, title=title)
    named = chart.transform_calculate(period=name_expression(step, "datum.begin", drawn.language, with_year=True))
    return picture(named, rows, drawn.language, height=240)


def _amounts(table: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return what can be added up over rows of a table, as far as it has that."""
    amounts = pd.DataFrame({"value": table[value].astype("float64")})
    for name in ("clusters", "uptimeHours"):
        if name in table:
            amounts[name] = table[name].astype("float64")
    share = _SHARES.get(value)
    if share in table and "uptimeHours" in table:
        amounts["knownHours"] = table[share].astype("float64") * amounts["uptimeHours"]
    return amounts


def _summed(amounts: pd.DataFrame, keys: list[str], language: str) -> pd.DataFrame:
    """Return the sums of `_amounts`, with words for tooltips."""
    rows: pd.DataFrame = amounts.groupby(keys, sort=False).sum(min_count=1).reset_index()
    if "uptimeHours" in rows:
        rows["uptime"] = [duration_words(timedelta(hours=hours), language) for hours in rows["uptimeHours"].fillna(0)]
    if "knownHours" in rows:
        rows["measured"] = rows["knownHours"] / rows["uptimeHours"].where(rows["uptimeHours"] > 0)
    return rows


def _tooltips(alt: Any, rows: pd.DataFrame, drawn: _Drawn) -> list[Any]:
    """Return what a bar tells, as far as there is such a column."""
    formats = {"value": ",.2f" if drawn.column == "cost" else ",.2~f", "clusters": ",.0f", "measured": ".0%"}
    titles = {"group": drawn.by, "value": drawn.value}
    names = ["group"] * bool(drawn.by) + ["period"] * ("begin" in rows)
    names += [name for name in ("from", "until", "value", "clusters", "uptime", "measured") if name in rows]
    return [
        alt.Tooltip(f"{name}:Q", title=title, format=formats[name])
        if name in formats
        else alt.Tooltip(f"{name}:N", title=title)
        for name in names
        for title in [titles.get(name) or drawn.word(name)]
    ]
