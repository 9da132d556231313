"""One snapshot of a fleet, as the magic, the shell and the recorder take it: the list, what it lacks, a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from heco_jupyter.api.display.cards import count_of
from heco_jupyter.api.model.errors import ApiError, TransportError
from heco_jupyter.fleet.archive import draft

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from heco_jupyter.api.client import Client
    from heco_jupyter.api.model.types import Report

_BATCH = 500  # details read at once: what was read before the API fails is kept


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot that was saved.

    Parameters
    ----------
    path
        Its file.
    at
        Its moment, aware.
    clusters
        How many clusters the list had.
    complete
        Whether the list was certain to be whole.
    details
        The details that were read so far, for the next snapshot of the same process.
    last_error
        What could not be read besides the list, in words; None when all could.
    """

    path: Path
    at: datetime
    clusters: int
    complete: bool
    details: pd.DataFrame | None = None
    last_error: str | None = None


def take_snapshot(
    client: Client,
    directory: Path,
    *,
    details: pd.DataFrame | None = None,
    prices: Mapping[str, float] | None = None,
    now: Callable[[], datetime] | None = None,
    report: Report | None = None,
) -> Taken:
    """Read the fleet and add it to an archive.

    Details, which hold the flavors, are read once per cluster: of those that the archive does not know yet. Where they
    cannot be read, the snapshot is saved without, and the next one asks again.

    Parameters
    ----------
    client
        The connection to read through.
    directory
        The archive's directory; made if it does not exist.
    details
        What an earlier snapshot of this process has read.
    prices
        Price per hour by flavorName, kept with the snapshot.
    now
        Returns the moment of the snapshot, once the list was read; by default it is the frame's own.
    report
        Called with what is being done and the fraction done.

    Raises
    ------
    ApiError, TransportError
        When the list cannot be read. Nothing is saved.
    CommandError
        When the directory cannot be written to, or read.
    """
    clusters = client.list_clusters(report=report)
    at = now() if now else datetime.fromisoformat(clusters.attrs["fetchedAt"])
    if details is not None:
        details = details[details["id"].isin(clusters["id"])]  # of the others there will be no snapshot
    read = set() if details is None else {*details["id"]}
    snapshot = draft(clusters, directory, at)
    lacking = [key for key in snapshot.lacking if key not in read]
    details, last_error = _with_more(details, client, lacking, report)
    path = snapshot.write(details, prices)
    return Taken(path, at, len(clusters), bool(clusters.attrs["complete"]), details, last_error)


def _with_more(
    details: pd.DataFrame | None, client: Client, ids: list[str], report: Report | None
) -> tuple[pd.DataFrame | None, str | None]:
    """Return details with those of more clusters, as far as they can be read, and what went wrong."""
    frames = [] if details is None else [details]
    last_error = None
    for start in range(0, len(ids), _BATCH):
        try:
            frames.append(client.list_details(ids[start : start + _BATCH], report=report))
        except (ApiError, TransportError) as error:
            last_error = f"the flavors of {count_of(len(ids) - start, 'cluster')} could not be read: {error.what}"
            break
    return pd.concat(frames, ignore_index=True) if frames else None, last_error
