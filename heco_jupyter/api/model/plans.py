"""What a write would do, decided before it is done: pure functions and the plans they return.

`writes/` carries plans out; the commands and the panel show them, ask about them, or, for a dry run, only show them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from heco_jupyter.api.display.cards import count_of, dry_run_html, dry_run_text, joined
from heco_jupyter.api.display.text import json_text, plain
from heco_jupyter.api.display.texts import Said, Words
from heco_jupyter.api.model.call import Call, check_sendable, cluster_path
from heco_jupyter.api.model.checks import positive
from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import SupportsIndex

    from heco_jupyter.api.model.cluster import NodeInfo


class CheckedSpec(Protocol):
    """A checked create spec, as a plan needs it."""

    @property
    def name(self) -> str:
        """The cluster's name."""

    def field(self, name: str) -> Any:
        """Return a field as it is sent, or None; not for what can be a secret."""

    def masked(self) -> dict[str, Any]:
        """Return the JSON for showing, with bullets for what is secret."""

    def wire(self) -> dict[str, Any]:
        """Return the JSON for the wire, secrets and all."""


@dataclass(frozen=True)
class CreatePlan:
    """Make a cluster from a spec."""

    spec: CheckedSpec

    @property
    def cluster_id(self) -> None:
        """There is no cluster yet."""
        return

    @property
    def cluster_name(self) -> str | None:
        """The name that the cluster is to have, where the spec says it."""
        return self.spec.name or None

    @property
    def words(self) -> str:
        """What it does, in a few words."""
        return f"create {plain(self.spec.masked().get('name') or 'a cluster', 80)}: {self._kind}"

    @property
    def done(self) -> str:
        """What was done, once it is."""
        return f"created: {self._kind}"

    @property
    def _kind(self) -> str:
        body = self.spec.masked()
        masters = {True: 3, False: 1}.get(body["isHa"]) if isinstance(body.get("isHa"), bool) else None
        told = joined(
            _words(body.get("clusterType"), body.get("clusterVersion")),
            _words(count_of(masters, "master"), body.get("masterFlavorName")),
            _words(count_of(body.get("workerCnt"), "worker"), body.get("workerFlavorName")),
        )
        return told or "as the request says"

    @property
    def shown_body(self) -> dict[str, Any]:
        """The request's JSON, with bullets for secrets."""
        return self.spec.masked()

    def call(self) -> Call:
        """Return the request."""
        return Call(f"create {plain(self.spec.name or 'a cluster', 80)}", "POST", "/clusters", body=self.spec.wire)


@dataclass(frozen=True)
class ScalePlan:
    """Add workers to a cluster, or remove some.

    Parameters
    ----------
    cluster
        As it was when the plan was made.
    change
        Workers to add, or, below 0, to remove.
    """

    cluster: Cluster
    change: int

    @property
    def cluster_id(self) -> str:
        """The cluster's id."""
        return self.cluster.id

    @property
    def cluster_name(self) -> None:
        """Its name may change; the id tells which cluster an answer is about."""
        return

    @property
    def before(self) -> int | None:
        """Workers now, or None where the API does not say."""
        return self.cluster.workerCnt

    @property
    def target(self) -> int | None:
        """Workers afterwards, or None where the API does not say how many there are."""
        return None if self.before is None else self.before + self.change

    @property
    def nodes(self) -> int:
        """Nodes afterwards; where the API does not say how many there are, those that are known of."""
        counts = (self.cluster.nodeCnt, (self.cluster.masterCnt or 0) + (self.cluster.workerCnt or 0))
        return max(count or 0 for count in counts) + self.change

    @property
    def size(self) -> str:
        """What the cluster has afterwards, in a few words: nodes, and the flavor of the workers."""
        now = nodes_of(self.cluster)
        nodes = "number of nodes unknown" if now is None else f"{now} -> {count_of(self.nodes, 'node')}"
        return f"{nodes}, workers {plain(flavor_of(self.cluster.workerInfo) or 'of unknown flavor', 80)}"

    @property
    def words(self) -> str:
        """What it does, in a few words."""
        change = f"{self.change:+d}"
        if self.before is None:
            return Words(Said("by_workers", {"change": change}))
        return Words(Said("to_workers", {"from": self.before, "to": self.target, "change": change}))

    @property
    def done(self) -> str:
        """What was done, once it is."""
        return self.words

    @property
    def shown_body(self) -> dict[str, Any]:
        """The request's JSON."""
        return {"scaleCnt": abs(self.change)}

    def call(self) -> Call:
        """Return the request."""
        direction = "out" if self.change > 0 else "in"
        path = f"{cluster_path(self.cluster_id)}/scale-{direction}"
        key = "scale_out" if self.change > 0 else "scale_in"
        doing = Words(Said(key, {"name": self.cluster.display_name}))
        return Call(doing, "POST", path, body=lambda: self.shown_body)

    def renewed(self, now: Cluster) -> ScalePlan:
        """Return the same plan for the cluster as it is now.

        Raises
        ------
        CommandError
            When the worker count has changed since, or the cluster can no longer be scaled.
        """
        plan = plan_change(now, self.change)
        if plan.before != self.before:
            raise CommandError(
                Words(Said("has_changed", {"name": now.display_name, "now": plan.before, "before": self.before})),
                hint="nothing was sent: look at it, then scale again",
            )
        return plan


