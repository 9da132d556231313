"""What was read, put together: several lists as one, a cluster as a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.lists.chunks import Chunk
from heco_jupyter.api.lists.pages import Listing, added_up
from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.columns import DETAIL_COLUMNS, VM_COLUMNS, without_misfits
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.api.model.plans import id_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heco_jupyter.api.model.types import Row


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


def detail_rows(clusters: Iterable[Cluster]) -> tuple[list[Row], dict[str, int]]:
    """Return what `list_details` gives of clusters, and how many values of each field were of a wrong type."""
    return without_misfits([_detail_row(cluster) for cluster in clusters], DETAIL_COLUMNS)


def _detail_row(cluster: Cluster) -> Row:
    row: dict[str, Any] = {name: cluster.raw.get(name) for name in DETAIL_COLUMNS}
    row["id"] = cluster.id
    row["masterCnt"] = row["masterCnt"] or {True: 3, False: 1, None: None}[cluster.isHa]
    for role, info in (("master", cluster.masterInfo), ("worker", cluster.workerInfo)):
        row[f"{role}FlavorName"] = info[0].raw.get("flavorName") if info else None
        row[f"{role}VolumeSize"] = info[0].raw.get("volumeSize") if info else None
    return row


def ids_of(clusters: Any) -> list[str]:
    """Return the ids of a cluster, of several, or of a frame of clusters or a row of one.

    Raises
    ------
    CommandError
        When they cannot be ids.
    """
    if isinstance(clusters, str | Cluster):
        return [id_of(clusters)]
    is_frame, is_row = hasattr(clusters, "columns"), hasattr(clusters, "iloc")  # pandas need not be loaded to tell
    if is_frame and list(clusters.columns).count("id") != 1:
        raise CommandError("the frame has no column id, or several: pass clusters as %heco list returns them")
    if is_row and "id" in clusters:
        return ids_of(clusters["id"])
    if isinstance(clusters, Mapping) or not isinstance(clusters, Iterable):
        raise CommandError(f"clusters is {plain(repr(clusters), 40)}, it must be a cluster, its id, or several of them")
    return [id_of(cluster) for cluster in clusters]
