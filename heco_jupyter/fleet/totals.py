"""Totals of a fleet's usage: uptime, node-hours and cost by any column and any period."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.model.checks import check_type
from heco_jupyter.fleet.columns import check_chosen
from heco_jupyter.fleet.periods import find_overlaps, periods_of
from heco_jupyter.fleet.prices import hourly_rates, read_prices
from heco_jupyter.fleet.spans import find_spans

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    from heco_jupyter.fleet.periods import Periods
    from heco_jupyter.fleet.spans import Spans
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
        Details as `Client.list_details` returns them. They give average node counts (`totalVmUptime`, taken to be in ms
        and the sum over all VMs, spread evenly over the time the cluster ran) and the flavors that `prices` needs.
    history
        A history as `history` returns it, with the last known counts of terminated clusters.
    prices
        Price per hour by flavorName, in any currency: a mapping, or a frame or CSV file as `read_prices` reads it.

    Returns
    -------
    DataFrame
        One row per group (and period) in which a cluster ran, sorted by group and period, with these columns:

        - the columns of `by`, typed as in `clusters`
        - period (datetime64[ms, tz]), with `freq`: when the period begins by the calendar
        - clusters (Int64): how many ran
        - uptimeHours (Float64): hours that they ran
        - nodeHours (Float64): hours that their nodes ran, as far as node counts are known; missing where none is
        - nodeHoursKnown (Float64, 0 to 1): share of the uptime for which node counts are known
        - cost (Float64, in the currency of `prices`) and costKnown (Float64, 0 to 1), with `prices`: likewise

        Its `attrs` hold since and until (text), nodeHoursKnown (over all rows), unknownUptime (number of clusters that
        ran for an unknown duration and are left out), complete (as in `clusters`) and, with `prices`, unpriced
        (flavors without a price; their cost is missing, not 0).

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
    >>> fleet.usage(clusters)
      owner  clusters  uptimeHours  nodeHours  nodeHoursKnown
    0   kim         2         48.0      168.0             1.0
    1   lee         1          6.0       <NA>             0.0
    >>> by_day = fleet.usage(clusters, by=None, freq="D")
    >>> by_day[["period", "clusters", "nodeHours"]]
                         period  clusters  nodeHours
    0 2026-07-01 00:00:00+00:00         3      120.0
    1 2026-07-02 00:00:00+00:00         1       48.0
    """
    spans = find_spans(clusters, details, history)
    check_type(by, str | Iterable | None, "by", "the name of a column, or several")
    columns = [by] if isinstance(by, str) else [] if by is None else list(by)
    check_chosen(clusters, columns, "to group by")
    periods = periods_of(spans, str(clusters["runningAt"].dt.tz), since, until, freq)
    overlaps = find_overlaps(spans.starts, spans.ends, periods.edges)
    uptime, nodes = overlaps.milliseconds, spans.nodes[overlaps.span]
    unknown = np.isnan(nodes)
    amounts: dict[str, Any] = {
        "uptime": uptime,
        "knownUptime": np.where(unknown, 0, uptime),
        "nodeTime": np.where(unknown, 0.0, uptime * nodes),
    }
    attrs = _attributes(clusters, spans, periods, amounts) | {"by": columns, "freq": freq}
    if prices is not None:
        rates, attrs["unpriced"] = hourly_rates(clusters, details, spans, read_prices(prices))
        rate = rates[overlaps.span]
        amounts["pricedUptime"] = np.where(np.isnan(rate), 0, uptime)
        amounts["cost"] = np.nan_to_num(uptime / _HOUR * rate)
    groups: dict[str, Any] = {name: clusters[name].array[overlaps.span] for name in columns}
    if freq is not None:
        groups["period"] = overlaps.period
    table = _sum_by_group(pd.DataFrame(amounts), groups)
    if freq is not None:
        table["period"] = periods.labels[table["period"].to_numpy("int64")].as_unit("ms")
    table.attrs = attrs
    return table


def _attributes(
    clusters: pd.DataFrame, spans: Spans, periods: Periods, amounts: Mapping[str, Any]
) -> dict[Hashable | None, Any]:
    """Return the `attrs` that tell which time a table covers, and how much of it is known."""
    timezone = periods.labels.tz
    total, known = int(amounts["uptime"].sum()), int(amounts["knownUptime"].sum())
    return {
        "since": str(pd.Timestamp(int(periods.edges[0]), unit="ms", tz=timezone)),
        "until": str(pd.Timestamp(int(periods.edges[-1]), unit="ms", tz=timezone)),
        "nodeHoursKnown": known / total if total else 1.0,
        "unknownUptime": int(spans.unknown.sum()),
        "complete": bool(clusters.attrs.get("complete", False)),
        "fetchedAt": clusters.attrs.get("fetchedAt"),
    }


def _sum_by_group(amounts: pd.DataFrame, groups: Mapping[str, Any]) -> pd.DataFrame:
    """Return the sums of `amounts` by group, as the columns that `usage` documents."""
    rows = amounts.assign(clusters=1)
    keys = list(groups)
    if keys:
        sums = rows.assign(**groups).groupby(keys, dropna=False, sort=True, observed=True).sum().reset_index()
    else:
        sums = rows.sum().to_frame().T
    table = sums[keys].copy()
    table["clusters"] = sums["clusters"].astype("Int64")
    table["uptimeHours"] = (sums["uptime"] / _HOUR).astype("Float64")
    table["nodeHours"], table["nodeHoursKnown"] = _known_total(
        sums["nodeTime"] / _HOUR, sums["knownUptime"], sums["uptime"]
    )
    if "cost" in sums:
        table["cost"], table["costKnown"] = _known_total(sums["cost"], sums["pricedUptime"], sums["uptime"])
    return table


def _known_total(amount: pd.Series, known_uptime: pd.Series, uptime: pd.Series) -> tuple[Any, Any]:
    """Return an amount, missing where no uptime is known, and the known share of the uptime."""
    known, whole = known_uptime.to_numpy("float64"), uptime.to_numpy("float64")
    total = pd.array(amount.to_numpy("float64"), dtype="Float64")
    total[known == 0] = pd.NA
    return total, pd.array(np.divide(known, whole, out=np.ones(len(known)), where=whole > 0), dtype="Float64")
