"""What a month's report says: sums of usage over a month, the month before and the last days, put side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.display.amounts import amount
from heco_jupyter.api.display.texts import Said
from heco_jupyter.api.model.checks import check_language, check_type
from heco_jupyter.fleet.certainty import how_known
from heco_jupyter.fleet.clocks import as_milliseconds
from heco_jupyter.fleet.columns import check_chosen, check_columns, check_times
from heco_jupyter.fleet.forgotten import FORGOTTEN_AFTER, find_forgotten, parse_age
from heco_jupyter.fleet.months import month_of
from heco_jupyter.fleet.periods import split_into_periods
from heco_jupyter.fleet.reports import Report
from heco_jupyter.fleet.times import parse_time
from heco_jupyter.fleet.totals import add_up, measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from heco_jupyter.fleet.months import Month
    from heco_jupyter.fleet.times import Time

_NEEDED = ("id", "name", "status", "createdAt", "runningAt", "elapsedTime")
_AMOUNTS = ("nodeHours", "cost")
_HOUR = pd.Timedelta(hours=1)
_HOUR_MS = 3_600_000.0


def report(
    clusters: pd.DataFrame,
    month: Time | None = None,
    by: str | Sequence[str] | None = "owner",
    *,
    details: pd.DataFrame | None = None,
    history: pd.DataFrame | None = None,
    prices: Mapping[str, float] | pd.DataFrame | str | Path | None = None,
    forgotten_after: timedelta | float = FORGOTTEN_AFTER,
    at: Time | None = None,
    language: str = "en",
) -> Report:
    """Report what a fleet used in a month, by group, against the month before and projected to the month's end.

    A month that has ended is compared with all of the month before. One that has not is compared with the same stretch
    of the month before, up to the same day and hour, and projected: what ran in the last 7 days is taken to go on.

    Parameters
    ----------
    clusters
        Clusters as `Client.list_clusters` returns them, or a history. The time zone of `runningAt` is the calendar's.
    month
        The month, such as 2026-10, or any time in it; by default the one that `at` falls into.
    by
        A column to group by, or several; None for the total alone.
    details, history, prices
        As for `usage`. Without them, the node-hours of terminated clusters are unknown.
    forgotten_after
        How long a cluster that was never scaled may run before it counts as forgotten: a duration or days, by default
        14 days.
    at
        As of when, in the frame's time zone unless it has its own; by default when `clusters` was fetched.
    language
        Of the page: `en` or `ko`.

    Returns
    -------
    Report
        Its frames are `by`, `clusters`, `forgotten`, `unknown` and `days`. A notebook shows it as a page, `print` as
        text; `html()` and `text()` return these.

    Raises
    ------
    CommandError
        When a column is missing or has the wrong type, when a time, a price table or the language is invalid, or when
        the month has not begun.

    Examples
    --------
    >>> import pandas as pd
    >>> from heco_jupyter import fleet
    >>> clusters = pd.DataFrame(
    ...     {
    ...         "id": ["a", "b"],
    ...         "name": ["etl", "adhoc"],
    ...         "owner": ["kim", "lee"],
    ...         "status": ["Running", "Running"],
    ...         "nodeCnt": [4, 2],
    ...         "createdAt": pd.to_datetime(["2026-06-30T23:50Z", "2026-07-01T11:50Z"]),
    ...         "runningAt": pd.to_datetime(["2026-07-01T00:00Z", "2026-07-01T12:00Z"]),
    ...         "elapsedTime": pd.to_timedelta([24, 12], unit="h"),
    ...     }
    ... )
    >>> july = fleet.report(clusters, at="2026-07-02")
    >>> july.by[["owner", "nodeHours", "nodeHoursBefore"]]
      owner  nodeHours  nodeHoursBefore
    0   kim       96.0              0.0
    1   lee       24.0              0.0
    >>> july.month, july.total["nodeHours"], round(july.projection["nodeHours"])
    ('2026-07', 120.0, 634)
    """
    check_language(language)
    check_type(by, str | Iterable | None, "by", "the name of a column, or several")
    age = parse_age(forgotten_after)
    stretch = stretch_of(clusters, month, at)
    keys = [by] if isinstance(by, str) else [] if by is None else [*dict.fromkeys(by)]
    measured = measure(clusters, details, history, prices)
    check_chosen(clusters, keys, "to group by")
    coverage = measured.lives.coverage

    def sums(keys: list[str], since: pd.Timestamp, until: pd.Timestamp, freq: str | None = None) -> pd.DataFrame:
        return add_up(measured, keys, split_into_periods(since, until, freq), freq)

    known = _Known(coverage.known_from)
    recent_since = known.clip(stretch.recent_since, stretch.until)
    pace = _Pace(_hours(recent_since, stretch.until), _hours(stretch.until, stretch.end))
    shares = [known.share(stretch.since, stretch.until), known.share(stretch.before_since, stretch.before_until)]

    def compared(keys: list[str]) -> pd.DataFrame:
        now, before = sums(keys, stretch.since, stretch.until), sums(keys, stretch.before_since, stretch.before_until)
        recent = sums(keys, recent_since, stretch.until) if pace.recent else now.iloc[:0]
        return _compared(_side_by_side(now, before, recent, keys, shares), pace, is_comparable=shares[1] == 1)

    whole = compared([])
    total = {str(name): _plain(column.iloc[0]) for name, column in whole.items()}
    main = "cost" if "cost" in total else "nodeHours"
    each = _shares(sums([*dict.fromkeys(["id", "name", *keys, "status"])], stretch.since, stretch.until), main)
    return Report(
        month=stretch.name,
        since=stretch.since,
        until=stretch.until,
        end=stretch.end,
        at=stretch.at,
        before_since=stretch.before_since,
        before_until=stretch.before_until,
        amount=main,
        grouped_by=tuple(keys),
        total=total,
        projection=None if stretch.is_over else _projection(total, pace, language),
        by=compared(keys) if keys else whole,
        clusters=each,
        forgotten=find_forgotten(measured, each, stretch, keys, age),
        unknown=how_known(measured, stretch.since, stretch.until, language),
        days=_days(sums([], stretch.before_since, stretch.until, "D"), whole, stretch, known),
        language=language,
    )


def stretch_of(clusters: pd.DataFrame, month: Time | None = None, at: Time | None = None) -> Month:
    """Return the month to report, and what it is compared with. The parameters are those of `report`."""
    check_columns(clusters, _NEEDED)
    check_times(clusters, ["runningAt"])  # whose time zone is the calendar's
    if at is None:
        at = clusters.attrs.get("fetchedAt") or datetime.now(UTC)
    return month_of(month, parse_time(at, str(clusters["runningAt"].dt.tz), "at"))


def clusters_within(clusters: pd.DataFrame, stretch: Month) -> pd.DataFrame:
    """Return the clusters that ran in a month or in the one before: those whose details a report needs.

    Parameters
    ----------
    clusters
        As for `report`.
    stretch
        The month.
    """
    begin, end = clusters["runningAt"], clusters["runningAt"] + clusters["elapsedTime"]
    return clusters[(begin < stretch.until) & (end > stretch.before_since)]


@dataclass(frozen=True)
class _Known:
    """From when on it is known what ran, in Unix time in ms; None for always."""

    since: int | None

    def clip(self, since: pd.Timestamp, until: pd.Timestamp) -> pd.Timestamp:
        """Return `since`, or the start of what is known after it, but not after `until`."""
        if self.since is None:
            return since
        return min(max(since, pd.Timestamp(self.since, unit="ms", tz=since.tz)), until)

    def share(self, since: pd.Timestamp, until: pd.Timestamp) -> float:
        """Return the share of a stretch of time of which it is known what ran."""
        return _hours(self.clip(since, until), until) / _hours(since, until)


@dataclass(frozen=True)
class _Pace:
    """What is taken to go on: what ran in the recent hours, for the hours that are left."""

    recent: float
    left: float

    def to_come(self, amount: Any) -> Any:
        """Return what is still to come, of an amount that was used in the recent hours."""
        if not self.left:
            return amount * 0
        return amount * (self.left / self.recent if self.recent else pd.NA)


def _side_by_side(
    now: pd.DataFrame, before: pd.DataFrame, recent: pd.DataFrame, keys: Sequence[str], known: Sequence[float]
) -> pd.DataFrame:
    """Return one row per group of any of three tables of usage: all of the first, and the amounts of the others.

    Parameters
    ----------
    now, before, recent
        Usage of the month, of the month before and of the recent hours.
    keys
        The columns that they are grouped by.
    known
        Of which share of the month and of the month before it is known what ran. A group that did not run used nothing
        where that is all, and otherwise it is unknown what it used.
    """
    tables = [table[table["uptimeHours"] > 0] for table in (now, before, recent)]
    rows = pd.concat([table[[*keys]] for table in tables], ignore_index=True)
    group = (
        rows.groupby([*keys], dropna=False, sort=False, observed=True).ngroup() if keys else pd.Series(0, rows.index)
    )
    result = rows[~group.duplicated()].reset_index(drop=True) if keys else pd.DataFrame(index=[0])
    numbers = np.split(group.to_numpy("int64"), np.cumsum([len(table) for table in tables[:-1]]))
    nothing = [0 if share == 1 else pd.NA for share in (*known, 1)]
    others: dict[Any, Any] = dict.fromkeys(now.columns.drop([*keys]), nothing[0]) | {"clusters": 0, "uptimeHours": 0}
    others |= {"nodeHoursKnown": known[0], "nodeHoursInferred": 0, "costKnown": known[0]}
    for name in now.columns.drop([*keys]):
        result[name] = _spread(tables[0][name], numbers[0], len(result), others[name])
    for suffix, table, number, otherwise in zip(
        ("Before", "Recent"), tables[1:], numbers[1:], nothing[1:], strict=True
    ):
        for name in _amounts(table):
            result[name + suffix] = _spread(table[name], number, len(result), otherwise)
    return result


def _spread(values: pd.Series, numbers: NDArray[np.integer[Any]], count: int, otherwise: Any) -> Any:
    """Return `count` values: those given, at their numbers, and `otherwise`."""
    spread = pd.Series([otherwise] * count, dtype=values.dtype)
    spread.iloc[numbers] = values.array
    return spread


def _compared(table: pd.DataFrame, pace: _Pace, *, is_comparable: bool) -> pd.DataFrame:
    """Return a table with changes and projections, the largest groups first."""
    amounts = _amounts(table)
    result = table.drop(columns=[f"{name}{suffix}" for name in amounts for suffix in ("Before", "Recent")])
    for name in amounts:
        before = table[f"{name}Before"]
        change = table[name] - before if is_comparable else table[name] * pd.NA
        result[f"{name}Before"] = before
        result[f"{name}Change"] = change
        result[f"{name}ChangeShare"] = change / before.where((before > 0).fillna(value=False))
        result[f"{name}Projected"] = table[name] + pace.to_come(table[f"{name}Recent"])
    return _by_size(result, amounts[-1], "uptimeHours", f"{amounts[-1]}Before", f"{amounts[-1]}Projected")


def _by_size(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return a table with the largest rows first, and what is missing last."""
    return table.sort_values([*columns], ascending=False, kind="stable", na_position="last", ignore_index=True)


