"""The commands about the fleet over time: usage, timeline, history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heco_jupyter import fleet
from heco_jupyter.api.connection import current
from heco_jupyter.api.display.text import plain
from heco_jupyter.commands.archives import CheckedArchive
from heco_jupyter.fleet.checking import check
from heco_jupyter.fleet.observations import history_around

if TYPE_CHECKING:
    from argparse import Namespace

    import pandas as pd

    from heco_jupyter.commands.context import CommandContext
    from heco_jupyter.fleet.charts import Picture


def usage(context: CommandContext, options: Namespace) -> pd.DataFrame | Picture:
    """Return what the fleet used, as a table or a chart."""
    client = current()
    with context.progress() as report:
        clusters = client.list_clusters(report=report)
        details = client.list_details(clusters, report=report) if options.exact or options.prices else None
    zone = str(clusters["createdAt"].dt.tz)
    snapshots = (
        history_around(options.history, options.since, options.until, timezone=zone) if options.history else None
    )
    table = fleet.usage(
        clusters,
        options.by or ["owner"],
        options.since,
        options.until,
        options.freq,
        details=details,
        history=snapshots,
        prices=options.prices,
    )
    for line in _what_is_unknown(table):
        context.notice(line)
    return fleet.plot_usage(table, "cost" if options.prices else "nodeHours") if vars(options).get("chart") else table


def _what_is_unknown(table: pd.DataFrame) -> list[str]:
    """Return what to say beside a usage: what it leaves out."""
    attrs = table.attrs
    lines = []
    if attrs["nodeHoursKnown"] < 1:
        known = f"{attrs['nodeHoursKnown']:.0%}"
        lines.append(f"node-hours are known for {known} of the uptime: --exact or --history DIR may tell the rest")
    if attrs["unknownUptime"]:
        lines.append(f"{attrs['unknownUptime']} clusters ran for an unknown time and are left out")
    if attrs.get("unpriced"):
        lines.append(f"not in the cost, since they have no price: {plain(', '.join(attrs['unpriced']))}")
    if not attrs["complete"]:
        lines.append("the list of clusters may not have been complete")
    return lines


def timeline(context: CommandContext, options: Namespace) -> Picture:
    """Return a chart of which clusters ran when."""
    with context.progress() as report:
        clusters = current().list_clusters(include_terminated=not options.active, report=report)
    return fleet.timeline(clusters, options.by or "owner", options.since, options.until)


def history(
    context: CommandContext,  # noqa: ARG001 (every action takes both)
    options: Namespace,
) -> pd.DataFrame | CheckedArchive:
    """Return what an archive knows of every cluster, or what was found in checking it."""
    if options.check:
        return CheckedArchive(options.dir, check(options.dir))
    return fleet.history(options.dir, options.since, options.until)
