"""Clusters that nobody seems to look after: running for long and never scaled, failed, or ended by an error."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.fleet.clocks import as_milliseconds
from heco_jupyter.fleet.columns import (
    NOT_A_TIME,
    are,
    positions_by_id,
    taken,
    terminated_rows,
    unix_milliseconds,
    whole_counts,
)
from heco_jupyter.fleet.pieces import Known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heco_jupyter.api.model.status import Status
    from heco_jupyter.fleet.columns import Flags, Integers
    from heco_jupyter.fleet.months import Month
    from heco_jupyter.fleet.totals import Measured

FORGOTTEN_AFTER = timedelta(days=14)
"""How long a cluster may run without having been scaled."""
UNSCALED, FAILED, ENDED = "not scaled", "failed", "ended by an error"
_MILLISECOND = pd.Timedelta(1, "ms")
_SLACK = 0.005  # how far an average count may be from the count of a cluster that was never scaled


def parse_age(age: timedelta | float) -> pd.Timedelta:
    """Return after how long a cluster counts as forgotten.

    Raises
    ------
    CommandError
        When it is neither a duration nor a number of days, or not above 0.
    """
    with suppress(ValueError, TypeError, OverflowError):  # pandas has no time that long
        is_number = isinstance(age, int | float) and not isinstance(age, bool)
        given: Any = timedelta(days=float(age)) if is_number else age  # type: ignore[arg-type]
        if isinstance(given, timedelta | np.timedelta64) and pd.Timedelta(given) > pd.Timedelta(0):
            return pd.Timedelta(given)
    raise CommandError(f"forgotten_after is {plain(repr(age), 40)}: give a number of days above 0, or a duration")


def find_forgotten(
    measured: Measured, used: pd.DataFrame, stretch: Month, keys: Sequence[str], age: pd.Timedelta
) -> pd.DataFrame:
    """Return the forgotten clusters of a month, with the columns of `Report.forgotten`, the largest first.

    Parameters
    ----------
    measured
        Every cluster that is known of.
    used
        What each used in the month: `Report.clusters`.
    stretch
        The month.
    keys
        The columns that the report is grouped by.
    age
        After how long a cluster that was never scaled counts as forgotten.
    """
    lives = measured.lives
    status, created = lives.column("status"), unix_milliseconds(lives.column("createdAt"))
    since, until = as_milliseconds(stretch.since), as_milliseconds(stretch.until)
    ran = lives.starts < lives.ends
    starts, ends = np.where(ran, lives.starts, created), np.where(ran, lives.ends, created)
    is_gone = terminated_rows(status) | lives.missed
    ended = is_gone & are(status, lambda status: status.speaks_of_failure) & (ends >= since) & (ends < until)
    failed = ~is_gone & are(status, lambda status: status.is_failed) & (starts < until) & (starts != NOT_A_TIME)
    runs = ran & np.where(is_gone, ends >= until, are(status, _is_left_alone))
    was_scaled, unscaled_since = _scaling(measured)
    forgotten = runs & (starts <= until - age // _MILLISECOND) & ~was_scaled
    reason = np.select([ended, failed, forgotten], [ENDED, FAILED, UNSCALED], "")

    chosen = np.flatnonzero(reason != "")
    names = [*dict.fromkeys(["id", "name", *keys, "status"])]
    table = pd.DataFrame({name: lives.column(name).iloc[chosen].reset_index(drop=True) for name in names})
    running_at = lives.column("runningAt").iloc[chosen].reset_index(drop=True)
    running_for = np.where(ran, np.where(is_gone, np.minimum(ends, until), until) - starts, NOT_A_TIME)
    table["reason"] = pd.array(reason[chosen], dtype="string")
    table["runningAt"] = running_at
    table["runningFor"] = running_for[chosen].astype("timedelta64[ms]")
    same_since = np.where(forgotten, unscaled_since, NOT_A_TIME)[chosen].astype("datetime64[ms]")
    table["unscaledSince"] = pd.Series(same_since).dt.tz_localize("UTC").astype(running_at.dtype)
    table["nodeCnt"] = whole_counts(lives.numbers("nodeCnt", "clusters", "history")[chosen], "nodeCnt")
    positions = positions_by_id(table, used, "usage by id")
    amounts = [name for name in ("nodeHours", "cost") if name in used]
    for name in amounts:
        table[name] = pd.array(taken(used[name].to_numpy("float64", na_value=np.nan), positions), dtype="Float64")
    order = [amounts[-1], "runningFor"]
    return table.sort_values(order, ascending=False, kind="stable", na_position="last", ignore_index=True)


def _scaling(measured: Measured) -> tuple[Flags, Integers]:
    """Return which clusters were scaled at any time, and since when the others are known not to have been.

    A `totalVmUptime` that is used tells of the whole life. Else only what was looked at is known.
    """
    lives, pieces = measured.lives, measured.pieces
    now = lives.numbers("nodeCnt", "clusters", "history")
    fewest, most = np.where(np.isnan(now), np.inf, now), np.nan_to_num(now)
    seen = pieces.known != Known.UNKNOWN
    np.minimum.at(fewest, pieces.cluster[seen], pieces.low[seen])
    np.maximum.at(most, pieces.cluster[seen], pieces.high[seen])
    never = np.iinfo("int64").max
    since = np.full(len(now), never)
    looked_at = pieces.known == Known.MEASURED
    np.minimum.at(since, pieces.cluster[looked_at], pieces.starts[looked_at])
    is_told = ~np.isnan(lives.numbers("totalVmUptime", "details")) & ~measured.contradicted
    is_whole = is_told | (since - lives.starts <= lives.coverage.limit)
    return most - fewest > _SLACK * most, np.where(is_whole, lives.starts, np.where(since == never, NOT_A_TIME, since))


def _is_left_alone(status: Status) -> bool:
    """Return whether nothing is being done to a cluster."""
    return not (status.is_failed or status.is_terminating or status.scaling)
