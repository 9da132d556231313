"""Writes whose answer was lost, recovered by looking at what the API has now.

A write is never repeated to find out. What a look does not prove is an `UncertainError`: a cluster of the right name, a
status that is busy, a time on another clock can all be somebody else's doing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.display.texts import Said, Words
from heco_jupyter.api.model.errors import HecoError, NotFoundError, UncertainError
from heco_jupyter.api.model.lookup import as_argument
from heco_jupyter.api.model.plans import CreatePlan, DeletePlan, ScalePlan
from heco_jupyter.api.model.status import Scaling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from heco_jupyter.api.model.call import LostAnswerError
    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.plans import Plan
    from heco_jupyter.api.wire.deadline import Deadline

# Seconds before each look: an API that was cut off may still be at work.
_PAUSES = (0.0, 1.0, 2.0, 4.0)
# The API's Date header has whole seconds, and may come from another machine's clock than `createdAt`.
_CLOCK_SLACK = 5.0
_TOLD = ("clusterType", "clusterVersion", "workerCnt")


@dataclass(frozen=True, slots=True)
class Before:
    """What the API had right before a create: the proof that a cluster found later is new.

    Parameters
    ----------
    ids
        Of the clusters with exactly that name.
    whole
        Whether these are certainly all of them.
    time
        The time by the API's own clock, in seconds since the epoch, or None where it does not tell.
    """

    ids: frozenset[str]
    whole: bool
    time: float | None


NOTHING_KNOWN = Before(frozenset(), whole=False, time=None)
"""What is known when nobody could look."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the API showed.

    Parameters
    ----------
    found
        The cluster, if it proves that the write was done.
    is_unchanged
        Whether everything is as it was before the write.
    """

    found: Cluster | None
    is_unchanged: bool


@dataclass(frozen=True, slots=True)
class Lookups:
    """How to look at what the API has.

    Parameters
    ----------
    get
        Reads one cluster by its id, by a deadline.
    named
        Lists the clusters with exactly that name, by a deadline.
    before
        Looks, with one request, what there is with that name before a create, by a deadline.
    time
        Returns the time by the API's own clock, in seconds since the epoch, or None where it does not tell.
    seen
        Returns what is left of a cluster that was seen before, by its id, or None.
    """

    get: Callable[[str, Deadline], Cluster]
    named: Callable[[str, Deadline], list[Cluster]]
    before: Callable[[str, Deadline], Before]
    time: Callable[[], float | None]
    seen: Callable[[str], Cluster | None]


def recover(plan: Plan, lost: LostAnswerError, before: Before, lookups: Lookups, deadline: Deadline) -> Cluster:
    """Return the cluster as a write left it, if a look proves that the write was done.

    Parameters
    ----------
    plan, lost
        What was sent, and what happened to the answer.
    before
        What the API had before it was sent; used for creates.
    lookups
        How to look.
    deadline
        When to stop looking.

    Raises
    ------
    UncertainError
        When that cannot be proven.
    ApiError
        The refusal in `lost`, when a look shows that nothing was done.
    """
    match plan:
        case CreatePlan():
            return _recover_create(plan, lost, before, lookups, deadline)
        case ScalePlan():
            return _recover_scale(plan, lost, lookups, deadline)
        case DeletePlan():
            return _recover_delete(plan, lost, lookups, deadline)


def _recover_create(
    plan: CreatePlan, lost: LostAnswerError, before: Before, lookups: Lookups, deadline: Deadline
) -> Cluster:
    """Return the one cluster of that name that is new and is as the spec has it."""
    name = plan.spec.name
    told = {field: plan.spec.field(field) for field in (*_TOLD, "isHa")}

    def look() -> Look:
        named = lookups.named(name, deadline)
        made = [c for c in named if is_new(c, before, lookups.time()) and is_made_from(c, told)]
        return Look(made[0] if len(made) == 1 else None, is_unchanged=not made)

    what = f"create {plain(name, 80)}: {lost.reason}; the cluster may have been created"
    hint = f"look before you create it again: %heco list --name {as_argument(name, name)} --sort createdAt,desc"
    return _look_until_seen(look, lost, deadline, what=what, hint=hint)


def is_new(cluster: Cluster, before: Before, now: float | None) -> bool:
    """Return whether a cluster was certainly created after `before`, and is alive; `now` is by the API's own clock.

    Either all clusters of that name are known from before, or its age tells, by the API's own clock; neither may
    contradict. Where age alone is to tell, it must not lie in the future either: that clock would be another one than
    `createdAt` has, and an old cluster could seem new by it.
    """
    if cluster.id in before.ids or cluster.state.is_terminated:
        return False
    if before.time is None or cluster.createdAt is None:
        return before.whole
    made = cluster.createdAt.timestamp()
    is_past = now is not None and made <= now + _CLOCK_SLACK
    return made >= before.time - _CLOCK_SLACK and (before.whole or is_past)


def is_made_from(cluster: Cluster, spec: Mapping[str, Any]) -> bool:
    """Return whether a cluster is as a spec describes it, as far as it does; somebody else's need not be."""
    masters = {True: 3, False: 1}.get(spec["isHa"]) if isinstance(spec.get("isHa"), bool) else None
    return all(spec.get(field) in (None, getattr(cluster, field)) for field in _TOLD) and (
        not cluster.masterCnt or masters is None or cluster.masterCnt == masters
    )


