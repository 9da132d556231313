"""The commands about the fleet over time: usage, timeline, history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from heco_jupyter import fleet
from heco_jupyter.api.connection import current, timezone
from heco_jupyter.api.display.cards import count_of, words
from heco_jupyter.api.display.text import plain
from heco_jupyter.commands.archives import CheckedArchive
from heco_jupyter.fleet.checking import check
from heco_jupyter.fleet.observations import history_around

if TYPE_CHECKING:
    from argparse import Namespace

    from heco_jupyter.commands.context import CommandContext
    from heco_jupyter.fleet.pictures import Picture


def usage(context: CommandContext, options: Namespace) -> pd.DataFrame | Picture:
    """Return what the fleet used, as a table or a chart."""
    client = current()
    with context.progress() as report:
        clusters = client.list_clusters(report=report)
        details = client.list_details(clusters, report=report) if options.exact or options.prices else None
    zone = str(clusters["runningAt"].dt.tz)
    history = history_around(options.history, options.since, options.until, timezone=zone) if options.history else None
    table = fleet.usage(
        clusters,
        options.by or ["owner"],
        options.since,
        options.until,
        options.freq,
        details=details,
        history=history,
        prices=options.prices,
    )
    for line in _what_is_unknown(table):
        context.notice(line)
    if not vars(options).get("chart"):
        return table
    return fleet.plot_usage(table, "cost" if "cost" in table else "nodeHours", language=client.settings.language)


def _what_is_unknown(table: pd.DataFrame) -> list[str]:
    """Return what to say beside a usage: how its node-hours are known, and what it leaves out."""
    attrs = table.attrs
    lines = []
    shares = {
        "measured": attrs["nodeHoursKnown"],
        "between two counts": attrs["nodeHoursBounded"],
        "inferred (from a count at another time, or totalVmUptime)": attrs["nodeHoursInferred"],
        "unknown": attrs["nodeHoursUnknown"],
    }
    if attrs["clusters"] and shares["measured"] < 1:
        told = ", ".join(f"{_percent(share)} {how}" for how, share in shares.items() if share or how == "measured")
        hint = ": --exact or --history DIR may tell the rest" if shares["unknown"] else ""
        lines.append(f"node-hours by share of the uptime: {told}{hint}")
    if attrs["gaps"]:
        lengths = {(since, until): pd.Timestamp(until) - pd.Timestamp(since) for since, until in attrs["gaps"]}
        (since, until), length = max(lengths.items(), key=lambda item: item[1])
        gaps = "1 gap" if len(lengths) == 1 else f"{len(lengths)} gaps, the longest"
        when = f"from {_shown(since)} to {_shown(until)}"
        lines.append(f"nobody looked in {gaps} of {words(length.to_pytimedelta())}, {when}")
    known_from = attrs["knownFrom"]
    if known_from and pd.Timestamp(attrs["since"]) < pd.Timestamp(known_from):
        forgotten = f"clusters that ended before {_shown(known_from)}"
        lines.append(f"{forgotten} may be missing: the API forgets them after 90 days")
    if attrs["contradicted"]:
        which = count_of(attrs["contradicted"], "cluster")
        lines.append(f"totalVmUptime of {which} contradicts count x time: it is not used there")
    if attrs["unknownUptime"]:
        lines.append(f"{count_of(attrs['unknownUptime'], 'cluster')} ran for an unknown time and are left out")
    if attrs.get("unpriced"):
        lines.append(f"not in the cost, since they have no price: {plain(', '.join(attrs['unpriced']))}")
    if attrs["filters"]:
        lines.append(f"the list of clusters was filtered by {', '.join(attrs['filters'])}: others are not counted")
    if not attrs["complete"]:
        lines.append("the list of clusters may not have been complete")
    return lines


def _shown(time: str) -> str:
    """Return a time in ISO 8601 as a person reads it, to the minute."""
    return f"{pd.Timestamp(time):%Y-%m-%d %H:%M %Z}"


def _percent(share: float) -> str:
    """Return a share in percent, 0 and 100 only where it is exactly that."""
    percent = round(100 * share)
    return "<1%" if share and not percent else ">99%" if percent == 100 and share < 1 else f"{percent}%"  # noqa: PLR2004


def timeline(context: CommandContext, options: Namespace) -> Picture:
    """Return a chart of which clusters ran when."""
    client = current()
    with context.progress() as report:
        clusters = client.list_clusters(include_terminated=not options.active, report=report)
    language = client.settings.language
    return fleet.timeline(clusters, options.by or "owner", options.since, options.until, language=language)


def history(
    context: CommandContext,  # noqa: ARG001 (every action takes both)
    options: Namespace,
) -> pd.DataFrame | CheckedArchive:
    """Return what an archive knows of every cluster, or what was found in checking it."""
    if options.check:
        return CheckedArchive(options.dir, check(options.dir, timezone=timezone()))
    return fleet.history(options.dir, options.since, options.until, timezone=timezone())
