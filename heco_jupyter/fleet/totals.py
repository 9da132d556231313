"""Totals of a fleet's usage: uptime, node-hours and cost by any column and any period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.model.checks import check_type
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.fleet.columns import check_chosen
from heco_jupyter.fleet.lives import find_lives, find_pieces
from heco_jupyter.fleet.periods import find_overlaps, periods_of
from heco_jupyter.fleet.pieces import Known
from heco_jupyter.fleet.prices import hourly_rates, keeps_prices, read_prices

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    from heco_jupyter.fleet.columns import Flags, Floats, Integers
    from heco_jupyter.fleet.lives import Lives
    from heco_jupyter.fleet.periods import Overlaps, Periods
    from heco_jupyter.fleet.pieces import Pieces
    from heco_jupyter.fleet.times import Time

_HOUR = 3_600_000.0  # ms


def usage(
    clusters: pd.DataFrame,
    by: str | Sequence[str] | None = "owner",
    since: Time | None = None,
    until: Time | None = None,
    freq: str | None = None,
    *,
    details: pd.DataFrame | None = None,
    history: pd.DataFrame | None = None,
    prices: Mapping[str, float] | pd.DataFrame | str | Path | None = None,
) -> pd.DataFrame:
    """Add up what clusters used, clipped to a stretch of time.

    Parameters
    ----------
    clusters
        Clusters as `Client.list_clusters` returns them: one row per cluster, with at least the columns id, status,
        nodeCnt (Int64), runningAt (datetime64[ms, tz]) and elapsedTime (timedelta64[ms]). The time zone of `runningAt`
        is the calendar's.
    by
        A column to group by, or several; None for one row per period.
    since, until
        A date, a time or words such as 2026-10, today, 7d or last month, in the frame's time zone unless it has its
        own; `until` is exclusive. By default all the time that the clusters cover.
    freq
        Split by the calendar: h, D, W (from Monday), M, Q, Y, or a multiple such as 6h or 15min.
    details
        Details as `Client.list_details` returns them: the flavors that `prices` needs, and `totalVmUptime`. It fills
        what nobody measured. It is not documented: it is taken to be in ms and the sum over all VMs, which is checked
        against count x time where that is known, and it is not used where it contradicts that.
    history
        A history as `history` returns it: what its snapshots saw is measured, and the clusters that it alone knows are
        added, unless `clusters` is filtered. A history may also be passed as `clusters`.
    prices
        Price per hour by flavorName, in any currency: a mapping, or a frame or CSV file as `read_prices` reads it.
        Without it, the prices that the history has kept, each for its own time.

    Returns
    -------
    DataFrame
        One row per group (and period) in which a cluster ran: the largest group first (by cost, or else by node-hours),
        its periods in order. Its columns:

        - the columns of `by`, typed as in `clusters`
        - period (datetime64[ms, tz]), with `freq`: when the period begins by the calendar
        - clusters (Int64): how many ran
        - uptimeHours (Float64): hours that they ran
        - nodeHours (Float64): hours that their nodes ran, as far as node counts are known or can be estimated; missing
          where none is
        - nodeHoursKnown (Float64, 0 to 1): share of the uptime for which node counts were measured: between two
          snapshots that agree. It is smaller where clusters may be missing: in a list that is filtered or incomplete,
          and in periods of which the API has forgotten the clusters (90 days after they ended)
        - nodeHoursInferred (Float64, 0 to 1): share of the uptime for which node counts are inferred: from
          `totalVmUptime`, or from a count seen before or after. What remains is between two snapshots that differ,
          where the mean of the two is taken, or unknown
        - nodeHoursLow, nodeHoursHigh (Float64): with the lower and the higher of two counts instead of their mean
        - cost (Float64, in the currency of the prices) and costKnown (Float64, 0 to 1), with prices: likewise; a
          cost without a price is missing, not 0

        Its `attrs` hold:

        - since, until, fetchedAt (text), knownFrom (text; before it, clusters may be missing), and gaps (pairs of
          texts: between snapshots that are more than twice as far apart as usual)
        - nodeHoursKnown, nodeHoursInferred, nodeHoursBounded and nodeHoursUnknown: shares of all uptime
        - clusters (how many ran), unknownUptime (how many ran for an unknown duration and are left out), contradicted
          (of how many `totalVmUptime` is not used)
        - total (the columns over all groups and periods, where a cluster counts once), by, freq, kind ("usage")
        - complete and filters (as in `clusters`), and with prices unpriced (flavors without a price) and costUnknown
          (share of the uptime that has no cost)

    Raises
    ------
    CommandError
        When a column is missing or has the wrong type, or when a time, `freq` or a price table is invalid.

    Examples
    --------
    >>> import pandas as pd
    >>> from heco_jupyter import fleet
    >>> clusters = pd.DataFrame(
    ...     {
    ...         "id": ["a", "b", "c"],
    ...         "owner": ["kim", "kim", "lee"],
    ...         "status": ["Running", "Running", "Terminated(User)"],
    ...         "nodeCnt": [4, 2, 0],
    ...         "runningAt": pd.to_datetime(["2026-07-01T00:00Z", "2026-07-01T12:00Z", "2026-07-01T12:00Z"]),
    ...         "elapsedTime": pd.to_timedelta([36, 12, 6], unit="h"),
    ...     }
    ... )
    >>> fleet.usage(clusters)[["owner", "clusters", "uptimeHours", "nodeHours", "nodeHoursInferred"]]
      owner  clusters  uptimeHours  nodeHours  nodeHoursInferred
    0   kim         2         48.0      168.0                1.0
    1   lee         1          6.0       <NA>                0.0
    >>> by_day = fleet.usage(clusters, by=None, freq="D")
    >>> by_day[["period", "clusters", "nodeHours"]]
                         period  clusters  nodeHours
    0 2026-07-01 00:00:00+00:00         3      120.0
    1 2026-07-02 00:00:00+00:00         1       48.0
    """
    check_type(by, str | Iterable | None, "by", "the name of a column, or several")
    columns = [by] if isinstance(by, str) else [] if by is None else list(dict.fromkeys(by))
    measured = measure(clusters, details, history, prices)
    check_chosen(clusters, columns, "to group by")
    periods = periods_of(measured.lives, str(clusters["runningAt"].dt.tz), since, until, freq)
    return add_up(measured, columns, periods, freq)


@dataclass(frozen=True)
class Measured:
    """Clusters of which is known what is to be known, ready to be added up over any stretch of time.

    Parameters
    ----------
    lives, pieces
        The clusters and the pieces of their lives.
    contradicted
        For each cluster, whether its `totalVmUptime` contradicts what is known.
    rates
        What each piece costs per hour, NaN where unknown; None without prices.
    unpriced
        The flavors without a price.
    """

    lives: Lives
    pieces: Pieces
    contradicted: Flags
    rates: Floats | None
    unpriced: list[str]


def measure(
    clusters: pd.DataFrame,
    details: pd.DataFrame | None,
    history: pd.DataFrame | None,
    prices: Mapping[str, float] | pd.DataFrame | str | Path | None,
) -> Measured:
    """Return what is known of clusters. The parameters are those of `usage`."""
    lives = find_lives(clusters, details, history)
    pieces, contradicted = find_pieces(lives)
    if prices is None and not keeps_prices(pieces):
        return Measured(lives, pieces, contradicted, None, [])
    rates, unpriced = hourly_rates(lives, pieces, None if prices is None else read_prices(prices))
    return Measured(lives, pieces, contradicted, rates, unpriced)


def add_up(measured: Measured, columns: list[str], periods: Periods, freq: str | None) -> pd.DataFrame:
    """Return what clusters used, as the table that `usage` returns.

    Parameters
    ----------
    measured
        The clusters.
    columns
        The columns to group by.
    periods
        The stretch of time, cut into periods.
    freq
        How it was cut; None for a single period.
    """
    lives, pieces = measured.lives, measured.pieces
    overlaps = find_overlaps(pieces.starts, pieces.ends, periods.edges)
    amounts = _amounts(pieces, overlaps)
    if measured.rates is not None:
        amounts |= _costs(measured.rates[overlaps.span], amounts)
    group, keys = _groups(lives, columns)
    cell = group[pieces.cluster[overlaps.span]] * len(periods.labels) + overlaps.period
    cells, numbers = pd.factorize(cell)
    if not columns and freq is None and not len(numbers):
        numbers = np.zeros(1, "int64")  # a total is a row, also of nothing
    sums = {name: _sums(cells, weights, len(numbers)) for name, weights in amounts.items()}
    group, period = np.divmod(numbers, len(periods.labels))
    order = np.lexsort((period, _ranks(sums, group)[group]))
    sums = {name: values[order] for name, values in sums.items()}
    group, period = group[order], period[order]
    table = keys.iloc[group].reset_index(drop=True)
    if freq is not None:
        table["period"] = periods.labels[period].as_unit("ms")
    seen = lives.coverage.seen_share(periods.edges)[period]
    measures = _columns(sums, seen)
    if namesakes := [name for name in columns if name in measures or (name == "period" and freq is not None)]:
        raise CommandError(
            f"usage has a column {namesakes[0]} of its own, so it cannot group by one of that name",
            hint=f"frame.rename(columns={{{namesakes[0]!r}: 'other'}}) gives it another name",
        )
    table = table.assign(**measures)
    total = _total(amounts, lives.coverage.seen_share(periods.edges[[0, -1]]))
    table.attrs = _attributes(lives, periods, amounts, total)
    table.attrs |= {"contradicted": int(measured.contradicted.sum()), "by": columns, "freq": freq, "kind": "usage"}
    if measured.rates is not None:
        table.attrs["unpriced"] = measured.unpriced
        table.attrs["costUnknown"] = float(1 - amounts["priced"].sum() / max(1.0, amounts["uptime"].sum()))
    table.attrs["total"] = total
    return table


def _amounts(pieces: Pieces, overlaps: Overlaps) -> dict[str, Floats]:
    """Return what is added up, one entry per overlap."""
    piece, time = overlaps.span, overlaps.milliseconds.astype("float64")
    cluster, known = pieces.cluster[piece], pieces.known[piece]
    is_new = np.diff(cluster, prepend=-1) != 0
    is_first = is_new | (np.diff(overlaps.period, prepend=-1) != 0)  # of its cluster in its period
    amounts = {"clusters": is_first.astype("float64")}
    amounts["distinct"] = is_new.astype("float64")
    amounts["uptime"] = time
    for how in Known:
        amounts[how.name] = time * (known == how)
    is_bounded = bool((known == Known.BOUNDED).any())
    for name in ("nodes", "low", "high"):
        counts = getattr(pieces, name)
        amounts[name] = np.where(known == Known.UNKNOWN, 0.0, time * counts[piece])
        if not is_bounded:
            return amounts | {"low": amounts[name], "high": amounts[name]}
    return amounts


def _costs(rate: Floats, amounts: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return the costs to add up, and the uptime that has one: one entry per overlap."""
    known = ~np.isnan(rate)
    return {
        "cost": np.nan_to_num(amounts["uptime"] * rate),
        "priced": amounts["uptime"] * known,
        "pricedMeasured": amounts[Known.MEASURED.name] * known,
    }


