"""Charts of a fleet over time, drawn with Altair: which clusters ran when, and how many nodes ran."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from heco_jupyter.api.display.cards import duration_words
from heco_jupyter.api.display.texts import Said
from heco_jupyter.api.model.checks import check_language
from heco_jupyter.fleet.columns import check_chosen, check_columns, terminated_rows
from heco_jupyter.fleet.groups import MOST_COLOURS, group_colour, group_names, with_rest
from heco_jupyter.fleet.lives import find_lives
from heco_jupyter.fleet.pictures import WIDTH, as_drawn, import_altair, picture, time_axis, to_the_minute
from heco_jupyter.fleet.times import parse_time

if TYPE_CHECKING:
    from heco_jupyter.fleet.pictures import Picture
    from heco_jupyter.fleet.times import Time

_MOST_BARS = 10_000
_MOST_NAMED_ROWS = 60  # with more, names are too small to read; the tooltip has them
_NAMED_ROW_HEIGHT, _UNNAMED_ROW_HEIGHT = 16, 4  # pixels
_MOST_HEIGHT = 2_400  # pixels; a canvas has its limits


def timeline(
    clusters: pd.DataFrame,
    by: str = "owner",
    since: Time | None = None,
    until: Time | None = None,
    *,
    language: str = "en",
) -> Picture:
    """Draw which clusters ran when: one bar per cluster, coloured by a column.

    Clusters that share a name share a row. The chart shows at most 10,000 bars, the latest ones, and says so. The nine
    groups that ran longest have a colour each, and the others are grey, where there are more than ten.

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
    language
        Of the chart's words: `en` or `ko`.

    Returns
    -------
    Picture
        The chart. `chart` is the Altair chart, `png()` returns a PNG.

    Raises
    ------
    CommandError
        When Altair is not installed, a column is missing or has the wrong type, or a time or the language is invalid.

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
    check_language(language)
    alt = import_altair()
    starts, ends = _lives(clusters)
    check_columns(clusters, ("name",))
    check_chosen(clusters, [by], "to colour the bars by")
    timezone = str(clusters["runningAt"].dt.tz)
    first = None if since is None else parse_time(since, timezone, "since")
    last = None if until is None else parse_time(until, timezone, "until")
    ran = starts < ends
    if first is not None:
        ran &= ends > first
    if last is not None:
        ran &= starts < last
    bars = _bars(clusters.assign(start=starts, end=ends)[ran], by, language)
    bars, title = bars.tail(_MOST_BARS), _title(len(bars), by)
    within = {"lower": first, "upper": last}
    lengths = bars["end"].clip(**within) - bars["start"].clip(**within)  # type: ignore[call-overload]
    bars["colour"], entries = with_rest(bars["group"], lengths, MOST_COLOURS, language)
    # By the clock, as they are drawn: where it is put back, a bar could end before it starts.
    starts, ends = (bars[name].dt.tz_localize(None) for name in ("start", "end"))
    low = starts.min() if first is None else first.tz_localize(None)
    high = ends.max() if last is None else last.tz_localize(None)
    high = max(high, low + pd.Timedelta(minutes=1)) if len(bars) else high
    bars["shown"] = np.maximum(ends, starts + (high - low) / WIDTH)  # the shortest bar is still visible
    domain = {"domain": [as_drawn(low), as_drawn(high)], "clamp": True} if len(bars) else {}
    rows = bars["name"].nunique()
    is_named = rows <= _MOST_NAMED_ROWS
    height = _NAMED_ROW_HEIGHT if is_named else min(_UNNAMED_ROW_HEIGHT, _MOST_HEIGHT / rows)
    # A list to sort by would become an expression as long, which a browser cannot take.
    order, axis = alt.EncodingSortField("start", op="min"), alt.Axis(labelLimit=160) if is_named else None
    told = [alt.Tooltip(f"{name}:N", title=_word(f"chart_{name}", language)) for name in ("began", "ended", "ran")]
    chart = (
        alt.Chart(title=title.in_language(language))
        .mark_bar()
        .encode(
            x=_time_scale(alt, "start", timezone, language, **domain),
            x2="shown:T",
            y=alt.Y("name:N", sort=order, axis=axis, title=None),
            color=group_colour(alt, by, entries, "colour"),
            tooltip=[*("name:N", "id:N", "status:N"), alt.Tooltip("group:N", title=by), *told],
        )
    )
    return picture(chart, bars, language, height=alt.Step(height))


def _title(count: int, by: str) -> Said:
    if count > _MOST_BARS:
        return Said("latest_clusters_by", {"n": f"{_MOST_BARS:,}", "all": f"{count:,}", "by": by})
    return Said("clusters_by", {"n": f"{count:,}", "by": by})


