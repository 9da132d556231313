"""How it is known what ran in a stretch of time, and what is not known: as a frame with a row for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.display.amounts import amount, share
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.display.texts import Said, counted
from heco_jupyter.fleet.clocks import as_milliseconds
from heco_jupyter.fleet.periods import find_overlaps
from heco_jupyter.fleet.pieces import Known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heco_jupyter.fleet.columns import Flags
    from heco_jupyter.fleet.coverage import Coverage
    from heco_jupyter.fleet.totals import Measured

_HOUR = 3_600_000.0  # ms
_KINDS = {
    Known.MEASURED: "seen_alike",
    Known.BOUNDED: "seen_apart",
    Known.INFERRED: "not_looked",
    Known.UNKNOWN: "never_seen",
}
_TYPES = {
    "what": "string",
    "detail": "string",
    "clusters": "Int64",
    "uptimeHours": "Float64",
    "nodeHours": "Float64",
    "share": "Float64",
}
_MOST_FLAVORS = 10


def how_known(measured: Measured, since: pd.Timestamp, until: pd.Timestamp, language: str) -> pd.DataFrame:
    """Return how it is known what ran, with the columns of `Report.unknown`.

    Parameters
    ----------
    measured
        The clusters.
    since, until
        The stretch of time.
    language
        Of the details.
    """
    rows = [*_of_pieces(measured, since, until), *_of_coverage(measured.lives.coverage, since, until)]
    for count, what, detail in (
        (measured.lives.unknown.sum(), "of unknown duration", "left_out"),
        (measured.contradicted.sum(), "totalVmUptime not used", "contradicts"),
    ):
        if count:
            rows.append({"what": what, "detail": Said(detail), "clusters": int(count)})
    frame = pd.DataFrame([row | {"detail": row["detail"].in_language(language)} for row in rows], columns=[*_TYPES])
    return frame.astype(_TYPES)


def _of_pieces(measured: Measured, since: pd.Timestamp, until: pd.Timestamp) -> Iterator[dict[str, Any]]:
    """Yield what is known of the clusters that ran."""
    pieces = measured.pieces
    overlaps = find_overlaps(pieces.starts, pieces.ends, np.array([*map(as_milliseconds, (since, until))]))
    piece, hours = overlaps.span, overlaps.milliseconds / _HOUR
    cluster, nodes = pieces.cluster[piece], hours * pieces.nodes[piece]

    def row(chosen: Flags) -> dict[str, Any]:
        uptime = hours[chosen].sum()
        return {
            "clusters": len(np.unique(cluster[chosen])),
            "uptimeHours": uptime,
            "nodeHours": np.nansum(nodes[chosen]),
            "share": uptime / hours.sum() if len(hours) else 0.0,
        }

    for known, detail in _KINDS.items():
        chosen = pieces.known[piece] == known
        found = {"what": known.name.lower(), "detail": Said(detail), **row(chosen)}
        if known is Known.UNKNOWN:
            found["nodeHours"] = None
        if known is Known.BOUNDED and chosen.any():
            low, high = ((hours * bound[piece])[chosen].sum() for bound in (pieces.low, pieces.high))
            found["detail"] = Said("seen_apart_between", {"low": amount(low), "high": amount(high)})
        yield found
    if measured.rates is not None and (unpriced := np.isnan(measured.rates[piece])).any():
        found = row(unpriced)
        told = {"share": share(found["share"])}
        flavors = {**told, "flavors": _listed(measured.unpriced)}
        no_price = Said("no_price_for", flavors) if measured.unpriced else Said("no_flavor", told)
        yield {"what": "without a price", "detail": no_price, **found}


def _of_coverage(coverage: Coverage, since: pd.Timestamp, until: pd.Timestamp) -> Iterator[dict[str, Any]]:
    """Yield what may be missing altogether."""
    begin, end = as_milliseconds(since), as_milliseconds(until)
    if coverage.known_from is not None and coverage.known_from > begin:
        known_from = pd.Timestamp(coverage.known_from, unit="ms", tz=since.tz)
        yield {
            "what": "forgotten by the API",
            "detail": Said("ended_before", {"time": f"{known_from:%Y-%m-%d %H:%M}"}),
        }
    gaps = coverage.gaps_within(begin, end)
    if len(gaps):
        hours = np.diff(gaps).sum() / _HOUR
        yield {
            "what": "gaps",
            "detail": Said("gaps_in_all", {"gaps": counted(len(gaps), "one_gap", "many_gaps"), "hours": amount(hours)}),
        }
    if not coverage.complete:
        yield {"what": "incomplete list", "detail": Said("list_changed")}
    if coverage.filters:
        filters = ", ".join(f"{name}={value}" for name, value in coverage.filters.items())
        yield {"what": "filtered list", "detail": Said("only_with", {"filters": plain(filters)})}


def _listed(names: list[str]) -> str | Said:
    more, shown = len(names) - _MOST_FLAVORS, plain(", ".join(names[:_MOST_FLAVORS]))
    return Said("and_more", {"names": shown, "n": more}) if more > 0 else shown
