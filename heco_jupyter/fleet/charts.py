"""Charts of a fleet, in Altair: who ran when, how many nodes over time, node-hours by whatever they were grouped by.

They show in JupyterLab as Vega-Lite, and come with a picture for where a notebook is only read.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pandas as pd

from heco_jupyter.api.display.text import did_you_mean
from heco_jupyter.errors import CommandError
from heco_jupyter.fleet.periods import moment
from heco_jupyter.fleet.spans import check_columns, lives

if TYPE_CHECKING:
    from heco_jupyter.fleet.periods import Time

_WIDTH = 640
_MOST_BARS = 2_000
_NAMED_ROWS = 60  # with more, names would not be readable; they are in the tooltip
_TALL, _THIN = 16, 4  # pixels of a bar


class Picture:
    """A chart that also comes as a picture.

    Parameters
    ----------
    chart
        The Altair chart, for whatever else is to be done with it.
    """

    def __init__(self, chart: Any) -> None:
        self.chart = chart

    def __repr__(self) -> str:
        return f"<chart: {self.chart.title}>"

    def png(self) -> bytes:
        """Return the chart as a PNG picture."""
        file = io.BytesIO()
        self.chart.save(file, format="png", scale_factor=2)
        return file.getvalue()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        # JupyterLab draws Vega-Lite 5; what is used here means the same in later versions, which Altair may speak.
        spec = self.chart.to_dict() | {"$schema": "https://vega.github.io/schema/vega-lite/v5.json"}
        return {"application/vnd.vegalite.v5+json": spec, "image/png": self.png(), "text/plain": repr(self)}


def timeline(
    clusters: pd.DataFrame, by: str = "owner", since: Time | None = None, until: Time | None = None
) -> Picture:
    """Draw who ran when: a bar a cluster, coloured by a column; clusters of one name, one after the other, share a row.

    Parameters
    ----------
    clusters
        As `Client.list_clusters` returns them.
    by
        The column that colours the bars: owner, clusterType...
    since, until
        Only clusters that ran between; a date or a time, without a zone in that of the frame.

    Raises
    ------
    CommandError
        When Altair is not installed, or the frame, the column or a time makes no sense.
    """
    alt = _altair()
    known = lives(clusters)
    _check_column(clusters, by)
    timezone = str(clusters["runningAt"].dt.tz)
    bars = pd.DataFrame(
        {
            "name": clusters["name"].astype(object).where(clusters["name"].notna(), clusters["id"].astype(object)),
            "id": clusters["id"].astype(object),
            "status": clusters["status"].astype(object),
            "group": clusters[by].astype(object).where(clusters[by].notna(), "(none)").astype(str),
            "start": pd.to_datetime(known.starts, unit="ms", utc=True).tz_convert(timezone),
            "end": pd.to_datetime(known.ends, unit="ms", utc=True).tz_convert(timezone),
            "shown": pd.to_datetime(known.ends, unit="ms", utc=True).tz_convert(timezone),
        }
    )
    bars = bars[(known.starts < known.ends)]
    if since is not None:
        bars = bars[bars["end"] > moment(since, timezone, "since")]
    if until is not None:
        bars = bars[bars["start"] < moment(until, timezone, "until")]
    bars = bars.sort_values("start").tail(_MOST_BARS)
    if len(bars):  # the shortest life is still a line
        bars["shown"] = bars["end"].clip(lower=bars["start"] + (bars["end"].max() - bars["start"].min()) / _WIDTH)
    rows = bars["name"].nunique()
    labels = alt.Axis(labelLimit=160) if rows <= _NAMED_ROWS else None
    span = {}
    if since is not None and until is not None:
        ends = [_wall(moment(since, timezone, "since")), _wall(moment(until, timezone, "until"))]
        span = {"scale": alt.Scale(domain=ends, clamp=True)}
    chart = (
        alt.Chart(_walls(bars, ("start", "end", "shown")), title=f"{len(bars)} clusters by {by}")
        .mark_bar()
        .encode(
            x=alt.X("start:T", title=f"time ({timezone})", **span),
            x2="shown:T",
            y=alt.Y("name:N", sort=list(bars["name"].unique()), axis=labels, title=None),
            color=_colour(alt, str(by)),
            tooltip=["name:N", "id:N", "status:N", alt.Tooltip("group:N", title=by), "start:T", "end:T"],
        )
        .properties(width=_WIDTH, height=alt.Step(_TALL if labels else _THIN))
    )
    return Picture(chart)


def plot_concurrency(counts: pd.DataFrame) -> Picture:
    """Draw how many nodes, and clusters, ran over time.

    Parameters
    ----------
    counts
        As `concurrency` returns them.

    Raises
    ------
    CommandError
    """
    alt = _altair()
    check_columns(counts, ("at", "clusters", "nodes"))
    long = counts[["at", "clusters", "nodes"]].astype({"clusters": "float64", "nodes": "float64"})
    long = long.melt("at", var_name="what", value_name="count")
    chart = (
        alt.Chart(_walls(long, ("at",)), title="running over time")
        .mark_area(interpolate="step-after", opacity=0.7)
        .encode(
            x=alt.X("at:T", title=f"time ({counts['at'].dt.tz})"),
            y=alt.Y("count:Q", title=None),
            color=alt.Color("what:N", legend=None),
            row=alt.Row("what:N", title=None, header=alt.Header(labelOrient="left", labelAngle=0)),
            tooltip=["at:T", "what:N", "count:Q"],
        )
        .properties(width=_WIDTH, height=120)
        .resolve_scale(y="independent")
    )
    return Picture(chart)


def plot_usage(table: pd.DataFrame, value: str = "nodeHours") -> Picture:
    """Draw what was used: bars by group, stacked over the periods if there are any.

    Parameters
    ----------
    table
        As `usage` returns it, by one column.
    value
        nodeHours, uptimeHours or cost.

    Raises
    ------
    CommandError
    """
    alt = _altair()
    check_columns(table, (value,))
    by = next((name for name in table if name not in ("period", "clusters")), "clusters")
    if by in ("uptimeHours", value):
        raise CommandError("a chart of usage needs a column that it was grouped by", hint="usage(clusters, by='owner')")
    columns = [by, *(["period"] if "period" in table else []), value]
    bars = table[columns].astype({value: "float64"}).rename(columns={by: "group"})
    bars["group"] = bars["group"].astype(object).where(bars["group"].notna(), "(none)").astype(str)
    title = f"{value} by {by}"
    if "period" in table:
        thick = max(1.0, 0.8 * _WIDTH / max(1, bars["period"].nunique()))
        chart = (
            alt.Chart(_walls(bars, ("period",)), title=title)
            .mark_bar(size=thick)
            .encode(
                x=alt.X("period:T", title=f"period ({table['period'].dt.tz})", scale=alt.Scale(padding=thick / 2)),
                y=alt.Y(f"{value}:Q", stack=True),
                color=_colour(alt, str(by)),
                tooltip=["group:N", "period:T", f"{value}:Q"],
            )
            .properties(width=_WIDTH, height=240)
        )
    else:
        chart = (
            alt.Chart(bars, title=title)
            .mark_bar()
            .encode(x=alt.X(f"{value}:Q"), y=alt.Y("group:N", sort="-x", title=by), tooltip=["group:N", f"{value}:Q"])
            .properties(width=_WIDTH)
        )
    return Picture(chart)


def _check_column(frame: pd.DataFrame, name: str) -> None:
    if name not in frame:
        raise CommandError(f"there is no column {name!r}{did_you_mean(str(name), map(str, frame))}")


def _colour(alt: Any, by: str) -> Any:
    return alt.Color("group:N", title=by, legend=alt.Legend(orient="bottom", columns=3, labelLimit=200))


def _wall(time: pd.Timestamp) -> str:
    """Return a time as a clock on the wall of its zone has it: a browser knows only its own zone and UTC."""
    return time.tz_localize(None).isoformat()


def _walls(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    return frame.assign(**{name: frame[name].dt.tz_localize(None) for name in names})


def _altair() -> Any:
    try:
        import altair as alt  # noqa: PLC0415 (an extra)
        import vl_convert  # noqa: F401, PLC0415 (makes the pictures)
    except ImportError:
        raise CommandError(
            "charts need altair and vl-convert-python, which are not installed",
            hint="pip install 'heco-jupyter[fleet]'",
        ) from None
    alt.data_transformers.disable_max_rows()
    return alt