def _time_scale(alt: Any, field: str, timezone: str, language: str, **domain: Any) -> Any:
    title = Said("time_axis", {"zone": timezone}).in_language(language)
    return alt.X(f"{field}:T", title=title, scale=alt.Scale(type="utc", **domain), axis=time_axis(alt, language))


def _word(key: str, language: str) -> str:
    return Said(key).in_language(language)


def _bars(lives: pd.DataFrame, by: str, language: str) -> pd.DataFrame:
    """Return one row per cluster, in the order in which they began, with words for tooltips."""
    lives = lives.sort_values("start", kind="stable")
    return pd.DataFrame(
        {
            "name": lives["name"].astype(object).where(lives["name"].notna(), lives["id"].astype(object)),
            "id": lives["id"].astype(object),
            "status": lives["status"].astype(object),
            "group": group_names(lives[[by]], language),
            "start": lives["start"],
            "end": lives["end"],
            "began": lives["start"].map(to_the_minute),
            "ended": lives["end"]
            .map(to_the_minute)
            .where(terminated_rows(lives["status"]), _word("not_ended", language)),
            "ran": [duration_words(time, language) for time in lives["end"] - lives["start"]],
        }
    )


def _lives(clusters: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return when each cluster began and ended, in the time zone of the frame; both the same where it never ran."""
    lives, timezone = find_lives(clusters), str(clusters["runningAt"].dt.tz)
    starts, ends = (
        pd.Series(pd.to_datetime(times, unit="ms", utc=True).tz_convert(timezone), index=clusters.index)
        for times in (lives.starts, lives.ends)
    )
    return starts, ends


def plot_concurrency(counts: pd.DataFrame, *, language: str = "en") -> Picture:
    """Draw how many nodes and clusters ran over time.

    Parameters
    ----------
    counts
        Counts as `concurrency` returns them: at (datetime64[ms, tz]), clusters (Int64) and nodes (Float64).
    language
        Of the chart's words: `en` or `ko`.

    Returns
    -------
    Picture
        The chart. `chart` is the Altair chart, `png()` returns a PNG.

    Raises
    ------
    CommandError
        When Altair is not installed, a column is missing, or there is no such language.

    Examples
    --------
    >>> import pandas as pd
    >>> from heco_jupyter import fleet
    >>> at = pd.date_range("2026-07-01", periods=3, freq="h", tz="UTC")
    >>> counts = pd.DataFrame({"at": at, "clusters": [1, 2, 2], "nodes": [4.0, 6.0, 6.0]})
    >>> fleet.plot_concurrency(counts)
    <chart: running over time>
    """
    check_language(language)
    alt = import_altair()
    check_columns(counts, ("at", "clusters", "nodes"), "counts as concurrency() returns them")
    rows = counts[["at", "clusters", "nodes"]].astype({"clusters": "float64", "nodes": "float64"})
    steps = rows["at"].diff().shift(-1)
    rows["until"] = rows["at"] + steps.fillna(steps.iloc[-2] if len(rows) > 1 else pd.Timedelta(hours=1))
    rows["time"] = rows["at"].map(to_the_minute)
    rows = rows.melt(["at", "until", "time"], var_name="what", value_name="count")
    words = {name: _word(name, language) for name in ("nodes", "clusters")}
    x = _time_scale(alt, "at", str(counts["at"].dt.tz), language)
    legend = alt.Legend(orient="bottom", labelExpr=f"{json.dumps(words)}[datum.label]")
    colour = alt.Color("what:N", title=None, legend=legend)
    nodes = (
        alt.Chart()
        .transform_filter("datum.what == 'nodes'")
        .mark_area(interpolate="step-after", opacity=0.6)
        .encode(x=x, y=alt.Y("count:Q", title=words["nodes"]), color=colour)
    )
    clusters = (
        alt.Chart()
        .transform_filter("datum.what == 'clusters'")
        .mark_line(interpolate="step-after")
        .encode(x=x, y=alt.Y("count:Q", title=words["clusters"], axis=alt.Axis(grid=False)), color=colour)
    )
    # An area has one tooltip, of its first time: each time has a bar of its own, unseen.
    hover = (
        alt.Chart()
        .transform_pivot("what", value="count", groupby=["at", "until", "time"])
        .mark_rect(opacity=0)
        .encode(
            x=x,
            x2="until:T",
            tooltip=[
                alt.Tooltip("time:N", title=_word("chart_time", language)),
                alt.Tooltip("clusters:Q", title=words["clusters"]),
                alt.Tooltip("nodes:Q", title=words["nodes"], format=",.1~f"),
            ],
        )
    )
    chart = alt.layer(nodes, clusters, hover, title=_word("over_time", language)).resolve_scale(y="independent")
    return picture(chart, rows, language, height=240)