def _groups(lives: Lives, columns: list[str]) -> tuple[Integers, pd.DataFrame]:
    """Return the number of each cluster's group, in the order of their names, and one row of `columns` per group."""
    if not columns:
        return np.zeros(len(lives.starts), "int64"), pd.DataFrame(index=[0])
    rows = pd.DataFrame({name: lives.column(name).array for name in columns})  # its index may be a column's namesake
    group = np.asarray(rows.groupby(columns, dropna=False, sort=True, observed=True).ngroup(), "int64")
    first = np.zeros(int(group.max(initial=-1)) + 1, "int64")
    first[group[::-1]] = np.arange(len(group))[::-1]
    return group, rows.iloc[first]


def _ranks(sums: Mapping[str, Floats], group: Integers) -> Integers:
    """Return the rank of each group by its size: its cost, or else its node-hours, or else its uptime."""
    many = int(group.max(initial=-1)) + 1
    total = {name: _sums(group, values, many) for name, values in sums.items()}
    counted = total["uptime"] > total[Known.UNKNOWN.name]
    size, place = total["uptime"], np.full(many, 2)
    size, place = np.where(counted, total["nodes"], size), np.where(counted, 1, place)
    if "cost" in total:
        has_cost = total["priced"] > 0
        size, place = np.where(has_cost, total["cost"], size), np.where(has_cost, 0, place)
    ranks: Integers = np.empty(many, "int64")
    ranks[np.lexsort((np.arange(many), -size, place))] = np.arange(many)
    return ranks


