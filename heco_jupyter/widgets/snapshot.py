"""The fleet as a table that needs no widget: what a saved notebook shows where there is no kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heco_jupyter.api.display import markup
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.display.texts import Said

if TYPE_CHECKING:
    from heco_jupyter.api.client import Client
    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.live.state import FleetState

_MOST_ROWS = 200
_COLUMNS = ("name", "status", "workerCnt", "owner", "clusterType", "id")
CLASS = "heco-snapshot"
"""By which the page's style sheet finds the table, to hide it while the widget below it lives."""


def as_html(client: Client, fleet: FleetState, cluster_id: str | None, language: str) -> str:
    """Return the clusters that are not terminated, and the card of the one that is picked, as HTML."""
    active = _active(fleet)
    rows = [
        [
            markup.text(f"{cluster.state.mark} {plain(cluster.name or '', 60)}"),
            *(markup.text("" if cluster.get(name) is None else cluster.get(name), 80) for name in _COLUMNS[1:]),
        ]
        for cluster in active[:_MOST_ROWS]
    ]
    more = _more(len(active), language)
    picked = fleet.cluster(cluster_id)
    name = Said("page_clusters").in_language(language)
    table = markup.table(name, _COLUMNS, rows) + (f"<div>{markup.quiet(more)}</div>" if more else "")
    card = picked.card().html() if picked else ""
    head = f"<div>{_head(client, language)} {markup.quiet(_as_of(fleet, language))}</div>"
    return f"<div class='{CLASS}'>{head}{table}{card}</div>"


def as_text(client: Client, fleet: FleetState, cluster_id: str | None, language: str) -> str:
    """Return the same as text."""
    active = _active(fleet)
    lines = [
        "  ".join(
            [
                f"{cluster.state.mark} {plain(cluster.name or cluster.id, 60)}",
                plain(cluster.status or "", 40),
                *_workers(cluster, language),
            ]
        )
        for cluster in active[:_MOST_ROWS]
    ]
    more, picked = _more(len(active), language), fleet.cluster(cluster_id)
    head = ", ".join(part for part in (f"Hadoop Eco, {client!r}", _as_of(fleet, language)) if part)
    return "\n".join([head, *lines, *([more] if more else []), *([repr(picked)] if picked else [])])


def _workers(cluster: Cluster, language: str) -> list[str]:
    count = cluster.workerCnt
    return [] if count is None else [Said("n_workers", {"n": count}).in_language(language)]


def _active(fleet: FleetState) -> list[Cluster]:
    return [cluster for cluster in fleet.clusters.values() if not cluster.state.is_terminated]


def _head(client: Client, language: str) -> str:
    host = markup.text(client.endpoint.partition("://")[2])
    where = f"<b>{markup.text(Said('local').in_language(language))}</b> {host}" if client.is_local else host
    return f"<b>Hadoop Eco</b> &nbsp; {where} &nbsp; {markup.quiet(client.credentials.masked_id)}"


def _as_of(fleet: FleetState, language: str) -> str:
    if fleet.updated_at is None:
        return ""
    return Said("as_of", {"time": f"{fleet.updated_at:%Y-%m-%d %H:%M:%S %Z}"}).in_language(language)


def _more(count: int, language: str) -> str:
    more = count - _MOST_ROWS
    return Said("more", {"count": more, "command": "%heco list"}).in_language(language) if more > 0 else ""
