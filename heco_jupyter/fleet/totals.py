"""Who used what, and when: uptime, node-hours and cost by any column and any period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import did_you_mean
from heco_jupyter.errors import CommandError
from heco_jupyter.fleet.periods import moment, overlaps, periods
from heco_jupyter.fleet.prices import rates, read_prices
from heco_jupyter.fleet.spans import lives

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    from heco_jupyter.fleet.periods import Periods, Time
    from heco_jupyter.fleet.spans import Floats, Integers, Lives

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
    """Add up what clusters used, clipped to a period.

    Parameters
    ----------
    clusters
        As `Client.list_clusters` returns them. The time zone of `runningAt` is that of the periods.
    by
        A column, or several; None for one row a period.
    since, until
        A date or a time, without a zone in that of the frame; by default all that the clusters cover.
    freq
        Split into periods of the calendar: h, D, W (from Monday), M, Q, Y, or such as 6h.
    details
        As `Client.list_details` returns them: node counts from `totalVmUptime`, taken to be in ms and the sum over all
        VMs, spread evenly over a cluster's life; and flavors, for prices.
    history
        As `history` returns it: last known counts of clusters that are gone.
    prices
        Price of an hour by flavorName: a mapping, a frame or a CSV file with flavorName and pricePerHour.

    Returns
    -------
    DataFrame
        One row a group (and period) in which a cluster ran: the columns of `by`; `period` (datetime64[ms, tz], when it
        begins by the calendar) with `freq`; clusters (Int64, how many ran); uptimeHours and nodeHours (Float64);
        nodeHoursKnown (Float64, 0 to 1: the share of the uptime for which the node count is known). nodeHours add up
        what is known, and are missing where nothing is. With `prices`: cost, and costKnown likewise. `attrs` hold
        since, until, nodeHoursKnown over all, unknownUptime (clusters that ran for an unknown time, and are left out),
        complete as in `clusters`, and unpriced (flavors without a price, whose cost is missing and not 0).

    Raises
    ------
    CommandError
        When the frame, a column, a time, a frequency or a price table makes no sense.
    """
    columns = [by] if isinstance(by, str) else list(by or [])
    for name in columns:
        if name not in clusters:
            raise CommandError(f"there is no column {name!r} to group by{did_you_mean(str(name), map(str, clusters))}")
    known = lives(clusters, details, history)
    parts = _periods(clusters, known, since, until, freq)
    found = overlaps(known.starts, known.ends, parts.edges)
    lasted, nodes = found.lasted.astype("float64"), known.nodes[found.life]
    data: dict[str, Any] = {
        "lasted": found.lasted,
        "counted": np.where(np.isnan(nodes), 0, found.lasted),
        "nodes": np.where(np.isnan(nodes), 0.0, lasted * nodes),
    }
    attrs: dict[Hashable | None, Any] = {}
    if prices is not None:
        rate, attrs["unpriced"] = rates(clusters, details, known, read_prices(prices))
        rate = rate[found.life]
        data |= {"priced": np.where(np.isnan(rate), 0, found.lasted), "cost": np.nan_to_num(lasted / _HOUR * rate)}
    groups: dict[str, Any] = {name: clusters[name].array[found.life] for name in columns}
    if freq is not None:
        groups["period"] = found.part
    table = _added_up(pd.DataFrame(data), groups)
    if freq is not None:
        table["period"] = parts.labels[table["period"].to_numpy("int64")].as_unit("ms")
    total, counted = int(found.lasted.sum()), int(data["counted"].sum())
    table.attrs = {
        "since": str(pd.Timestamp(int(parts.edges[0]), unit="ms", tz=parts.labels.tz)),
        "until": str(pd.Timestamp(int(parts.edges[-1]), unit="ms", tz=parts.labels.tz)),
        "nodeHoursKnown": counted / total if total else 1.0,
        "unknownUptime": int(known.unknown.sum()),
        "complete": bool(clusters.attrs.get("complete", False)),
    } | attrs
    return table


def concurrency(
    clusters: pd.DataFrame,
    freq: str = "h",
    since: Time | None = None,
    until: Time | None = None,
    *,
    details: pd.DataFrame | None = None,
    history: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count the clusters and nodes that run, over time.

    Parameters
    ----------
    clusters, since, until, details, history
        As for `usage`.
    freq
        How often to count: h, D, 15min...

    Returns
    -------
    DataFrame
        One row a moment: at (datetime64[ms, tz]), clusters (Int64), nodes (Float64, of the clusters whose node count is
        known), unknown (Int64, clusters whose node count is not).

    Raises
    ------
    CommandError
    """
    known = lives(clusters, details, history)
    parts = _periods(clusters, known, since, until, freq)
    at = np.maximum(parts.edges[:-1], parts.edges[0])
    counted = ~np.isnan(known.nodes)
    nodes = np.where(counted, known.nodes, 0.0)
    running = _running(known, np.ones(len(nodes)), at)
    unknown = running - _running(known, counted.astype("float64"), at)
    return pd.DataFrame(
        {
            "at": pd.DatetimeIndex(at.view("datetime64[ms]")).tz_localize("UTC").tz_convert(parts.labels.tz),
            "clusters": pd.array(running.astype("int64"), dtype="Int64"),
            "nodes": pd.array(_running(known, nodes, at).round(6), dtype="Float64"),
            "unknown": pd.array(unknown.astype("int64"), dtype="Int64"),
        }
    )