def _sums(group: Integers, weights: Floats, many: int) -> Floats:
    return np.bincount(group, weights, many).astype("float64", copy=False)


def _columns(sums: Mapping[str, Floats], seen: Floats) -> dict[str, Any]:
    """Return the columns that `usage` documents."""
    uptime = sums["uptime"]
    counted = uptime - sums[Known.UNKNOWN.name]
    columns = {
        "clusters": pd.array(sums["clusters"].astype("int64"), dtype="Int64"),
        "uptimeHours": pd.array(uptime / _HOUR, dtype="Float64"),
        "nodeHours": _hours(sums["nodes"], counted > 0),
        "nodeHoursKnown": pd.array(_share(sums[Known.MEASURED.name], uptime, 1.0) * seen, dtype="Float64"),
        "nodeHoursInferred": pd.array(_share(sums[Known.INFERRED.name], uptime, 0.0), dtype="Float64"),
        "nodeHoursLow": _hours(sums["low"], counted > 0),
        "nodeHoursHigh": _hours(sums["high"], counted > 0),
    }
    if "cost" in sums:
        columns["cost"] = _hours(sums["cost"], sums["priced"] > 0)
        columns["costKnown"] = pd.array(_share(sums["pricedMeasured"], uptime, 1.0) * seen, dtype="Float64")
    return columns


