"""The HTML and the labels that the panel shows, made of the shapes in `api/display/markup.py`, which escapes them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from heco_jupyter.api.display import markup
from heco_jupyter.api.display.markup import Tone
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.live.operations import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from heco_jupyter.api.client import Client
    from heco_jupyter.api.model.types import Row
    from heco_jupyter.live.operations import LogEntry
    from heco_jupyter.live.state import FleetState

_TONES = {Mark.DONE: Tone.GOOD, Mark.FAILED: Tone.BAD, Mark.UNCERTAIN: Tone.WARNING, Mark.UNDER_WAY: Tone.WARNING}
_KIND = re.compile(r"Hadoop([A-Z]{3})-")  # HadoopMST-, HadoopWRK-
_MAX_ROWS = 200
_VM_COLUMNS = ("name", "status", "flavorName", "ip", "floatingIp")
_CLUSTER_COLUMNS = ("name", "status", "owner", "clusterType", "masterCnt", "workerCnt", "id")


def header(client: Client) -> str:
    """Return what the panel is connected to."""
    host = markup.text(client.endpoint.partition("://")[2])
    where = f"<b>local emulator</b> {host}" if client.is_local else host
    return f"<b>Hadoop Eco</b> &nbsp; {where} &nbsp; {markup.quiet(client.credentials.masked_id)}"


def freshness(fleet: FleetState) -> str:
    """Return whether the panel is live, paused or stale.

    A live panel shows no time of the last reading, so that readings without a change send nothing to the browser.
    """
    as_of = f"as of {fleet.updated_at:%H:%M:%S}" if fleet.updated_at else ""
    if fleet.last_error:
        since = f", {as_of}" if as_of else ""
        return f"{markup.coloured(f'◌ <b>stale</b>{since}:', Tone.WARNING)} {markup.text(fleet.last_error)}"
    if not as_of:
        return f"{markup.coloured('◌', Tone.WARNING)} no answer from the API yet"
    if fleet.interval is None:
        return markup.quiet(f"○ paused, {as_of}")
    return f"{markup.coloured('●', Tone.GOOD)} live, read every {fleet.interval:.0f} s"


def card(cluster: Cluster, under_way: str | None) -> str:
    """Return a cluster's card, with the operation under way."""
    steady = {name: value for name, value in cluster.raw.items() if name not in ("elapsedTime", "totalVmUptime")}
    shown = Cluster(steady, cluster.timezone, under_way).card()
    return replace(shown, next_command=None).html()


def option_label(cluster: Cluster, under_way: str | None) -> str:
    """Return a cluster's line in the picker, as text."""
    workers = under_way or ("" if cluster.workerCnt is None else f"{plain(cluster.workerCnt, 20)} workers")
    columns = (plain(cluster.name or cluster.id, 60), plain(cluster.status or "", 40), workers)
    return f"{cluster.state.mark} {'  '.join(column for column in columns if column)}"


def vm_table(vms: Sequence[Row]) -> str:
    """Return a table of VMs, masters first."""
    ordered = sorted(vms, key=lambda vm: (vm.get("isMaster") is not True, _number(vm.get("index"))))
    columns = [name for name in _VM_COLUMNS if any(_or_empty(vm.get(name)) for vm in vms)]
    rows = [[_role(vm), *(_cell(vm.get(name)) for name in columns)] for vm in ordered[:_MAX_ROWS]]
    return markup.table("The cluster's VMs", ("role", *columns), rows) + _more(len(vms), "%heco vms")


def _role(vm: Row) -> str:
    """Return what a VM is: a TASK node, to which the API gives no role, goes by its name."""
    if vm.get("isMaster") is True:
        return "master"
    kind = _KIND.match(str(vm.get("name")))
    return "other" if kind and kind[1] != "WRK" else "worker"


def activity_table(entries: Sequence[LogEntry], timezone: str) -> str:
    """Return a table of what panels have done, latest first."""
    if not entries:
        return markup.quiet("nothing has been done from here yet")
    zone = ZoneInfo(timezone)
    rows = [(f"{entry.time.astimezone(zone):%H:%M:%S}", _log_cell(entry)) for entry in reversed(entries)]
    return markup.table("Activity", (), rows, wrap_last=True)


def cluster_table(clusters: Iterable[Cluster]) -> str:
    """Return a table of clusters, for places without widgets."""
    shown = list(clusters)
    rows = [
        [
            _cell(f"{cluster.state.mark} {plain(cluster.name or '', 60)}"),
            *(_cell(cluster.get(name)) for name in _CLUSTER_COLUMNS[1:]),
        ]
        for cluster in shown[:_MAX_ROWS]
    ]
    return markup.table("Clusters", _CLUSTER_COLUMNS, rows) + _more(len(shown), "%heco list")


def _log_cell(entry: LogEntry) -> str:
    mark = markup.coloured(entry.mark.value, _TONES[entry.mark])
    outcome = "<br>".join(markup.quiet(line) for line in entry.outcome.splitlines())
    return f"{mark} {markup.text(entry.words)}<br>{outcome}"


def _more(count: int, command: str) -> str:
    more = count - _MAX_ROWS
    return f"<div>{markup.quiet(f'and {more} more: {command} lists all')}</div>" if more > 0 else ""


def _cell(value: object) -> str:
    return markup.text(_or_empty(value), 80)


def _or_empty(value: object) -> object:
    """Return a value, or an empty string for a missing one; pandas' NA is recognised by its text."""
    return "" if value is None or str(value) in ("<NA>", "nan") else value


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
