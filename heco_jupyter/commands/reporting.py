"""The command that reports a month: report."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from heco_jupyter import fleet
from heco_jupyter.api.connection import current
from heco_jupyter.fleet.forgotten import FORGOTTEN_AFTER
from heco_jupyter.fleet.observations import history_around
from heco_jupyter.fleet.reporting import clusters_within, stretch_of

if TYPE_CHECKING:
    from argparse import Namespace

    from heco_jupyter.commands.context import CommandContext
    from heco_jupyter.fleet.reports import Report


def report(context: CommandContext, options: Namespace) -> Report:
    """Return the report of a month."""
    client = current()
    with context.progress() as progress:
        clusters = client.list_clusters(report=progress)
        stretch = stretch_of(clusters, options.month)
        details = client.list_details(clusters_within(clusters, stretch), report=progress)
    archive = options.history
    return fleet.report(
        clusters,
        options.month,
        options.by or "owner",
        details=details,
        history=history_around(archive, stretch.before_since, stretch.until) if archive else None,
        prices=options.prices,
        forgotten_after=timedelta(seconds=options.forgotten_after) if options.forgotten_after else FORGOTTEN_AFTER,
        language=client.settings.language,
    )
