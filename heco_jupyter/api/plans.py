"""What a write would do, decided before it is done: pure functions and the plans they return.

The client carries plans out; the magics show them, ask about them, or, for a dry run, do no more than show them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING, Any, Protocol, SupportsIndex
from urllib.parse import quote

from heco_jupyter.api.cards import dry_run_html, dry_run_text
from heco_jupyter.api.cluster import Cluster
from heco_jupyter.api.errors import CommandError
from heco_jupyter.api.text import plain
from heco_jupyter.api.transport import Call

if TYPE_CHECKING:
    from heco_jupyter.api.spec import Spec


class Plan(Protocol):
    """A write that could be made."""

    @property
    def words(self) -> str:
        """What it does, in a few words."""

    @property
    def done(self) -> str:
        """What was done, once it is."""

    @property
    def shown_body(self) -> dict[str, Any] | None:
        """The request's JSON, with bullets for secrets."""

    def call(self) -> Call:
        """Return the request."""


@dataclass(frozen=True)
class CreatePlan:
    """Make a cluster from a spec."""

    spec: Spec

    @property
    def words(self) -> str:
        """What it does, in a few words."""
        return f"create {self.spec.name}: {self._kind}"

    @property
    def done(self) -> str:
        """What was done, once it is."""
        return f"created: {self._kind}"

    @property
    def _kind(self) -> str:
        body = self.spec.masked()
        masters = 3 if body["isHa"] else 1
        return (
            f"{body['clusterType']} {body['clusterVersion']}, "
            f"{_count(masters, 'master')} {body['masterFlavorName']}, "
            f"{_count(self.spec.worker_count, 'worker')} {body['workerFlavorName']}"
        )

    @property
    def shown_body(self) -> dict[str, Any]:
        """The request's JSON, with bullets for secrets."""
        return self.spec.masked()

    def call(self) -> Call:
        """Return the request."""
        return Call(f"create {plain(self.spec.name, 80)}", "POST", "/clusters", body=self.spec.wire)


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
    def before(self) -> int | None:
        """Workers now, or None where the API does not say."""
        count = self.cluster.workerCnt
        return count if isinstance(count, int) else None

    @property
    def target(self) -> int | None:
        """Workers afterwards, or None where the API does not say how many there are."""
        return None if self.before is None else self.before + self.change

    @property
    def words(self) -> str:
        """What it does, in a few words."""
        if self.before is None:
            return f"{self.change:+d} workers"
        return f"{self.before} -> {self.target} workers, {self.change:+d}"

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
        verb = "out" if self.change > 0 else "in"
        path = f"{cluster_path(self.cluster.id)}/scale-{verb}"
        return Call(f"scale {verb} {named(self.cluster)}", "POST", path, body=lambda: self.shown_body)


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
    def words(self) -> str:
        """What it does, in a few words."""
        return f"delete {named(self.cluster) if self.cluster else self.cluster_id}, which cannot be undone"

    @property
    def done(self) -> str:
        """What was done, once it is."""
        return "deleted"

    @property
    def shown_body(self) -> None:
        """A delete has no body."""
        return

    def call(self) -> Call:
        """Return the request."""
        name = named(self.cluster) if self.cluster else plain(self.cluster_id, 80)
        return Call(f"delete {name}", "DELETE", cluster_path(self.cluster_id))


def plan_delete(cluster: Cluster) -> DeletePlan:
    """Plan to delete `cluster`.

    Raises
    ------
    CommandError
        When it is terminated already; nothing is sent.
    """
    if cluster.state.is_terminated:
        raise CommandError(f"{named(cluster)} is {plain(cluster.status)} already", hint="%heco list --active")
    return DeletePlan(id_of(cluster), cluster)


def plan_scale(cluster: Cluster, target: SupportsIndex) -> ScalePlan | None:
    """Plan the way to `target` workers; None when the cluster has that many.

    Raises
    ------
    CommandError
        When the cluster cannot be scaled, or not to that; nothing is sent.
    """
    count = cluster.workerCnt
    workers = whole(target, "the number of workers")
    if not isinstance(count, int):
        raise CommandError(
            f"the API does not say how many workers {named(cluster)} has",
            hint=f"give the difference instead: %heco scale-out {cluster.typed} N",
        )
    return None if workers == count else plan_change(cluster, workers - count)


def plan_change(cluster: Cluster, change: int) -> ScalePlan:
    """Plan to add `change` workers, or, below 0, to remove some.

    Raises
    ------
    CommandError
        When the cluster is terminated or not scalable, or when fewer workers than `config.hdfsReplication` would be
        left; nothing is sent.
    """
    plan = ScalePlan(cluster, change)
    name = named(cluster)
    if cluster.state.is_terminated:
        raise CommandError(f"{name} is {plain(cluster.status)} and cannot be scaled", hint="%heco list --active")
    if cluster.isScalable is False:
        raise CommandError(
            f"{name} cannot be scaled now: its isScalable is false, its status {plain(cluster.status)}",
            hint=f"wait until it is running, then try again: %heco wait {cluster.typed}"
            if cluster.state.is_busy
            else None,
        )
    replication, target = cluster.hdfs_replication, plan.target
    if change < 0 and target is not None:
        floor = replication if isinstance(replication, int) else 1
        if target < floor:
            reason = f"hdfsReplication is {floor}" if replication else "a cluster keeps at least 1"
            raise CommandError(
                f"{name}: {plan.words}: refused, {reason} and workers cannot be fewer",
                hint=f"the fewest it can have: %heco scale {cluster.typed} {floor}",
            )
    return plan


def whole(count: SupportsIndex, what: str) -> int:
    """Return `count`, numpy's integers too, as an int.

    Raises
    ------
    CommandError
        When it is not a whole number of at least 1; `what` names it.
    """
    number = None if isinstance(count, bool) or not isinstance(count, SupportsIndex) else index(count)
    if number is None or number < 1:
        raise CommandError(f"{what} is {plain(repr(count), 40)}, it must be a whole number of at least 1")
    return number


def id_of(cluster: object) -> str:
    """Return the id of a cluster that is given by its id or as a `Cluster`.

    Raises
    ------
    CommandError
        When it could not be one.
    """
    cluster_id = cluster.id if isinstance(cluster, Cluster) else cluster
    if not isinstance(cluster_id, str) or not cluster_id.strip() or set(cluster_id) <= {"."}:
        raise CommandError(f"{plain(repr(cluster_id), 40)} is not a cluster's id")
    return cluster_id


def cluster_path(cluster_id: str) -> str:
    """Return the path of a cluster."""
    return f"/clusters/{quote(cluster_id, safe='')}"


def named(cluster: Cluster) -> str:
    """Return the cluster's name, or its id where it has none, as it may be shown and typed."""
    return plain(cluster.name or cluster.id, 80)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


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
    """

    method: str
    url: str
    body: dict[str, Any] | None
    words: str

    @property
    def request(self) -> str:
        """The request as text, with secrets masked."""
        body = [] if self.body is None else [json.dumps(self.body, indent=2, ensure_ascii=False)]
        return "\n".join([f"{self.method} {self.url}", *body])

    def __repr__(self) -> str:
        return dry_run_text(self.words, self.request)

    def _repr_html_(self) -> str:
        return dry_run_html(self.words, self.request)
