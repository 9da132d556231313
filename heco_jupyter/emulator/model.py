"""The data of a cluster: facts that never change, and a timeline of what has happened to it and what is planned.

The state of a cluster is not stored. It follows from the timeline and the current time: see `lifecycle`. Times are Unix
times in milliseconds, as in the API.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Vm:
    """A VM, which boots from `createdAt` to `runningAt` and is deleted from `leavingAt` to `goneAt`."""

    name: str
    instanceId: str
    index: int
    isMaster: bool
    flavorName: str
    ip: str
    createdAt: int
    runningAt: int
    floatingIp: str | None = None
    leavingAt: int | None = None
    goneAt: int | None = None


class ScaleDirection(StrEnum):
    """Whether workers are added or removed."""

    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class Scaling:
    """The latest change of the number of workers."""

    direction: ScaleDirection
    startsAt: int
    endsAt: int


class EndReason(StrEnum):
    """Why a cluster ends; the value is the word in `Terminated(...)`."""

    USER = "User"
    USER_TASK = "UserTask"
    ERROR = "Error"


@dataclass(frozen=True, slots=True)
class Ending:
    """The termination of a cluster: past, under way or planned."""

    reason: EndReason
    startsAt: int
    endsAt: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster.

    Parameters
    ----------
    id, name, owner, clusterType, clusterVersion, createdAt
        As in the API.
    readyAt
        When the installation finishes, unless the cluster ends first.
    apiKeyStatus
        The value while the cluster runs; at any other time it is `impossible`.
    detailFields
        The fields that a GET of one cluster has and a list item lacks. They never hold a secret.
    vms
        Every VM that the cluster has had, has, or is about to get.
    scaling, ending
        The latest scaling and the termination, if there is one.
    loadedItem
        The list item that the cluster was loaded from, if it is frozen: it is served as it is until the first write.
    """

    id: str
    name: str
    owner: str
    clusterType: str
    clusterVersion: str
    createdAt: int
    readyAt: int
    apiKeyStatus: str = "impossible"
    detailFields: Mapping[str, Any] = field(default_factory=dict)
    vms: tuple[Vm, ...] = ()
    scaling: Scaling | None = None
    ending: Ending | None = None
    loadedItem: Mapping[str, Any] | None = None

    @property
    def is_frozen(self) -> bool:
        """Whether the cluster is served as it was loaded."""
        return self.loadedItem is not None

    @property
    def hdfsReplication(self) -> int:
        """The number of HDFS replicas, and so the fewest workers; 1 if it is unknown."""
        value = (self.detailFields.get("config") or {}).get("hdfsReplication")
        return value if isinstance(value, int) else 1


def to_dict(cluster: Cluster) -> dict[str, Any]:
    """Return a cluster as JSON-compatible data."""
    return asdict(cluster)


def from_dict(data: Mapping[str, Any]) -> Cluster:
    """Return the cluster that `to_dict` turned into `data`."""
    scaling, ending = data["scaling"], data["ending"]
    return Cluster(
        **{
            **data,
            "vms": tuple(Vm(**vm) for vm in data["vms"]),
            "scaling": Scaling(**{**scaling, "direction": ScaleDirection(scaling["direction"])}) if scaling else None,
            "ending": Ending(**{**ending, "reason": EndReason(ending["reason"])}) if ending else None,
        }
    )
