"""One reading of a fleet: one list request, and the details and VMs that listeners need.

What belongs to one cluster fails for that cluster alone: what was known of it stays, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from heco_jupyter.api.model.errors import HecoError, NotFoundError
from heco_jupyter.api.model.plans import flavor_of
from heco_jupyter.live.state import is_same, reuse_unchanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from heco_jupyter.api.client import Client
    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.types import Row
    from heco_jupyter.live.state import Flavors, FleetState, Interest

_FLAVORS_AT_ONCE = 4  # clusters whose flavors one reading learns: a large fleet takes several


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading found.

    Parameters
    ----------
    clusters, details, vms, detail_errors, vm_errors, flavors
        As in `FleetState`.
    """

    clusters: Mapping[str, Cluster]
    details: Mapping[str, Cluster | None]
    vms: Mapping[str, tuple[Row, ...]]
    detail_errors: Mapping[str, str]
    vm_errors: Mapping[str, str]
    flavors: Mapping[str, Flavors]


def read_fleet(
    client: Client,
    before: FleetState,
    interests: Sequence[Interest],
    changing: Callable[[], AbstractSet[str]],
    *,
    wants_vms: bool = True,
) -> Reading:
    """Read what listeners are interested in.

    Parameters
    ----------
    client
        The connection to read through.
    before
        What the last reading found.
    interests
        What the listeners show.
    changing
        Returns the ids of the clusters with an operation under way. Those are read in full too.
    wants_vms
        Whether to read VMs even where nothing else has changed.

    Raises
    ------
    ApiError, TransportError
        When the fleet cannot be read.
    """
    rows = client.clusters(include_terminated=any(interest.terminated for interest in interests))
    clusters = reuse_unchanged({str(cluster.raw.get("id")): cluster for cluster in rows}, before.clusters)
    reader = _Reader(client, before)
    ids = {interest.cluster_id for interest in interests if interest.cluster_id} | changing()
    details = reuse_unchanged({key: reader.detail(key, clusters.get(key)) for key in ids}, before.details)
    with_vms = {interest.cluster_id for interest in interests if interest.vms and interest.cluster_id}
    vms = {
        key: reader.vms(key, cluster, wanted=wants_vms or key in changing())
        for key in with_vms
        if (cluster := details[key])
    }
    reader.learn_flavors(details.values())
    if any(interest.flavors for interest in interests):
        reader.learn_flavors(reader.unknown(clusters))
    found = {key: rows for key, rows in vms.items() if rows is not None}
    return Reading(clusters, details, found, reader.detail_errors, reader.vm_errors, reader.flavors)


@dataclass
class _Reader:
    """Reads details and VMs, and keeps why some could not be read."""

    client: Client
    before: FleetState
    detail_errors: dict[str, str] = field(default_factory=dict)
    vm_errors: dict[str, str] = field(default_factory=dict)
    flavors: Mapping[str, Flavors] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.flavors = self.before.flavors

    def detail(self, key: str, row: Cluster | None) -> Cluster | None:
        """Return a cluster in full; None when the API does not have it."""
        try:
            return self.client.get_cluster(key)
        except NotFoundError:
            return row
        except HecoError as error:
            self.detail_errors[key] = error.what
            return self.before.details.get(key)

    def vms(self, key: str, cluster: Cluster, *, wanted: bool) -> tuple[Row, ...] | None:
        """Return a cluster's VMs; None when they were never read."""
        known, before = self.before.vms.get(key), self.before.details.get(key)
        if known is not None and not wanted and before and not cluster.state.is_busy and is_same(cluster, before):
            return known
        try:
            frame = self.client.list_vms(key)
        except NotFoundError:
            return ()
        except HecoError as error:
            self.vm_errors[key] = error.what
            return known
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")  # pandas' NA has no truth value
        return tuple({str(name): value for name, value in row.items()} for row in rows)

    def unknown(self, clusters: Mapping[str, Cluster]) -> Iterator[Cluster | None]:
        """Yield some of the clusters whose flavors are not known, in full."""
        missing = (key for key, row in clusters.items() if key not in self.flavors and not row.state.is_terminated)
        for key in [*islice(missing, _FLAVORS_AT_ONCE)]:
            try:
                yield self.client.get_cluster(key)
            except HecoError:
                continue  # another reading may bring it

    def learn_flavors(self, details: Iterable[Cluster | None]) -> None:
        """Keep the flavors of clusters in full: nothing but a new cluster changes them."""
        found = {
            str(cluster.id): (flavor_of(cluster.masterInfo), flavor_of(cluster.workerInfo))
            for cluster in details
            if cluster is not None and cluster.workerInfo and str(cluster.id) not in self.flavors
        }
        if found:
            self.flavors = {**self.flavors, **found}