def _total(amounts: Mapping[str, Floats], seen: Floats) -> dict[str, Any]:
    """Return what the columns of `usage` hold for all groups and periods, None where that is missing."""
    sums = {name: np.array([values.sum()]) for name, values in amounts.items()}
    columns = _columns({**sums, "clusters": sums["distinct"]}, seen)
    return {name: column.to_numpy(object, na_value=None).item() for name, column in columns.items()}


def _hours(amount: Floats, known: Flags) -> Any:
    """Return an amount summed over ms as one over hours, missing where nothing of it is known."""
    hours = pd.array(amount / _HOUR, dtype="Float64")
    hours[~known] = pd.NA
    return hours


def _share(part: Floats, whole: Floats, of_nothing: float) -> Floats:
    share: Floats = np.divide(part, whole, out=np.full(len(whole), of_nothing), where=whole > 0)
    return share


def _attributes(
    lives: Lives, periods: Periods, amounts: Mapping[str, Floats], total: Mapping[str, Any]
) -> dict[Hashable | None, Any]:
    """Return the `attrs` that tell which time a table covers, and how much of it is known."""
    coverage, timezone = lives.coverage, periods.labels.tz
    since, until = int(periods.edges[0]), int(periods.edges[-1])

    def text(time: int | None) -> str | None:
        return None if time is None else pd.Timestamp(int(time), unit="ms", tz=timezone).isoformat()

    uptime = amounts["uptime"].sum()
    shares = {how: float(amounts[how.name].sum() / uptime) if uptime else 0.0 for how in (Known.BOUNDED, Known.UNKNOWN)}
    return {
        "since": str(pd.Timestamp(since, unit="ms", tz=timezone)),
        "until": str(pd.Timestamp(until, unit="ms", tz=timezone)),
        "fetchedAt": text(coverage.fetched_at),
        "knownFrom": text(coverage.known_from),
        "gaps": [(text(first), text(last)) for first, last in coverage.gaps_within(since, until)],
        "nodeHoursKnown": total["nodeHoursKnown"],
        "nodeHoursInferred": total["nodeHoursInferred"],
        "nodeHoursBounded": shares[Known.BOUNDED],
        "nodeHoursUnknown": shares[Known.UNKNOWN],
        "clusters": total["clusters"],
        "unknownUptime": int(lives.unknown.sum()),
        "complete": coverage.complete,
        "filters": coverage.filters,
    }
