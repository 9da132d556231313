"""The commands that read: list, vms, show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heco_jupyter.api.connection import current
from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.commands.catalog import KEY_STATUSES, STATUSES

if TYPE_CHECKING:
    from argparse import Namespace

    import pandas as pd

    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.commands.context import CommandContext


def list_clusters(context: CommandContext, options: Namespace) -> pd.DataFrame:
    """Return the clusters, one row each."""
    with context.progress() as report:
        clusters = current().list_clusters(
            name=options.name,
            status=options.status,
            api_key_status=options.api_key_status,
            include_terminated=not options.active,
            sort=options.sort,
            limit=options.limit,
            report=report,
        )
    if clusters.empty:
        for flag, wanted, known in (
            ("--status", options.status, STATUSES),
            ("--api-key-status", options.api_key_status, KEY_STATUSES),
        ):
            is_known = any((wanted or "").lower() in word.lower() for word in known)
            if not is_known and (near := did_you_mean(wanted, known)):
                context.notice(f"nothing matches {flag} {plain(wanted, 40)}{near}")
    return clusters


def list_vms(context: CommandContext, options: Namespace) -> pd.DataFrame:
    """Return the VMs of one cluster, or of all that are not terminated."""
    filters = {"name": options.name, "ip": options.ip, "instance_id": options.instance_id, "sort": options.sort}
    client = current()
    with context.progress() as report:
        if options.all:
            return client.list_all_vms(**filters, report=report)
        return client.list_vms(client.find(options.cluster).id, **filters, report=report)


def show(context: CommandContext, options: Namespace) -> Cluster:  # noqa: ARG001 (every action takes both)
    """Return one cluster."""
    return current().find(options.cluster)