def _shares(table: pd.DataFrame, main: str) -> pd.DataFrame:
    """Return the usage of each cluster, the largest first, with its share of the whole."""
    each = table.drop(columns="clusters")
    whole = each[main].sum()
    each["share"] = each[main] / (whole if whole > 0 else pd.NA)
    each.attrs = {}
    return _by_size(each, main, "uptimeHours")


def _days(daily: pd.DataFrame, whole: pd.DataFrame, stretch: Month, known: _Known) -> pd.DataFrame:
    """Return one row per day of the month, with the columns of `Report.days`."""
    periods = split_into_periods(stretch.since, stretch.end, "D")
    before = split_into_periods(stretch.before_since, stretch.since, "D")
    lengths = np.diff(np.maximum(periods.edges, as_milliseconds(stretch.until))) / _HOUR_MS
    days = pd.DataFrame({"day": periods.labels.as_unit("ms")})
    used = daily.set_index("period")
    for name in _amounts(daily):
        days[name] = _by_day(used[name], periods.labels, known, stretch.until).array
        then = _by_day(used[name], before.labels, known, stretch.until)
        days[f"{name}Before"] = then.set_axis(before.labels.day).reindex(periods.labels.day).array
        to_come = whole[f"{name}Projected"].iloc[0] - whole[name].iloc[0]
        hourly = to_come / lengths.sum() if lengths.any() else 0.0
        days[f"{name}Projected"] = pd.Series(lengths, dtype="Float64") * hourly
    return days


