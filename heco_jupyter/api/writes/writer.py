"""Plans carried out: one request at most, and a look at the API when its answer was lost."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from heco_jupyter.api.model.call import LostAnswerError
from heco_jupyter.api.model.plans import CreatePlan
from heco_jupyter.api.wire import log
from heco_jupyter.api.wire.bodies import read_cluster
from heco_jupyter.api.wire.deadline import Deadline
from heco_jupyter.api.writes.recovery import NOTHING_KNOWN, recover

if TYPE_CHECKING:
    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.plans import Plan
    from heco_jupyter.api.wire.transport import Transport
    from heco_jupyter.api.writes.recovery import Lookups


def carry_out(plan: Plan, transport: Transport, lookups: Lookups) -> Cluster:
    """Do what a plan says.

    Before a create, one request looks which clusters of that name there are, so that what is there afterwards can be
    told from them; no other write costs a request more.

    Parameters
    ----------
    plan
        What to do.
    transport
        Where to send it.
    lookups
        How to look at the API, before a create and when an answer was lost.

    Returns
    -------
    Cluster
        As the API answered, or as it was found, with a note of what was done.

    Raises
    ------
    UncertainError
        When the answer was lost and it cannot be proven that the write was done.
    ApiError, TransportError
        When it was not done.
    """
    before = NOTHING_KNOWN
    if isinstance(plan, CreatePlan) and plan.spec.name:
        before = lookups.before(plan.spec.name, Deadline(transport.settings.timeout))
    zone = transport.settings.timezone
    about = partial(read_cluster, cluster_id=plan.cluster_id, name=plan.cluster_name, others=before.ids)
    read = partial(about, timezone=zone)
    try:
        return transport.write(plan.call(), read).with_note(plan.done)
    except LostAnswerError as error:
        lost = error
    doing = plan.call().doing
    log.event(f"{doing}: {lost.reason}; looking at what the API has now")
    found = recover(plan, lost, before, lookups, Deadline(transport.settings.timeout))
    log.event(f"{doing}: recovered, it was done")
    return found.with_note(plan.done)
