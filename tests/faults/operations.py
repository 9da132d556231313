"""Every operation of a client, and how to check its result against the state of the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from otherserver import WORDS
from support import spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from otherserver import OtherServer

    from heco_jupyter.api.client import Client

NAMES = [f"cluster-{number}" for number in range(1, 8)]
IDS = [f"kc-{number:04d}" for number in range(1, 8)]  # in the order of their creation
SUBJECT = IDS[2]  # of the operations on one cluster
VMS_PER_CLUSTER = 4


@dataclass(frozen=True)
class Operation:
    """One operation of a client.

    Parameters
    ----------
    run
        Calls it, and returns the result.
    is_correct
        Returns whether the result agrees with the state of the API.
    prelude
        How many requests it makes before the one that is to meet a fault.
    writes, is_list, waits
        Whether it is a write, a list, or a wait.
    """

    run: Callable[[Client], Any]
    is_correct: Callable[[Any, OtherServer], bool]
    prelude: int = 0
    writes: bool = False
    is_list: bool = False
    waits: bool = False


def populate(api: OtherServer) -> None:
    """Add seven clusters, created at different times."""
    for number, name in enumerate(NAMES):
        api.add(name, createdAt=1_720_000_000_000 + number)


def _has_clusters(frame: Any, ids: list[str]) -> bool:
    return list(frame["id"]) == ids and frame.attrs["complete"]


def _has_vms(frame: Any, ids: list[str]) -> bool:
    return len(frame) == VMS_PER_CLUSTER * len(ids) and frame["instanceId"].is_unique and frame.attrs["complete"]


def _at_rest(api: OtherServer) -> dict[str, Any]:
    """Return the subject after every transition has ended; this API makes progress when it is read."""
    for _ in range(5):
        api._get(SUBJECT)
    return api.clusters[SUBJECT]


def _is_deleted(cluster: Any, api: OtherServer) -> bool:
    return cluster.id == SUBJECT and _at_rest(api)["status"] == WORDS["gone"]


def _has_workers(workers: int) -> Callable[[Any, OtherServer], bool]:
    return lambda cluster, api: cluster.id == SUBJECT and _at_rest(api)["workerCnt"] == workers


OPERATIONS: dict[str, Operation] = {
    "connect": Operation(lambda client: client.check_connection(), lambda value, _: value is None, is_list=True),
    "list": Operation(
        lambda client: client.list_clusters(), lambda frame, _: _has_clusters(frame, IDS[::-1]), is_list=True
    ),
    "list, sorted": Operation(
        lambda client: client.list_clusters(sort="name,asc"), lambda frame, _: _has_clusters(frame, IDS), is_list=True
    ),
    "vms": Operation(
        lambda client: client.list_vms(SUBJECT), lambda frame, _: _has_vms(frame, [SUBJECT]), is_list=True
    ),
    "vms of all": Operation(lambda client: client.list_all_vms(), lambda frame, _: _has_vms(frame, IDS), is_list=True),
    "show": Operation(lambda client: client.get_cluster(SUBJECT), lambda cluster, _: cluster.name == NAMES[2]),
    "wait": Operation(
        lambda client: client.wait(SUBJECT, timeout=2), lambda cluster, _: cluster.name == NAMES[2], waits=True
    ),
    "create": Operation(
        lambda client: client.create_cluster(spec(name="new")),
        lambda cluster, api: api.clusters[cluster.id]["name"] == cluster.name == "new",
        prelude=1,
        writes=True,
    ),
    "delete": Operation(lambda client: client.delete_cluster(SUBJECT), _is_deleted, writes=True),
    "scale-out": Operation(lambda client: client.scale_out(SUBJECT, 2), _has_workers(5), prelude=1, writes=True),
    "scale-in": Operation(lambda client: client.scale_in(SUBJECT, 1), _has_workers(2), prelude=1, writes=True),
    "scale": Operation(lambda client: client.scale(SUBJECT, 8), _has_workers(8), prelude=1, writes=True),
}