@dataclass(frozen=True)
class DeletePlan:
    """Delete a cluster, which cannot be undone.

    Parameters
    ----------
    cluster_id
        Its id.
    cluster
        As it was when the plan was made, where that is known.
    """

    cluster_id: str
    cluster: Cluster | None = None

    @property
    def cluster_name(self) -> None:
        """Its name may change; the id tells which cluster an answer is about."""
        return

    @property
    def words(self) -> str:
        """What it does, in a few words."""
        return f"delete {self._name}, which cannot be undone"

    @property
    def done(self) -> str:
        """What was done, once it is."""
        return "deleted"

    @property
    def shown_body(self) -> None:
        """A delete has no body."""
        return

    @property
    def _name(self) -> str:
        return self.cluster.display_name if self.cluster else plain(self.cluster_id, 80)

    def call(self) -> Call:
        """Return the request."""
        return Call(Words(Said("delete", {"name": self._name})), "DELETE", cluster_path(self.cluster_id))

    def renewed(self, now: Cluster) -> DeletePlan:
        """Return the same plan for the cluster as it is now.

        Raises
        ------
        CommandError
            When it is being terminated, or terminated, by now.
        """
        return plan_delete(now)


ChangePlan = ScalePlan | DeletePlan
"""A write to a cluster that is there."""
Plan = CreatePlan | ChangePlan
"""Any write."""


def plan_delete(cluster: Cluster) -> DeletePlan:
    """Plan to delete `cluster`.

    Raises
    ------
    CommandError
        When it is already terminated, or being terminated; nothing is sent.
    """
    if cluster.state.is_terminated or cluster.state.is_terminating:
        raise CommandError(
            Words(Said("already", {"name": cluster.display_name, "status": plain(cluster.status)})),
            hint=f"wait until it is gone: %heco wait {cluster.as_argument} --for terminated"
            if cluster.state.is_terminating
            else "%heco list --active shows what runs",
        )
    return DeletePlan(id_of(cluster), cluster)


def plan_scale(cluster: Cluster, target: SupportsIndex) -> ScalePlan | None:
    """Plan the way to `target` workers.

    Parameters
    ----------
    cluster
        As it is now.
    target
        Workers it shall have.

    Returns
    -------
    ScalePlan or None
        None when the cluster already has that many.

    Raises
    ------
    CommandError
        When the cluster cannot be scaled, or not to that; nothing is sent.
    """
    workers = positive(target, "the number of workers")
    if cluster.workerCnt is None:
        raise CommandError(
            f"the API does not say how many workers {cluster.display_name} has",
            hint=f"give the difference instead: %heco scale-out {cluster.as_argument} N",
        )
    return None if workers == cluster.workerCnt else plan_change(cluster, workers - cluster.workerCnt)


def plan_change(cluster: Cluster, change: int) -> ScalePlan:
    """Plan to add `change` workers, or, below 0, to remove some.

    Raises
    ------
    CommandError
        When the cluster is terminated or not scalable, or when fewer workers than `config.hdfsReplication` would be
        left; nothing is sent.
    """
    plan = ScalePlan(cluster, change)
    name, told = cluster.display_name, {"name": cluster.display_name, "status": plain(cluster.status)}
    if cluster.state.is_terminated:
        raise CommandError(Words(Said("has_ended", told)), hint="%heco list --active shows what runs")
    if cluster.isScalable is False:
        raise CommandError(
            Words(Said("not_scalable_now", told)),
            hint=f"wait until it is running, then try again: %heco wait {cluster.as_argument}"
            if cluster.state.is_busy
            else None,
        )
    replication, target = cluster.hdfs_replication, plan.target
    if change < 0 and target is not None:
        floor = 1 if replication is None else replication
        if target < floor:
            key = "fewer_than_replication" if replication else "fewer_than_one"
            raise CommandError(
                Words(Said(key, {"name": name, "words": plan.words, "floor": floor})),
                hint=f"the fewest it can have: %heco scale {cluster.as_argument} {floor}",
            )
    return plan


def nodes_of(cluster: Cluster) -> int | None:
    """Return how many nodes a cluster has, or None where the API does not say."""
    if cluster.nodeCnt is not None:
        return cluster.nodeCnt
    masters, workers = cluster.masterCnt, cluster.workerCnt
    return None if masters is None or workers is None else masters + workers


def flavor_of(machines: Sequence[NodeInfo] | None) -> str | None:
    """Return the flavor in `masterInfo` or `workerInfo`, or None where the API does not say."""
    return machines[0].flavorName if machines else None


def id_of(cluster: object) -> str:
    """Return the id of a cluster that is given by its id or as a `Cluster`.

    Raises
    ------
    CommandError
        When it cannot be an id.
    """
    cluster_id = cluster.id if isinstance(cluster, Cluster) else cluster
    if not isinstance(cluster_id, str) or not cluster_id.strip() or set(cluster_id) <= {"."}:
        raise CommandError(f"{plain(repr(cluster_id), 40)} is not a cluster's id")
    check_sendable(cluster_id, "the cluster's id")
    return cluster_id


def _words(*values: object) -> str:
    return " ".join(plain(value, 40) for value in values if isinstance(value, str) and value)


@dataclass(frozen=True)
class Preview:
    """A write that was not made: what `--dry-run` shows.

    Parameters
    ----------
    method, url
        Of the request.
    body
        Its JSON with secrets masked, or None.
    words
        What it would do.
    more
        What else to know of it: how large the cluster becomes, and at what price.
    """

    method: str
    url: str
    body: Mapping[str, Any] | None
    words: str
    more: str = ""

    @property
    def request(self) -> str:
        """The request as text, with secrets masked."""
        body = [] if self.body is None else [json_text(self.body, indent=2)]
        return "\n".join([f"{self.method} {self.url}", *body])

    def __repr__(self) -> str:
        return dry_run_text(self._told, self.request)

    def _repr_html_(self) -> str:
        return dry_run_html(self._told, self.request)

    @property
    def _told(self) -> str:
        return f"{self.words}; {self.more}" if self.more else self.words
