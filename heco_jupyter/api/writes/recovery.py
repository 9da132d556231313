"""Writes whose answer was lost, recovered by looking at what the API has now.

A write is never repeated to find out. What a look does not show for certain is an `UncertainError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heco_jupyter.api.display.text import as_argument, plain
from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.errors import ApiError, NotFoundError, TransportError, UncertainError
from heco_jupyter.api.model.plans import CreatePlan, DeletePlan, ScalePlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.api.model.call import LostAnswerError
    from heco_jupyter.api.model.plans import Plan
    from heco_jupyter.api.wire.deadline import Deadline

# Seconds before each look: an API that was cut off may still be at work.
_PAUSES = (0.0, 1.0, 2.0, 4.0)
# `createdAt` and the API's Date header may come from different clocks, the latter in whole seconds.
_CLOCK_SLACK = 5.0


@dataclass(frozen=True, slots=True)
class Lookups:
    """How to look at what the API has.

    Parameters
    ----------
    get
        Reads one cluster by its id, by a deadline.
    named
        Lists the clusters with exactly that name, by a deadline.
    """

    get: Callable[[str, Deadline], Cluster]
    named: Callable[[str, Deadline], list[Cluster]]


def recover(plan: Plan, lost: LostAnswerError, started: float, lookups: Lookups, deadline: Deadline) -> Cluster:
    """Return the cluster as a write left it, if a look shows that the write was done.

    Parameters
    ----------
    plan, lost
        What was sent, and what happened to the answer.
    started
        When it was sent, by the API's clock, in seconds since the epoch.
    lookups
        How to look.
    deadline
        When to stop looking.

    Raises
    ------
    UncertainError
        When that cannot be told.
    ApiError
        The refusal in `lost`, when a look shows that nothing was done.
    """
    match plan:
        case CreatePlan():
            return _recover_create(plan, lost, started, lookups, deadline)
        case ScalePlan():
            return _recover_scale(plan, lost, lookups, deadline)
        case DeletePlan():
            return _recover_delete(plan, lost, lookups, deadline)


def _recover_create(
    plan: CreatePlan, lost: LostAnswerError, started: float, lookups: Lookups, deadline: Deadline
) -> Cluster:
    """Return the one cluster of that name that was created since."""
    name = plan.spec.name

    def look() -> Cluster | None:
        made = [c for c in lookups.named(name, deadline) if _created_at(c) >= started - _CLOCK_SLACK]
        return made[0] if len(made) == 1 else None

    what = f"create {plain(name, 80)}: {lost.reason}; the cluster may have been created"
    hint = f"look before you create it again: %heco list --name {as_argument(name, name)} --sort createdAt,desc"
    return _look_until_seen(look, lost, deadline, what=what, hint=hint)


def _recover_scale(plan: ScalePlan, lost: LostAnswerError, lookups: Lookups, deadline: Deadline) -> Cluster:
    """Return the cluster if its worker count or status shows that the scale was accepted."""
    before = plan.cluster

    def look() -> Cluster | None:
        now = lookups.get(plan.cluster_id, deadline)
        counted = plan.target is not None and now.workerCnt == plan.target
        begun = before.state.is_running and now.state.is_busy
        return now if counted or begun else None

    what = f"{plan.call().doing}, {plan.words}: {lost.reason}; it may have been scaled"
    hint = f"look before you scale it again: %heco show {before.as_argument}"
    return _look_until_seen(look, lost, deadline, what=what, hint=hint)


def _recover_delete(plan: DeletePlan, lost: LostAnswerError, lookups: Lookups, deadline: Deadline) -> Cluster:
    """Return the cluster if it is terminated, on its way there, or gone."""

    def look() -> Cluster | None:
        now = lookups.get(plan.cluster_id, deadline)
        return now if now.state.is_terminating or now.state.is_terminated else None

    what = f"{plan.call().doing}: {lost.reason}; it may have been deleted"
    hint = f"look before you delete it again: %heco show {plain(plan.cluster_id, 80)}"
    try:
        return _look_until_seen(look, lost, deadline, what=what, hint=hint)
    except NotFoundError:
        return (plan.cluster or Cluster({"id": plan.cluster_id})).as_gone()


def _look_until_seen(
    look: Callable[[], Cluster | None], lost: LostAnswerError, deadline: Deadline, *, what: str, hint: str
) -> Cluster:
    """Look a few times; raise an `UncertainError` if no look shows that the write was done."""
    said = None
    try:
        # Who pressed Ctrl-C is not kept waiting; and an answer that most likely is a refusal needs one look, not four.
        for pause in () if lost.interrupted else _PAUSES[:1] if lost.refusal else _PAUSES:
            deadline.sleep(pause)
            try:
                found = look()
            except NotFoundError:
                raise
            except (ApiError, TransportError) as error:
                said = f"checking failed too: {error.what}"
            else:
                said = "the API does not show it yet, but it may still come"
                if found is not None:
                    return found
                if lost.refusal:
                    raise lost.refusal
            if not deadline.remaining:
                break
    except KeyboardInterrupt:
        said = "you interrupted the check"
    raise UncertainError(what, said=said, hint=hint) from None


def _created_at(cluster: Cluster) -> float:
    return cluster.createdAt.timestamp() if cluster.createdAt else float("-inf")