def _by_day(used: pd.Series, days: pd.DatetimeIndex, known: _Known, until: pd.Timestamp) -> pd.Series:
    """Return what was used on each day: nothing where nothing ran, missing where nobody knows."""
    values = used.reindex(days)
    is_known = (days < until) & (days >= known.clip(days[0], until))
    return values.mask(~days.isin(used.index) & is_known, 0)


def _projection(total: Mapping[str, Any], pace: _Pace, language: str) -> dict[str, Any]:
    """Return what the month comes to, and how that is worked out, in words."""
    comes_to = {name: total[f"{name}Projected"] for name in _amounts(total)}
    recent, left = (amount(round(hours / 24, 1)) for hours in (pace.recent, pace.left))
    how = Said("pace", {"recent": recent, "left": left}) if pace.recent else Said("no_pace")
    return {**comes_to, "how": how.in_language(language)}


def _amounts(table: pd.DataFrame | Mapping[str, Any]) -> list[str]:
    return [name for name in _AMOUNTS if name in table]


def _hours(since: pd.Timestamp, until: pd.Timestamp) -> float:
    return (until - since) / _HOUR


def _plain(value: Any) -> Any:
    """Return a value as Python has it, None where it is missing."""
    return None if pd.isna(value) else value.item() if hasattr(value, "item") else value
