"""The commands that change a cluster, or wait until it has changed: scale, scale-out, scale-in, delete, wait."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from heco_jupyter.api.connection import current
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import NotFoundError, UnknownClusterError
from heco_jupyter.api.model.plans import Preview, plan_change, plan_delete, plan_scale
from heco_jupyter.commands.context import require_answer
from heco_jupyter.fleet.prices import price_change, read_prices

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from heco_jupyter.api.client import Client
    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.plans import ScalePlan
    from heco_jupyter.commands.context import CommandContext


def scale(context: CommandContext, options: Namespace) -> Cluster | Preview:
    """Scale a cluster to `options.n` workers."""
    return _scale(context, options, lambda cluster: plan_scale(cluster, options.n))


def scale_out(context: CommandContext, options: Namespace) -> Cluster | Preview:
    """Add `options.n` workers."""
    return _scale(context, options, lambda cluster: plan_change(cluster, options.n))


def scale_in(context: CommandContext, options: Namespace) -> Cluster | Preview:
    """Remove `options.n` workers."""
    return _scale(context, options, lambda cluster: plan_change(cluster, -options.n))


def _scale(
    context: CommandContext, options: Namespace, make_plan: Callable[[Cluster], ScalePlan | None]
) -> Cluster | Preview:
    client = current()
    cluster = client.find(options.cluster)
    plan = make_plan(cluster)
    if plan is None:
        return cluster.with_note(f"already has {cluster.workerCnt} workers, nothing was sent")
    size = plan.size
    if context.prices:
        size += f", {price_change(plan, read_prices(context.prices))}"
    if options.dry_run:
        return replace(client.preview(plan), more=size)
    name, told = cluster.display_name, f"{plan.words}; {size}"
    if context.confirm and not options.yes and (plan.change < 0 or plan.nodes > context.ask_above):
        question = f"{name}: {told}. Type yes to {'add' if plan.change > 0 else 'remove'} workers: "
        require_answer(context, question, "yes", f"{name} was not scaled")
        made = client.carry_out_renewed(plan)  # meanwhile, somebody else may have scaled
    else:
        context.notice(f"{name}: {told}")
        made = client.carry_out(plan)
    return waited(context, options, client, made, "running", workers=plan.target)


def delete(context: CommandContext, options: Namespace) -> Cluster | Preview:
    """Delete a cluster."""
    client = current()
    cluster = client.find(options.cluster)
    plan = plan_delete(cluster)
    if options.dry_run:
        return client.preview(plan)
    if context.confirm and not options.yes:
        name = cluster.display_name
        nodes = f", {cluster.nodeCnt} nodes" if cluster.nodeCnt is not None else ""
        question = f"Delete {name} ({plain(cluster.status, 40)}{nodes}) for good? Type its name to delete it: "
        require_answer(context, question, name, f"{name} was not deleted")
        made = client.carry_out_renewed(plan)  # meanwhile, somebody else may have deleted it
    else:
        made = client.carry_out(plan)
    return waited(context, options, client, made, "terminated")


def wait(context: CommandContext, options: Namespace) -> Cluster:
    """Wait for a cluster."""
    client, until = current(), vars(options)["for"] or "running"
    try:
        cluster = client.find(options.cluster)
    except (UnknownClusterError, NotFoundError):
        seen = client.last_seen(options.cluster) if until == "terminated" else None
        if seen is None:
            raise
        cluster = seen  # the API has forgotten it
    options.wait = True
    return waited(context, options, client, cluster, until)


def waited(
    context: CommandContext,
    options: Namespace,
    client: Client,
    cluster: Cluster,
    until: str,
    *,
    workers: int | None = None,
) -> Cluster:
    """Return `cluster`, or, with `options.wait`, what it is once it has reached the goal.

    Parameters
    ----------
    context, options
        Of the command.
    client
        Reads the cluster.
    cluster
        As the write left it.
    until
        `running` or `terminated`.
    workers
        With `running`: the worker count that it must have as well.
    """
    if not options.wait:
        return cluster
    with context.progress(keep=True) as report:
        now = client.wait(cluster.id, until, options.timeout, workers=workers, report=report)
    return now.with_note(cluster.note) if cluster.note and not now.note else now