def _running(known: Lives, weights: Floats, at: Integers) -> Floats:
    """Return the sum of the weights of those that run, at each moment."""
    sums = []
    for times in (known.starts, known.ends):
        order = np.argsort(times, kind="stable")
        reached = np.concatenate(([0.0], np.cumsum(weights[order])))
        sums.append(reached[np.searchsorted(times[order], at, side="right")])
    begun, ended = sums
    return begun - ended


def _periods(clusters: pd.DataFrame, known: Lives, since: Time | None, until: Time | None, freq: str | None) -> Periods:
    timezone = str(clusters["runningAt"].dt.tz)
    ran = known.starts < known.ends
    first = int(known.starts[ran].min()) if ran.any() else 0
    last = int(known.ends[ran].max()) if ran.any() else 1
    begin = pd.Timestamp(first, unit="ms", tz=timezone) if since is None else moment(since, timezone, "since")
    end = pd.Timestamp(last, unit="ms", tz=timezone) if until is None else moment(until, timezone, "until")
    if since is None and begin >= end:  # all of it is later
        begin = end - pd.Timedelta(1, "ms")
    if until is None and begin >= end:  # all of it is earlier
        end = begin + pd.Timedelta(1, "ms")
    return periods(begin, end, freq)


def _added_up(table: pd.DataFrame, groups: dict[str, Any]) -> pd.DataFrame:
    """Group rows by some columns and add up their numbers."""
    sums = table.assign(clusters=1)
    keys = list(groups)
    if keys:
        frame = sums.assign(**groups).groupby(keys, dropna=False, sort=True, observed=True).sum().reset_index()
    else:
        frame = sums.sum().to_frame().T
    result = frame[keys].copy()
    result["clusters"] = frame["clusters"].astype("Int64")
    result["uptimeHours"] = (frame["lasted"] / _HOUR).astype("Float64")
    result["nodeHours"], result["nodeHoursKnown"] = _known_part(
        frame["nodes"] / _HOUR, frame["counted"], frame["lasted"]
    )
    if "cost" in frame:
        result["cost"], result["costKnown"] = _known_part(frame["cost"], frame["priced"], frame["lasted"])
    return result


def _known_part(sum_: pd.Series, known: pd.Series, whole: pd.Series) -> tuple[Any, Any]:
    """Return a sum, missing where nothing of it is known, and the share of the time for which it is known."""
    of, all_ = known.to_numpy("float64"), whole.to_numpy("float64")
    total = pd.array(sum_.to_numpy("float64"), dtype="Float64")
    total[of == 0] = pd.NA
    return total, pd.array(np.divide(of, all_, out=np.ones(len(of)), where=all_ > 0), dtype="Float64")
