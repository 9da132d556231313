"""Every operation of the API as a client offers it, and how to tell that its result is true."""

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
CREATED = [f"kc-{number:04d}" for number in range(1, 8)]
SUBJECT = CREATED[2]
VMS = 4


@dataclass(frozen=True)
class Operation:
    """One thing that a client does.

    Parameters
    ----------
    run
        Does it, and returns the result.
    true
        Whether the result is what the API has, judged by the API's own store.
    prelude
        Requests that it makes before the one that counts.
    writes, is_list, waits
        What it is.
    """

    run: Callable[[Client], Any]
    true: Callable[[Any, OtherServer], bool]
    prelude: int = 0
    writes: bool = False
    is_list: bool = False
    waits: bool = False


def populate(api: OtherServer) -> None:
    """Put a small fleet there, all created at different times."""
    for number, name in enumerate(NAMES):
        api.add(name, createdAt=1_720_000_000_000 + number)


def _all_there(frame: Any, ids: list[str]) -> bool:
    return list(frame["id"]) == ids and frame.attrs["complete"]


def _vms_there(frame: Any, ids: list[str]) -> bool:
    return len(frame) == VMS * len(ids) and frame["instanceId"].is_unique and frame.attrs["complete"]


def _in_the_end(api: OtherServer) -> dict[str, Any]:
    """Return the subject when all that was begun has ended; in this API, reading is what moves it on."""
    for _ in range(5):
        api._get(SUBJECT)
    return api.clusters[SUBJECT]


def _leaves(cluster: Any, api: OtherServer) -> bool:
    return cluster.id == SUBJECT and _in_the_end(api)["status"] == WORDS["gone"]


def _scales(workers: int) -> Callable[[Any, OtherServer], bool]:
    return lambda cluster, api: cluster.id == SUBJECT and _in_the_end(api)["workerCnt"] == workers


OPERATIONS: dict[str, Operation] = {
    "connect": Operation(lambda client: client.check_connection(), lambda value, _: value is None, is_list=True),
    "list": Operation(
        lambda client: client.list_clusters(), lambda frame, _: _all_there(frame, CREATED[::-1]), is_list=True
    ),
    "list, sorted": Operation(
        lambda client: client.list_clusters(sort="name,asc"), lambda frame, _: _all_there(frame, CREATED), is_list=True
    ),
    "vms": Operation(
        lambda client: client.list_vms(SUBJECT), lambda frame, _: _vms_there(frame, [SUBJECT]), is_list=True
    ),
    "vms of all": Operation(
        lambda client: client.list_all_vms(), lambda frame, _: _vms_there(frame, CREATED), is_list=True
    ),
    "show": Operation(lambda client: client.get_cluster(SUBJECT), lambda cluster, _: cluster.name == NAMES[2]),
    "wait": Operation(
        lambda client: client.wait(SUBJECT, timeout=3), lambda cluster, _: cluster.name == NAMES[2], waits=True
    ),
    "create": Operation(
        lambda client: client.create_cluster(spec(name="new")),
        lambda cluster, api: api.clusters[cluster.id]["name"] == cluster.name == "new",
        writes=True,
    ),
    "delete": Operation(lambda client: client.delete_cluster(SUBJECT), _leaves, writes=True),
    "scale-out": Operation(lambda client: client.scale_out(SUBJECT, 2), _scales(5), prelude=1, writes=True),
    "scale-in": Operation(lambda client: client.scale_in(SUBJECT, 1), _scales(2), prelude=1, writes=True),
    "scale": Operation(lambda client: client.scale(SUBJECT, 8), _scales(8), prelude=1, writes=True),
}
