"""How the panel looks: the HTML of its parts, escaped here, in Jupyter's own colours for either theme."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from heco_jupyter.api.client import Client
    from heco_jupyter.live.operations import Entry
    from heco_jupyter.live.watcher import View

_QUIET = "color:var(--jp-content-font-color2,#777)"
_GOOD, _BAD = "var(--jp-success-color1,#388e3c)", "var(--jp-error-color1,#d32f2f)"
_WARN = "var(--jp-warn-color1,#f57c00)"
_TABLE = "border-collapse:collapse;border:0;font-size:var(--jp-ui-font-size1,13px);line-height:1.5"
_CELL = "text-align:left;padding:1px 12px 1px 0;border:0;background:none;white-space:nowrap"
_MARKS = {"✓": _GOOD, "✕": _BAD, "?": _WARN, "…": _WARN}
_MOST_ROWS = 200
_VM_COLUMNS = ("name", "status", "flavorName", "ip", "floatingIp")


def text(words: object, limit: int = 300) -> str:
    """Return text as HTML that shows just that, on one line."""
    return html.escape(plain(words, limit))


def quiet(words: object) -> str:
    """Return text that stands back."""
    return f"<span style='{_QUIET}'>{text(words)}</span>"


def block(words: str, *, bad: bool = False) -> str:
    """Return a short message of a few lines."""
    lines = "<br>".join(text(line, 500) for line in words.splitlines())
    return f"<div role='status' style='line-height:1.4;color:{_BAD if bad else 'inherit'}'>{lines}</div>"


def head(client: Client) -> str:
    """Return what the panel is connected to."""
    host = client.endpoint.partition("://")[2]
    where = f"<b>local emulator</b> {text(host)}" if client.is_local else text(host)
    return f"<b>Hadoop Eco</b> &nbsp; {where} &nbsp; {quiet(client.credentials.masked_id)}"


def pulse(view: View) -> str:
    """Return whether what is shown is live: in words, so that nothing need be sent while it is."""
    if view.trouble:
        since = f", as of {view.heard:%H:%M:%S}" if view.heard else ""
        return f"<span style='color:{_WARN}'>◌ <b>stale</b>{since}:</span> {text(view.trouble)}"
    if view.heard is None:
        return f"<span style='color:{_WARN}'>◌</span> not heard from the API yet"
    if view.every is None:
        return f"<span style='{_QUIET}'>○ paused, as of {view.heard:%H:%M:%S}</span>"
    return f"<span style='color:{_GOOD}'>●</span> live, read every {view.every:.0f} s"


def status(cluster: Cluster, under_way: str | None) -> str:
    """Return a cluster's card, with what is under way on it."""
    steady = {name: value for name, value in cluster.raw.items() if name not in ("elapsedTime", "totalVmUptime")}
    card = Cluster(steady, cluster.timezone, under_way).card()
    return replace(card, next_command=None).html()


def label(cluster: Cluster, under_way: str | None) -> str:
    """Return a cluster in a line of the picker."""
    workers = under_way or ("" if cluster.workerCnt is None else f"{plain(cluster.workerCnt, 20)} workers")
    parts = (plain(cluster.name or cluster.id, 60), plain(cluster.status or "", 40), workers)
    return f"{cluster.state.mark} {'  '.join(part for part in parts if part)}"


def nodes(vms: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of VMs, masters first."""
    order = sorted(vms, key=lambda vm: (vm.get("isMaster") is not True, _number(vm.get("index"))))
    columns = [name for name in _VM_COLUMNS if any(_known(vm.get(name)) for vm in vms)]
    rows = [
        ["master" if vm.get("isMaster") is True else "worker", *(_known(vm.get(name)) for name in columns)]
        for vm in order[:_MOST_ROWS]
    ]
    return table("The cluster's VMs", ("role", *columns), rows) + _more(len(vms), "%heco vms")


def log(entries: Sequence[Entry], timezone: str) -> str:
    """Return what was done from here, latest first."""
    if not entries:
        return quiet("nothing was done from here yet")
    rows = [
        (
            f"<tr style='background:none'><td style='{_CELL};vertical-align:top'>"
            f"{entry.began.astimezone(ZoneInfo(timezone)):%H:%M:%S}</td>"
            f"<td style='{_CELL};white-space:normal'><span style='color:{_MARKS[entry.mark]}'>{entry.mark}</span> "
            f"{text(entry.words)}<br>{'<br>'.join(quiet(line) for line in entry.outcome.splitlines())}</td></tr>"
        )
        for entry in reversed(entries)
    ]
    return f"<table aria-label='Activity' style='{_TABLE}'>{''.join(rows)}</table>"


def fleet(clusters: Iterable[Cluster]) -> str:
    """Return clusters as a table, for where there are no widgets."""
    names = ("name", "status", "owner", "clusterType", "masterCnt", "workerCnt", "id")
    shown = list(clusters)
    rows = [
        [f"{cluster.state.mark} {plain(cluster.name or '', 60)}", *(_known(cluster.get(name)) for name in names[1:])]
        for cluster in shown[:_MOST_ROWS]
    ]
    return table("Clusters", names, rows) + _more(len(shown), "%heco list")


def table(name: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a plain table."""
    head_style = f"{_CELL};font-weight:normal;{_QUIET}"
    heads = "".join(f"<th scope='col' style='{head_style}'>{text(column)}</th>" for column in columns)
    cells = ("".join(f"<td style='{_CELL}'>{text(value, 80)}</td>" for value in row) for row in rows)
    lines = "".join(f"<tr style='background:none'>{line}</tr>" for line in cells)
    return (
        f"<div style='overflow-x:auto'><table aria-label='{html.escape(name)}' style='{_TABLE}'>"
        f"<thead><tr style='background:none'>{heads}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _more(count: int, command: str) -> str:
    return f"<div>{quiet(f'and {count - _MOST_ROWS} more: {command} lists all')}</div>" if count > _MOST_ROWS else ""


def _known(value: object) -> object:
    """Return a value, or nothing where it is missing; pandas' NA is not equal to itself."""
    return "" if value is None or str(value) in ("<NA>", "nan") else value


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
