"""Charts of a fleet, drawn with Altair: which clusters ran when, how many nodes ran, what each group used.

JupyterLab shows them as Vega-Lite; a PNG comes along for places that only render a saved notebook. Nothing here changes
Altair's settings, not even for a moment, since other threads share them: the rows are part of each chart from the
start, so the data transformer and the row limit that the user has enabled do not apply. The user's theme does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from heco_jupyter.api.model.checks import check_type
from heco_jupyter.api.model.errors import CommandError
from heco_jupyter.fleet.columns import check_chosen, check_columns
from heco_jupyter.fleet.spans import find_spans
from heco_jupyter.fleet.times import parse_time

if TYPE_CHECKING:
    from heco_jupyter.fleet.times import Time

_WIDTH = 640  # pixels
_MOST_BARS = 2_000
_MOST_NAMED_ROWS = 60  # with more, names are too small to read; the tooltip has them
_NAMED_ROW_HEIGHT, _UNNAMED_ROW_HEIGHT = 16, 4  # pixels
_NO_GROUP = "(none)"


class Picture:
    """A chart that a notebook shows as Vega-Lite and as a PNG.

    Parameters
    ----------
    chart
        The Altair chart, which may be changed and shown like any other.
    """

    def __init__(self, chart: Any) -> None:
        self.chart = chart

    def __repr__(self) -> str:
        return f"<chart: {self.chart.title}>"

    def png(self) -> bytes:
        """Return the chart as a PNG, at two pixels per pixel of the chart."""
        return self._render(self._spec())

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        spec = self._spec()
        # JupyterLab draws Vega-Lite 5; these charts mean the same in the later versions that Altair may write.
        shown = spec | {"$schema": "https://vega.github.io/schema/vega-lite/v5.json"}
        return {"application/vnd.vegalite.v5+json": shown, "image/png": self._render(spec), "text/plain": repr(self)}

    def _spec(self) -> dict[str, Any]:
        """Return the chart as Vega-Lite, also where VegaFusion would have Altair write Vega."""
        spec: dict[str, Any] = self.chart.to_dict(context={"pre_transform": False})
        return spec

    @staticmethod
    def _render(spec: dict[str, Any]) -> bytes:
        # chart.save would switch the data transformer for all threads while it runs.
        import vl_convert  # noqa: PLC0415 (an extra)

        locales = _import_altair().renderers.options.get("embed_options") or {}
        png: bytes = vl_convert.vegalite_to_png(
            spec,
            scale=2,
            format_locale=locales.get("formatLocale"),
            time_format_locale=locales.get("timeFormatLocale"),
        )
        return png


def timeline(
    clusters: pd.DataFrame, by: str = "owner", since: Time | None = None, until: Time | None = None
) -> Picture:
    """Draw which clusters ran when: one bar per cluster, coloured by a column.

    Clusters that share a name share a row. The chart shows at most 2,000 bars, the latest ones.

    Parameters
    ----------
    clusters
        Clusters as `Client.list_clusters` returns them: one row per cluster, with at least the columns id, name,
        status, nodeCnt (Int64), runningAt (datetime64[ms, tz]) and elapsedTime (timedelta64[ms]). The time axis is in
        the time zone of `runningAt`.
    by
        The column that colours the bars: owner, clusterType and so on.
    since, until
        Show only clusters that ran between these: a date, a time or words such as 2026-10, today or 7d, in the frame's
        time zone unless it has its own.

    Returns
    -------
    Picture
        The chart. `chart` is the Altair chart, `png()` returns a PNG.

    Raises
    ------
    CommandError
        When Altair is not installed, a column is missing or has the wrong type, or a time is invalid.

    Examples
    --------
    >>> import pandas as pd
    >>> from heco_jupyter import fleet
    >>> clusters = pd.DataFrame(
    ...     {
    ...         "id": ["a", "b"],
    ...         "name": ["etl", "adhoc"],
    ...         "owner": ["kim", "lee"],
    ...         "status": ["Running", "Running"],
    ...         "nodeCnt": [4, 2],
    ...         "runningAt": pd.to_datetime(["2026-07-01T00:00Z", "2026-07-01T12:00Z"]),
    ...         "elapsedTime": pd.to_timedelta([24, 12], unit="h"),
    ...     }
    ... )
    >>> fleet.timeline(clusters)
    <chart: 2 clusters by owner>
    """
    alt = _import_altair()
    spans = find_spans(clusters)
    check_columns(clusters, ("name",))
    check_chosen(clusters, [by], "to colour the bars by")
    timezone = str(clusters["runningAt"].dt.tz)
    first = None if since is None else parse_time(since, timezone, "since")
    last = None if until is None else parse_time(until, timezone, "until")
    bars = pd.DataFrame(
        {
            "name": clusters["name"].astype(object).where(clusters["name"].notna(), clusters["id"].astype(object)),
            "id": clusters["id"].astype(object),
            "status": clusters["status"].astype(object),
            "group": _group_names(clusters[by]),
            "start": pd.to_datetime(spans.starts, unit="ms", utc=True).tz_convert(timezone),
            "end": pd.to_datetime(spans.ends, unit="ms", utc=True).tz_convert(timezone),
        }
    )[spans.starts < spans.ends]
    if first is not None:
        bars = bars[bars["end"] > first]
    if last is not None:
        bars = bars[bars["start"] < last]
    bars = bars.sort_values("start").tail(_MOST_BARS)
    pixel = (bars["end"].max() - bars["start"].min()) / _WIDTH
    bars = bars.assign(shown=bars["end"].clip(lower=bars["start"] + pixel))  # the shortest bar is still visible
    axis = alt.Axis(labelLimit=160) if bars["name"].nunique() <= _MOST_NAMED_ROWS else None
    limits = {}
    if first is not None and last is not None:
        limits = {"scale": alt.Scale(domain=[_local_time(first), _local_time(last)], clamp=True)}
    chart = (
        alt.Chart(title=f"{len(bars)} clusters by {by}")
        .mark_bar()
        .encode(
            x=alt.X("start:T", title=f"time ({timezone})", **limits),
            x2="shown:T",
            y=alt.Y("name:N", sort=list(bars["name"].unique()), axis=axis, title=None),
            color=_group_colour(alt, by),
            tooltip=["name:N", "id:N", "status:N", alt.Tooltip("group:N", title=by), "start:T", "end:T"],
        )
        .properties(width=_WIDTH, height=alt.Step(_NAMED_ROW_HEIGHT if axis else _UNNAMED_ROW_HEIGHT))
    )
    return _picture(alt, chart, bars)


def plot_concurrency(counts: pd.DataFrame) -> Picture:
    """Draw how many nodes and clusters ran over time.

    Parameters
    ----------
    counts
        Counts as `concurrency` returns them: at (datetime64[ms, tz]), clusters (Int64) and nodes (Float64).

    Returns
    -------
    Picture
        The chart. `chart` is the Altair chart, `png()` returns a PNG.

    Raises
    ------
    CommandError
        When Altair is not installed or a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from heco_jupyter import fleet
    >>> at = pd.date_range("2026-07-01", periods=3, freq="h", tz="UTC")
    >>> counts = pd.DataFrame({"at": at, "clusters": [1, 2, 2], "nodes": [4.0, 6.0, 6.0]})
    >>> fleet.plot_concurrency(counts)
    <chart: running over time>
    """
    alt = _import_altair()
    check_columns(counts, ("at", "clusters", "nodes"), "counts as concurrency() returns them")
    rows = counts[["at", "clusters", "nodes"]].astype({"clusters": "float64", "nodes": "float64"})
    rows = rows.melt("at", var_name="what", value_name="count")
    chart = (
        alt.Chart(title="running over time")
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
    return _picture(alt, chart, rows)


def plot_usage(table: pd.DataFrame, value: str = "nodeHours") -> Picture:
    """Draw what each group used: one bar per group, or bars stacked by group over the periods.

    Parameters
    ----------
    table
        Usage as `usage` returns it, grouped by one column, with or without periods.
    value
        The column to draw: nodeHours or uptimeHours (hours), or cost (in the currency of the prices).

    Returns
    -------
    Picture
        The chart. `chart` is the Altair chart, `png()` returns a PNG.

    Raises
    ------
    CommandError
        When Altair is not installed, a column is missing, or the table is not grouped by a column.

    Examples
    --------
    >>> import pandas as pd
    >>> from heco_jupyter import fleet
    >>> table = pd.DataFrame({"owner": ["kim", "lee"], "clusters": [2, 1], "nodeHours": [168.0, 12.0]})
    >>> fleet.plot_usage(table)
    <chart: nodeHours by owner>
    """
    alt = _import_altair()
    check_type(value, str, "value", "the name of a column")
    check_columns(table, (value,), "a table as usage() returns it")
    by = next((name for name in table if name not in ("period", "clusters")), "clusters")
    if by in ("uptimeHours", value):
        raise CommandError("a chart of usage needs a table grouped by a column", hint="usage(clusters, by='owner')")
    columns = [by, *(["period"] if "period" in table else []), value]
    rows = table[columns].astype({value: "float64"}).rename(columns={by: "group"})
    rows["group"] = _group_names(rows["group"])
    chart = alt.Chart(title=f"{value} by {by}")
    if "period" in table:
        bar_width = max(1.0, 0.8 * _WIDTH / max(1, rows["period"].nunique()))
        padding = alt.Scale(padding=bar_width / 2)
        chart = (
            chart.mark_bar(size=bar_width)
            .encode(
                x=alt.X("period:T", title=f"period ({table['period'].dt.tz})", scale=padding),
                y=alt.Y(f"{value}:Q", stack=True),
                color=_group_colour(alt, by),
                tooltip=["group:N", "period:T", f"{value}:Q"],
            )
            .properties(width=_WIDTH, height=240)
        )
    else:
        chart = (
            chart.mark_bar()
            .encode(x=alt.X(f"{value}:Q"), y=alt.Y("group:N", sort="-x", title=by), tooltip=["group:N", f"{value}:Q"])
            .properties(width=_WIDTH)
        )
    return _picture(alt, chart, rows)


def _group_names(groups: pd.Series) -> pd.Series:
    """Return the values of a column as text, with a name for what is missing."""
    return groups.astype(object).where(groups.notna(), _NO_GROUP).astype(str)


def _group_colour(alt: Any, by: object) -> Any:
    return alt.Color("group:N", title=str(by), legend=alt.Legend(orient="bottom", columns=3, labelLimit=200))


def _picture(alt: Any, chart: Any, rows: pd.DataFrame) -> Picture:
    """Return a chart with its rows, times as clocks in their time zone show them: a browser knows only its own zone."""
    times = rows.select_dtypes("datetimetz")
    local = rows.assign(**{str(name): times[name].dt.tz_localize(None) for name in times})
    return Picture(chart.properties(data=alt.to_values(local)))


def _local_time(time: pd.Timestamp) -> str:
    return time.tz_localize(None).isoformat()


def _import_altair() -> Any:
    try:
        import altair as alt  # noqa: PLC0415 (an extra)
        import vl_convert  # noqa: F401, PLC0415 (makes the PNG)
    except ImportError:
        raise CommandError(
            "charts need altair and vl-convert-python, which are not installed",
            hint="pip install 'heco-jupyter[fleet]'",
        ) from None
    return alt
