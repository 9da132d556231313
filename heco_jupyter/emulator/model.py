"""What a cluster is made of: facts that never change, and a timeline of what is planned.

Nothing here says what state a cluster is in. That follows from the timeline and the time: see `lifecycle`.
Times are Unix times in milliseconds, as in the API.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Vm:
    """A VM and its days: made at `createdAt`, up at `runningAt`, on its way out at `leavingAt`, gone at `goneAt`."""

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


@dataclass(frozen=True, slots=True)
class Scaling:
    """The latest change of the number of workers."""

    direction: Literal["out", "in"]
    startsAt: int
    endsAt: int


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a cluster, past, present or planned; `reason` is the word in `Terminated(...)`."""

    reason: str
    startsAt: int
    endsAt: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster.

    Parameters
    ----------
    id, name, owner, clusterType, clusterVersion, createdAt
        As the API has them.
    scaling, ending
        What is under way with it, if anything is.
    readyAt
        When the installation ends, if nothing ends the cluster before.
    apiKeyStatus
        What it is while the cluster runs; at any other time it is `impossible`.
    facts
        What a get answers beyond what a list answers, in the API's own words. No secret is ever among them.
    vms
        Every VM the cluster has had or is about to have.
    given
        The list item this cluster was loaded from. It is served as it is until the first write to the cluster.
    """

    id: str
    name: str
    owner: str
    clusterType: str
    clusterVersion: str
    createdAt: int
    readyAt: int
    apiKeyStatus: str = "impossible"
    facts: Mapping[str, Any] = field(default_factory=dict)
    vms: tuple[Vm, ...] = ()
    scaling: Scaling | None = None
    ending: Ending | None = None
    given: Mapping[str, Any] | None = None

    @property
    def hdfsReplication(self) -> int:
        """The copies HDFS keeps, and so the fewest workers; 1 where it is not known."""
        value = (self.facts.get("config") or {}).get("hdfsReplication")
        return value if isinstance(value, int) else 1


def to_dict(cluster: Cluster) -> dict[str, Any]:
    """Turn a cluster into something JSON can hold."""
    return asdict(cluster)


def from_dict(data: Mapping[str, Any]) -> Cluster:
    """Turn what `to_dict` made back into a cluster."""
    scaling, ending = data["scaling"], data["ending"]
    return Cluster(
        **{
            **data,
            "vms": tuple(Vm(**vm) for vm in data["vms"]),
            "scaling": Scaling(**scaling) if scaling else None,
            "ending": Ending(**ending) if ending else None,
        }
    )
