"""What a list that was read becomes: a DataFrame with its `attrs`, several lists joined, a part of one."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from heco_jupyter.api.lists.chunks import Chunk
from heco_jupyter.api.lists.decoding import MOST_KEYS
from heco_jupyter.api.lists.frames import joined_frame, to_frame
from heco_jupyter.api.lists.pages import Listing, added_up
from heco_jupyter.api.model.columns import VM_COLUMNS, Kind
from heco_jupyter.api.model.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.types import Row

_FLEET_COLUMNS = {"clusterId": ("id", Kind.TEXT), "clusterName": ("name", Kind.TEXT)}


def frame_of(listing: Listing[Chunk], columns: Mapping[str, Kind], endpoint: str, timezone: str) -> pd.DataFrame:
    """Build the frame of a list, and warn when the list did not hold still or held values of wrong types.

    Parameters
    ----------
    listing
        The list as it was read.
    columns
        Documented fields and their kinds.
    endpoint
        Where it came from, for `attrs`.
    timezone
        IANA name for the time columns.

    Raises
    ------
    ApiError
        When the rows have too many different fields.
    """
    if len({name for part in listing.parts for name in part.columns}) > MOST_KEYS:
        raise ApiError(
            f"the rows of the API have more than {MOST_KEYS} different fields: this is no list of a Hadoop Eco API",
            hint="check the endpoint (%heco whoami)",
        )
    frame = joined_frame(listing.parts, columns, timezone)
    if listing.keep is not None:
        frame = frame.iloc[np.asarray(listing.keep, int)].reset_index(drop=True)
    frame.attrs = {
        "endpoint": endpoint,
        "fetchedAt": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "totalElements": listing.total,
        "complete": listing.settled and listing.count == listing.total,
    }
    if listing.misfits:
        frame.attrs["misfits"] = dict(listing.misfits)
        fields = ", ".join(f"{name} ({count})" for name, count in listing.misfits.items())
        warnings.warn(f"the API sent values of another type than documented, which are missing: {fields}", stacklevel=3)
    if not listing.settled:
        warnings.warn(
            "the list kept changing while it was read: rows may be missing or outdated; read it again to be sure",
            stacklevel=3,
        )
    return frame


def empty_vms() -> Listing[Chunk]:
    """Return the list of a cluster without VMs."""
    return Listing([Chunk.of_rows([], VM_COLUMNS)], None, 0, 0, settled=True)


def joined(listings: Sequence[Listing[Chunk]], *, settled: bool) -> Listing[Chunk]:
    """Return several lists of VMs as one; `settled` is whether it is certain which lists there are."""
    parts = empty_vms().parts
    keep: list[int] = []
    count = 0
    for listing in listings:
        parts += listing.parts
        keep += [count + index for index in (range(listing.count) if listing.keep is None else listing.keep)]
        count += sum(part.count for part in listing.parts)
    settled = settled and all(listing.settled for listing in listings)
    total = sum(listing.total for listing in listings)
    misfits = added_up(listing.misfits for listing in listings)
    return Listing(parts, keep, len(keep), total, settled=settled, misfits=misfits)


def with_clusters(vms: pd.DataFrame, clusters: Sequence[Row], counts: Sequence[int]) -> pd.DataFrame:
    """Return a frame of VMs with `clusterId` and `clusterName` before its columns.

    Parameters
    ----------
    vms
        The VMs of cluster after cluster.
    clusters
        Those clusters, as a list has them.
    counts
        How many VMs each has.
    """
    rows = [{name: row.get(field) for name, (field, _) in _FLEET_COLUMNS.items()} for row in clusters]
    owners = to_frame(rows, {name: kind for name, (_, kind) in _FLEET_COLUMNS.items()}, "UTC")
    owners = owners.iloc[np.repeat(np.arange(len(rows)), list(counts))]
    frame = pd.concat([owners.reset_index(drop=True), vms], axis=1)
    frame.attrs = vms.attrs
    return frame


def narrowed(part: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return some rows of a frame, numbered anew, with the `attrs` of the whole."""
    part = part.reset_index(drop=True)
    part.attrs = dict(frame.attrs)
    return part


def detail_row(cluster: Cluster) -> Row:
    """Return what `list_details` gives of a cluster."""
    masters = cluster.masterCnt or {True: 3, False: 1, None: None}[cluster.isHa]
    uptime = cluster.raw.get("totalVmUptime")
    row = {"id": cluster.id, "masterCnt": masters, "totalVmUptime": uptime if isinstance(uptime, int) else None}
    for role, info in (("master", cluster.masterInfo), ("worker", cluster.workerInfo)):
        row[f"{role}FlavorName"] = info[0].flavorName if info else None
    return row
