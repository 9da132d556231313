"""Writes whose answer was lost, settled by looking at what the API has now.

A write is never repeated to find out. What looking cannot show for certain is an `UncertainError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heco_jupyter.api.cluster import Cluster
from heco_jupyter.api.errors import ApiError, NotFoundError, TransportError, UncertainError
from heco_jupyter.api.text import plain, typed

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.api.limits import Deadline
    from heco_jupyter.api.plans import CreatePlan, DeletePlan, ScalePlan
    from heco_jupyter.api.transport import LostAnswerError

    Get = Callable[[str, Deadline], Cluster]

# Seconds before each look: an API that was cut off may still be at work.
_PAUSES = (0.0, 1.0, 2.0, 4.0)
# `createdAt` and the API's Date header may come from different clocks, the latter in whole seconds.
_CLOCK_SLACK = 5.0


def settle_create(
    plan: CreatePlan,
    lost: LostAnswerError,
    started: float,
    find: Callable[[str, Deadline], list[Cluster]],
    deadline: Deadline,
) -> Cluster:
    """Return the cluster that a create made, if there is one.

    Parameters
    ----------
    plan, lost
        What was sent, and what happened to the answer.
    started
        When the create was sent, by the API's clock, in seconds since the epoch.
    find
        Lists the clusters with exactly that name.
    deadline
        Of the looking.
    """
    name = plan.spec.name

    def look() -> Cluster | None:
        made = [cluster for cluster in find(name, deadline) if _created(cluster) >= started - _CLOCK_SLACK]
        return made[0] if len(made) == 1 else None

    return _settle(
        look,
        lost,
        deadline,
        what=f"create {plain(name, 80)}: {lost.why}; the cluster may have been created",
        hint=f"look before creating it again: %heco list --name {typed(name, name)} --sort createdAt,desc",
    )


def settle_scale(plan: ScalePlan, lost: LostAnswerError, get: Get, deadline: Deadline) -> Cluster:
    """Return the cluster if its worker count or status shows that the scale was accepted."""
    before = plan.cluster

    def look() -> Cluster | None:
        now = get(before.id, deadline)
        counted = plan.target is not None and now.workerCnt == plan.target
        begun = before.state.is_running and now.state.is_busy
        return now if counted or begun else None

    return _settle(
        look,
        lost,
        deadline,
        what=f"{plan.call().doing}, {plan.words}: {lost.why}; it may have been scaled",
        hint=f"look before scaling it again: %heco show {before.typed}",
    )


def settle_delete(plan: DeletePlan, lost: LostAnswerError, get: Get, deadline: Deadline) -> Cluster:
    """Return the cluster if it is terminated, on its way there, or gone."""

    def look() -> Cluster | None:
        now = get(plan.cluster_id, deadline)
        return now if now.state.is_leaving or now.state.is_terminated else None

    try:
        return _settle(
            look,
            lost,
            deadline,
            what=f"{plan.call().doing}: {lost.why}; it may have been deleted",
            hint=f"look before deleting it again: %heco show {plain(plan.cluster_id, 80)}",
        )
    except NotFoundError:
        return (plan.cluster or Cluster({"id": plan.cluster_id})).gone()


def _settle(
    look: Callable[[], Cluster | None], lost: LostAnswerError, deadline: Deadline, what: str, hint: str
) -> Cluster:
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
                said = f"looking failed too: {error.what}"
            else:
                said = "looking did not show it, but it may still come"
                if found is not None:
                    return found
                if lost.refusal:
                    raise lost.refusal
            if not deadline.remaining:
                break
    except KeyboardInterrupt:
        said = "you interrupted the looking"
    raise UncertainError(what, said=said, hint=hint) from None


def _created(cluster: Cluster) -> float:
    created = cluster.createdAt
    return created.timestamp() if hasattr(created, "timestamp") else float("-inf")
