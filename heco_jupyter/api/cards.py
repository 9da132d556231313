"""What a person sees of clusters and plans, in text and in HTML, made and escaped here and nowhere else."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from heco_jupyter.api.cluster import LINKS, Record
from heco_jupyter.api.text import plain

if TYPE_CHECKING:
    from heco_jupyter.api.cluster import Cluster
    from heco_jupyter.api.plans import Preview
    from heco_jupyter.api.status import Status

_LABEL = 18
_LINK_NAMES = {
    "nameNodeUrl": "NameNode",
    "resourceManagerUrl": "ResourceManager",
    "hueUrl": "Hue",
    "hmasterUrl": "HMaster",
    "trinoUrl": "Trino",
    "druidUrl": "Druid",
    "supersetUrl": "Superset",
}
_BOX = (
    "display:inline-block;min-width:26em;max-width:60em;padding:8px 12px;border-radius:4px;"
    "border:1px solid var(--jp-border-color2,#ccc);font-size:var(--jp-content-font-size1,14px);"
    "color:var(--jp-content-font-color1,inherit)"
)
_QUIET = "color:var(--jp-content-font-color2,#777)"
_CELL = "text-align:left;vertical-align:top;padding:1px 12px 1px 0;border:0;background:none"
_CODE = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a card: a field's name, its value in words, and for links their text and address."""

    label: str
    value: str
    links: tuple[tuple[str, str], ...] = ()


def duration_words(duration: timedelta) -> str:
    """Return a duration by its two largest units: `3 d 4 h`, `5 min 20 s`."""
    seconds = max(0, int(duration.total_seconds()))
    units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
    largest = next((index for index, (size, _) in enumerate(units) if seconds >= size), len(units) - 1)
    parts: list[str] = []
    for size, unit in units[largest : largest + 2]:
        count, seconds = divmod(seconds, size)
        if count or not parts:
            parts.append(f"{count} {unit}")
    return " ".join(parts)


def safe_link(url: object) -> str | None:
    """Return `url` if it is one that may be clicked: http or https, with a host."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc and plain(url, len(url)) == url else None


def rows(cluster: Cluster) -> list[Row]:
    """Return a card's lines: what the API told, and only that."""
    made = [
        Row("id", _text(cluster.id)),
        Row("owner", _text(cluster.owner)),
        Row("clusterType", _joined(cluster.clusterType, cluster.clusterVersion)),
        Row("masterCnt", _joined(cluster.masterCnt, _machines(cluster.masterInfo))),
        Row("workerCnt", _joined(cluster.workerCnt, _machines(cluster.workerInfo))),
        Row("hdfsReplication", _text(cluster.hdfs_replication)),
        Row("isScalable", _text(cluster.isScalable)),
        Row("createdAt", _text(cluster.createdAt)),
        Row("runningAt", _text(cluster.runningAt)),
        Row("elapsedTime", _text(cluster.elapsedTime)),
        Row("userTask", _task(cluster.userTask)),
        Row("links", "", tuple((_LINK_NAMES[name], url) for name in LINKS if (url := safe_link(cluster.get(name))))),
    ]
    return [row for row in made if row.value or row.links]


def next_command(cluster: Cluster) -> str | None:
    """Return the command that most likely follows."""
    name = plain(cluster.name or cluster.id or "", 80)
    name = f'"{name}"' if " " in name else name
    if not name or cluster.status is None or cluster.state.is_terminated:
        return None
    if cluster.state.head.lower().startswith(("terminat", "delet")):
        return f"%heco wait {name} --for terminated"
    return f"%heco vms {name}" if cluster.state.is_running else f"%heco wait {name}"


def cluster_text(cluster: Cluster) -> str:
    """Return a cluster's card as text."""
    state = cluster.state
    lines = [f"{state.mark} {_text(cluster.name) or _text(cluster.id)}  {_text(cluster.status)}".rstrip()]
    if cluster.note:
        lines.append(f"  {plain(cluster.note)}")
    for row in rows(cluster):
        if row.links:
            lines += [f"  {name:<{_LABEL}}{url}" for name, url in row.links]
        else:
            lines.append(f"  {row.label:<{_LABEL}}{row.value}")
    if command := next_command(cluster):
        lines.append(f"  {'next':<{_LABEL}}{command}")
    return "\n".join(lines)


def cluster_html(cluster: Cluster) -> str:
    """Return a cluster's card as HTML."""
    state = cluster.state
    body = [
        (
            f"<div><span style='color:{_colour(state)}' aria-hidden='true'>{state.mark}</span> "
            f"<b>{html.escape(_text(cluster.name) or _text(cluster.id))}</b> "
            f"<span>{html.escape(_text(cluster.status))}</span></div>"
        )
    ]
    if cluster.note:
        body.append(f"<div>{html.escape(plain(cluster.note))}</div>")
    lines = [
        f"<tr style='background:none'><th scope='row' style='{_CELL};font-weight:normal;{_QUIET}'>"
        f"{html.escape(row.label)}</th><td style='{_CELL}'>{_html_value(row)}</td></tr>"
        for row in rows(cluster)
    ]
    body.append(f"<table style='margin:4px 0;border:0;border-collapse:collapse'>{''.join(lines)}</table>")
    if command := next_command(cluster):
        body.append(f"<div style='{_QUIET}'>next: <code style='{_CODE}'>{html.escape(command)}</code></div>")
    return f"<div style='{_BOX}'>{''.join(body)}</div>"


def preview_text(preview: Preview) -> str:
    """Return what a dry run shows, as text."""
    parts = (
        f"dry run: {plain(preview.words)}",
        f"{preview.method} {preview.url}",
        preview.body_text,
        "nothing was sent",
    )
    return "\n".join(part for part in parts if part)


def preview_html(preview: Preview) -> str:
    """Return what a dry run shows, as HTML."""
    request = html.escape(f"{preview.method} {preview.url}\n{preview.body_text}".rstrip())
    return (
        f"<div style='{_BOX}'><div><b>dry run</b> {html.escape(plain(preview.words))}</div>"
        f"<pre style='{_CODE};margin:4px 0;white-space:pre-wrap;background:none'>{request}</pre>"
        f"<div style='{_QUIET}'>nothing was sent</div></div>"
    )


def _html_value(row: Row) -> str:
    if not row.links:
        return html.escape(row.value)
    return " &nbsp; ".join(
        f"<a href='{html.escape(url)}' target='_blank' rel='noopener noreferrer'>{html.escape(name)} ↗</a>"
        for name, url in row.links
    )


def _colour(state: Status) -> str:
    if state.is_running:
        return "var(--jp-success-color1,#388e3c)"
    return "var(--jp-content-font-color3,#999)" if state.is_terminated else "var(--jp-warn-color1,#f57c00)"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S %Z")
    if isinstance(value, timedelta):
        return duration_words(value)
    return plain(value, 120)


def _joined(*values: Any) -> str:
    return ", ".join(text for value in values if (text := _text(value)))


def _machines(info: Any) -> str:
    """Return `m2a.xlarge 50 GB` for masterInfo or workerInfo."""
    if not isinstance(info, list):
        return ""
    kinds = [item for item in info if isinstance(item, Record)]
    return ", ".join(f"{_text(kind.get('flavorName'))} {_text(kind.get('volumeSize'))} GB" for kind in kinds[:3])


def _task(task: Any) -> str:
    if not isinstance(task, Record):
        return ""
    return _joined(task.get("type"), f"terminationPolicy {_text(task.get('terminationPolicy'))}")
