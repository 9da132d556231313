"""Coverage: which time a list and a history tell of, and what they cannot show: the API forgets.

A list shows a terminated cluster for 90 days. What lived and ended longer before a look, and after the look before it,
nobody can have seen.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.fleet.clocks import as_milliseconds

if TYPE_CHECKING:
    from heco_jupyter.fleet.columns import Floats, Integers

REMEMBERED = 90 * 86_400_000  # ms for which the API lists a terminated cluster


@dataclass(frozen=True)
class Coverage:
    """Which time is covered. Times are Unix time in ms.

    Parameters
    ----------
    fetched_at
        When the list was read, None where it does not say.
    known_from
        From when on no cluster can be missing, None where that is not known.
    gaps
        Pairs of looks that are further apart than usual, one row each.
    blind
        Stretches of time of which clusters may be missing altogether, one row each.
    limit
        How far apart two looks may be without a gap between them, in ms.
    complete
        Whether the list is whole, but for its filters.
    filters
        The filters that the list was read with.
    share
        Which share of its clusters the list shows, below 1 where some are missing.
    adds_forgotten
        Whether clusters that only the history has belong to the fleet that is asked for.
    """

    fetched_at: int | None
    known_from: int | None
    gaps: Integers
    blind: Integers
    limit: int
    complete: bool
    filters: dict[str, Any]
    share: float
    adds_forgotten: bool

    @property
    def is_whole(self) -> bool:
        """Return whether a cluster that the list does not show is gone."""
        return self.complete and self.adds_forgotten

    def gaps_within(self, since: int, until: int) -> Integers:
        """Return the gaps, clipped to a stretch of time."""
        clipped = np.clip(self.gaps, since, until)
        return clipped[clipped[:, 0] < clipped[:, 1]]

    def seen_share(self, edges: Integers) -> Floats:
        """Return which share of the clusters and of the time between each two edges can have been seen."""
        blind = np.zeros(len(edges) - 1, "int64")
        for since, until in self.blind:
            clipped = np.clip(edges, since, until)
            blind += clipped[1:] - clipped[:-1]
        share: Floats = (1 - blind / (edges[1:] - edges[:-1])) * self.share
        return share


def coverage_of(clusters: pd.DataFrame, history: pd.DataFrame | None = None) -> Coverage:
    """Return which time a list of clusters and its history cover. A frame without `attrs` counts as whole."""
    said, remembered = clusters.attrs, {} if history is None else history.attrs
    fetched_at = _moment(said.get("fetchedAt"))
    limit = remembered.get("limit") or 0
    gaps = [(_moment(since) or 0, _moment(until) or 0) for since, until in remembered.get("gaps", ())]
    first, last = _moment(remembered.get("knownFrom")), _moment(remembered.get("fetchedAt"))
    if limit and last is not None and fetched_at is not None and fetched_at - last > limit:
        gaps.append((last, fetched_at))
    looks = [look for look in (first, fetched_at) if look is not None]
    known_from = min(looks) - REMEMBERED if looks else None
    blind = [] if known_from is None else [(np.iinfo("int64").min // 2, known_from)]
    blind += [(since, until - REMEMBERED) for since, until in gaps if until - since > REMEMBERED]
    filters = dict(said.get("filters") or {})
    complete, total, shown = bool(said.get("complete", True)), said.get("totalElements"), len(clusters)
    whole = total if isinstance(total, int) else shown
    narrowed = shown < whole
    is_part = narrowed or bool(filters) or not complete
    return Coverage(
        fetched_at,
        known_from,
        np.array(gaps, "int64").reshape(-1, 2),
        np.array(blind, "int64").reshape(-1, 2),
        limit,
        complete,
        filters,
        shown / max(whole, shown + 1) if is_part else 1.0,
        not filters and not (narrowed and complete),  # a whole list of which the caller chose some rows
    )


def _moment(text: object) -> int | None:
    """Return a time in `attrs` as Unix time in ms, None where there is none."""
    with suppress(ValueError, TypeError, OverflowError):
        time = pd.Timestamp(text)  # type: ignore[arg-type]
        if not pd.isna(time):
            return as_milliseconds(time if time.tzinfo else time.tz_localize("UTC"))
    return None
