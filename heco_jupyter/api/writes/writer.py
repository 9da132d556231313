"""Plans carried out: one request at most, and a look at the API when its answer was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heco_jupyter.api.model.call import LostAnswerError
from heco_jupyter.api.wire import log
from heco_jupyter.api.wire.deadline import Deadline
from heco_jupyter.api.writes.recovery import recover

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.plans import Plan
    from heco_jupyter.api.wire.transport import Transport
    from heco_jupyter.api.writes.recovery import Lookups


def carry_out(plan: Plan, transport: Transport, read: Callable[[bytes], Cluster], lookups: Lookups) -> Cluster:
    """Do what a plan says.

    Parameters
    ----------
    plan
        What to do.
    transport
        Where to send it.
    read
        Turns the body of the answer into a cluster, or raises `BodyError`.
    lookups
        How to look at the API when the answer was lost.

    Returns
    -------
    Cluster
        As the API answered, or as it was found, with a note of what was done.

    Raises
    ------
    UncertainError
        When the answer was lost and it cannot be told whether the write was done.
    ApiError, TransportError
        When it was not done.
    """
    started = transport.now()
    try:
        return transport.write(plan.call(), read).with_note(plan.done)
    except LostAnswerError as error:
        lost = error
    doing = plan.call().doing
    log.event(f"{doing}: {lost.reason}; looking at what the API has now")
    found = recover(plan, lost, started, lookups, Deadline(transport.settings.timeout))
    log.event(f"{doing}: recovered, it was done")
    return found.with_note(plan.done)
