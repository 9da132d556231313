"""One reading of a fleet: one list request, and the details and VMs that a listener needs and that may have changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heco_jupyter.api.model.errors import NotFoundError
from heco_jupyter.live.state import is_same, reuse_unchanged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from heco_jupyter.api.client import Client
    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.types import Row
    from heco_jupyter.live.state import FleetState, Interest


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading found.

    Parameters
    ----------
    clusters, details, vms
        As in `FleetState`.
    """

    clusters: Mapping[str, Cluster]
    details: Mapping[str, Cluster | None]
    vms: Mapping[str, tuple[Row, ...]]


def read_fleet(
    client: Client, before: FleetState, interests: Sequence[Interest], changing: Callable[[], AbstractSet[str]]
) -> Reading:
    """Read what listeners are interested in.

    Parameters
    ----------
    client
        The connection to read through.
    before
        What the last reading found; what cannot have changed since is taken from it.
    interests
        What the listeners show.
    changing
        Returns the ids of the clusters with an operation under way. Those are always read in full.

    Raises
    ------
    ApiError, TransportError
        When the fleet cannot be read.
    """
    reader = _Reader(client, before, changing)
    rows = client.clusters(include_terminated=any(interest.terminated for interest in interests))
    clusters = {str(cluster.raw.get("id")): cluster for cluster in rows}
    ids = {interest.cluster_id for interest in interests if interest.cluster_id} | changing()
    details = {key: reader.detail(key, clusters) for key in ids}
    with_vms = {interest.cluster_id for interest in interests if interest.vms and interest.cluster_id}
    vms = {key: reader.vms(key, cluster) for key in with_vms if (cluster := details[key])}
    return Reading(reuse_unchanged(clusters, before.clusters), reuse_unchanged(details, before.details), vms)


class _Reader:
    """Reads details and VMs, or takes them from the last reading."""

    def __init__(self, client: Client, before: FleetState, changing: Callable[[], AbstractSet[str]]) -> None:
        self._client = client
        self._before = before
        self._changing = changing

    def detail(self, key: str, clusters: Mapping[str, Cluster]) -> Cluster | None:
        """Return a cluster in full; None when the API does not have it."""
        known, row, listed = self._before.details.get(key), clusters.get(key), self._before.clusters.get(key)
        changing = key in self._changing()
        if known and row and listed and not changing and not row.state.is_busy and is_same(row, listed):
            return known
        try:
            return self._client.get_cluster(key)
        except NotFoundError:
            return row

    def vms(self, key: str, cluster: Cluster) -> tuple[Row, ...]:
        """Return a cluster's VMs."""
        known = self._before.details.get(key)
        if key in self._before.vms and known and not cluster.state.is_busy and is_same(cluster, known):
            return self._before.vms[key]
        try:
            rows = self._client.list_vms(key).astype(object).to_dict("records")
        except NotFoundError:
            return ()
        return tuple({str(name): value for name, value in row.items()} for row in rows)