def _recover_scale(plan: ScalePlan, lost: LostAnswerError, lookups: Lookups, deadline: Deadline) -> Cluster:
    """Return the cluster if its worker count or status proves that the scale was accepted."""

    def look() -> Look:
        now = lookups.get(plan.cluster_id, deadline)
        is_unchanged = now.state.is_running and now.workerCnt == plan.before
        return Look(now if is_scaled(now, plan) else None, is_unchanged=is_unchanged)

    told = {"doing": plan.call().doing, "words": plan.words, "reason": lost.reason}
    what = Words(Said("may_be_scaled", told))
    hint = Words(Said("look_before_scaling", {"command": f"%heco show {plan.cluster.as_argument}"}))
    return _look_until_seen(look, lost, deadline, what=what, hint=hint)


def is_scaled(now: Cluster, plan: ScalePlan) -> bool:
    """Return whether a cluster has reached the count that a plan leads to, or is on its way there.

    A status that does not tell the direction counts only once the count has moved that way: what is under way may be
    somebody else's, and may go elsewhere. A cluster that was not at rest when the plan was made proves nothing: it may
    only go on with what was under way.
    """
    state, count, before, target = now.state, now.workerCnt, plan.before, plan.target
    if before is None or target is None or plan.cluster.state.is_busy:
        return False
    direction, opposite = (Scaling.OUT, Scaling.IN) if plan.change > 0 else (Scaling.IN, Scaling.OUT)
    if count == target:  # a failure or a termination is neither
        return state.is_running or state.scaling not in (None, opposite)
    if count is None or not min(before, target) <= count <= max(before, target):
        return False
    return state.scaling is direction or (state.scaling is Scaling.UNKNOWN and count != before)


def _recover_delete(plan: DeletePlan, lost: LostAnswerError, lookups: Lookups, deadline: Deadline) -> Cluster:
    """Return the cluster if it is terminated, on its way there, or gone."""

    def look() -> Look:
        try:
            now = lookups.get(plan.cluster_id, deadline)
        except NotFoundError:
            seen = plan.cluster or lookups.seen(plan.cluster_id)
            if seen is None:  # it may never have been there
                raise
            return Look(seen.as_gone(), is_unchanged=False)
        is_done = now.state.is_terminating or now.state.is_terminated
        return Look(now if is_done else None, is_unchanged=not is_done)

    what = Words(Said("may_be_deleted", {"doing": plan.call().doing, "reason": lost.reason}))
    command = f"%heco show {as_argument(None, plan.cluster_id)}"
    hint = Words(Said("look_before_deleting", {"command": command}))
    return _look_until_seen(look, lost, deadline, what=what, hint=hint)


def _look_until_seen(
    look: Callable[[], Look], lost: LostAnswerError, deadline: Deadline, *, what: str, hint: str
) -> Cluster:
    """Look a few times; raise an `UncertainError` if no look shows that the write was done."""
    said = None
    try:
        for pause in () if lost.interrupted else _PAUSES:  # who pressed Ctrl-C is not kept waiting
            deadline.sleep(pause)
            if not deadline.remaining:
                break
            try:
                seen = look()
            except Exception as error:  # noqa: BLE001 (whatever it is, the write was sent, and may have been done)
                said = f"checking failed too: {error.what if isinstance(error, HecoError) else type(error).__name__}"
            else:
                said = "the API does not show it yet, but it may still come"
                if seen.found is not None:
                    return seen.found
                if lost.refusal and seen.is_unchanged:  # it most likely was refused, and nothing speaks against that
                    raise lost.refusal
    except KeyboardInterrupt:
        said = "you interrupted the check"
    raise UncertainError(what, said=said, hint=hint) from None
