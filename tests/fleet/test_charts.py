"""Charts: what they draw, as Vega-Lite and as a PNG, whatever the user has set in Altair and pandas."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import altair as alt
import pandas as pd
import pytest
import vl_convert
from drawing import bars, texts
from fleets import make_fleet, make_row

from heco_jupyter.errors import CommandError
from heco_jupyter.fleet import concurrency, plot_concurrency, plot_usage, timeline, usage

REGISTRIES = (alt.data_transformers, alt.theme._themes, alt.renderers, alt.vegalite_compilers)
NASTY = "<img src=x onerror=alert(1)>\x1b[31m"

ANALYSIS = """
import pandas as pd
options = pd.describe_option(_print_desc=False)
from heco_jupyter.fleet import concurrency, plot_concurrency, plot_usage, timeline, usage
clusters = pd.DataFrame(
    {
        "id": ["a"],
        "name": ["etl"],
        "owner": ["kim"],
        "status": ["Running"],
        "nodeCnt": [4],
        "runningAt": pd.to_datetime(["2026-07-01T00:00Z"]),
        "elapsedTime": pd.to_timedelta([24], unit="h"),
    }
)
for picture in (timeline(clusters), plot_concurrency(concurrency(clusters)), plot_usage(usage(clusters, freq="D"))):
    picture._repr_mimebundle_()
print("same" if pd.describe_option(_print_desc=False) == options else "changed")
"""


def make_clusters(count=3, **fields):
    hour = 3_600_000
    return make_fleet(
        *(make_row(n, 4, runningAt=1_782_000_000_000 + n * hour, elapsedTime=5 * hour, **fields) for n in range(count))
    )


def draw_all(frame):
    """Return a chart of each kind."""
    return [
        timeline(frame),
        plot_concurrency(concurrency(frame, "h")),
        plot_usage(usage(frame)),
        plot_usage(usage(frame, freq="h"), "uptimeHours"),
    ]


def drawn_rows(picture):
    """Return the rows that a chart draws."""
    (rows,) = picture.chart.to_dict()["datasets"].values()
    return rows


def test_a_timeline_has_one_bar_per_cluster_with_its_group():
    rows = drawn_rows(timeline(make_clusters(), by="clusterType"))
    assert [row["name"] for row in rows] == ["cluster-000", "cluster-001", "cluster-002"]
    assert {row["group"] for row in rows} == {"hadoop"}
    assert rows[0]["start"] < rows[0]["end"]


def test_a_timeline_shows_only_clusters_that_ran_between_since_and_until():
    rows = drawn_rows(timeline(make_clusters(), since="2026-06-21T06:00", until="2026-06-21T06:10"))
    assert 0 < len(rows) <= 3
    assert drawn_rows(timeline(make_clusters(), since="2026-06-20", until="2026-06-22"))


def test_many_clusters_have_thin_bars_without_names():
    few, many = timeline(make_clusters(3)).chart.to_dict(), timeline(make_clusters(500)).chart.to_dict()
    assert many["height"]["step"] * 500 < 2500
    assert few["encoding"]["y"]["axis"] is not None
    assert many["encoding"]["y"]["axis"] is None


def test_clusters_that_share_a_name_share_a_row():
    picture = timeline(make_clusters(50, name="etl-nightly"))
    assert len(drawn_rows(picture)) == 50
    assert len({bar["y"] for bar in bars(picture)}) == 1


def test_the_shortest_bar_is_still_visible():
    (row, other) = drawn_rows(timeline(make_fleet(make_row(1, 4), make_row(2, 4, elapsedTime=80 * 86_400_000))))
    assert row["start"] < row["end"] < row["shown"]
    assert other["shown"] == other["end"]


@pytest.mark.parametrize("name", ["추천-배치-01", NASTY, "a" * 300, None])
def test_every_chart_comes_as_vega_lite_and_as_a_png(name):
    for picture in draw_all(make_clusters(name=name, owner=name)):
        bundle = picture._repr_mimebundle_()
        assert any(kind.startswith("application/vnd.vegalite.v") for kind in bundle)
        assert bundle["image/png"].startswith(b"\x89PNG")
        assert "chart" in bundle["text/plain"]
        assert "\x1b" not in str(bundle)


def test_times_are_drawn_in_the_time_zone_of_the_frame():
    frame = make_fleet(make_row(1, 4, runningAt=1_782_000_000_000), timezone="Asia/Seoul")
    (row,) = drawn_rows(timeline(frame))
    assert row["start"].startswith("2026-06-21T09:00:00")
    assert "Asia/Seoul" in str(timeline(frame).chart.to_dict())


def test_rows_are_in_the_order_in_which_clusters_began():
    picture = timeline(make_clusters(5).iloc[[3, 1, 4, 0, 2]])
    assert [text for text, _ in texts(picture, "axis-label") if "cluster" in text] == [
        f"cluster-{n:03}" for n in range(5)
    ]


def test_5000_names_are_drawn_each_in_a_row_of_its_own():
    picture = timeline(make_clusters(5_000))
    spec = picture.chart.to_dict()
    drawn = bars(picture)
    assert len({round(bar["y"], 4) for bar in drawn}) == len(drawn) == 5_000
    assert spec["height"]["step"] * 5_000 <= 2_400
    # A list to sort by would become an expression too deep for a browser.
    assert len(max(str(vl_convert.vegalite_to_vega(spec)["scales"]), key=len)) < 10_000
    assert repr(picture) == "<chart: 5,000 clusters by owner>"


def test_a_timeline_that_leaves_bars_out_says_so(monkeypatch):
    monkeypatch.setattr("heco_jupyter.fleet.charts._MOST_BARS", 3)
    picture = timeline(make_clusters(5))
    assert repr(picture) == "<chart: the latest 3 of 5 clusters by owner>"
    assert [row["name"] for row in drawn_rows(picture)] == ["cluster-002", "cluster-003", "cluster-004"]


def test_a_timeline_begins_at_since_and_ends_at_until():
    picture = timeline(make_clusters(), since="2026-06-21T04:00", until="2026-06-21T05:00")
    assert {(bar["x"], bar["x"] + bar["width"]) for bar in bars(picture)} == {(0, 640)}
    late = timeline(make_clusters(), since="2026-06-21T04:00")
    assert min(bar["x"] for bar in bars(late)) == 0


def test_a_tooltip_of_a_timeline_has_times_a_duration_and_the_columns_own_name():
    frame = make_fleet(
        make_row(1, 4, runningAt=1_782_000_000_000, elapsedTime=27 * 3_600_000),
        make_row(2, 0, runningAt=1_782_000_000_000, elapsedTime=90_000),
        timezone="Asia/Seoul",
    )
    picture = timeline(frame, by="clusterType")
    tooltip = picture.chart.to_dict()["encoding"]["tooltip"]
    titles = [part.get("title", part["field"]) for part in tooltip]
    assert titles == ["name", "id", "status", "clusterType", "began", "ended", "ran"]
    rows = [[row[part["field"]] for part in tooltip[-2:]] for row in drawn_rows(picture)]
    assert rows == [["not yet", "1 d 3 h"], ["2026-06-21 09:01", "1 min 30 s"]]


def test_more_groups_than_colours_are_grey_and_keep_their_names():
    clusters = make_clusters(40)
    clusters["owner"] = [f"owner-{n:02}" for n in range(40)]
    picture = timeline(clusters)
    assert [text for text, _ in texts(picture, "legend-label")][-1] == "31 others"
    assert len({bar["fill"] for bar in bars(picture)}) == 10
    assert len({row["group"] for row in drawn_rows(picture)}) == 40  # in the tooltip


def test_no_bar_ends_before_it_starts_when_a_clock_is_put_back():
    start = int(pd.Timestamp("2026-10-25T00:50Z").timestamp() * 1000)  # 02:50 in Berlin, for the first time
    frame = make_fleet(make_row(1, 4, runningAt=start, elapsedTime=20 * 60_000), timezone="Europe/Berlin")
    (row,) = drawn_rows(timeline(frame))
    assert (row["began"], row["start"] <= row["shown"]) == ("2026-10-25 02:50", True)


def test_each_time_of_a_concurrency_has_a_tooltip_of_its_own():
    picture = plot_concurrency(concurrency(make_clusters(), "h"))
    drawn = bars(picture, "layer_2_marks")
    times = sorted({row["time"] for row in drawn_rows(picture)})
    assert len(drawn) == len(times)
    assert times[0] == "2026-06-21 00:00"
    assert all(bar["width"] > 0 for bar in drawn)


def test_an_empty_fleet_is_an_empty_chart():
    assert timeline(make_fleet())._repr_mimebundle_()["image/png"]


def test_a_chart_that_cannot_be_drawn_says_why(monkeypatch):
    with pytest.raises(CommandError, match="did you mean owner"):
        timeline(make_clusters(), by="ownr")
    with pytest.raises(CommandError, match="grouped by"):
        plot_usage(usage(make_clusters(), by=None))
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(CommandError, match="not installed"):
        timeline(make_clusters())


def test_a_frame_of_something_else_names_what_the_chart_needs():
    with pytest.raises(CommandError, match=r"no column at, .*concurrency\(\) returns"):
        plot_concurrency(usage(make_clusters()))
    with pytest.raises(CommandError, match=r"no column cost: .*usage\(\) returns"):
        plot_usage(usage(make_clusters()), "cost")


def short_rows_only(data):
    """Stand in for a data transformer of the user's own."""
    return alt.to_values(alt.limit_rows(data, max_rows=1))


def blue_theme():
    """Stand in for a theme of the user's own."""
    return {"config": {"bar": {"color": "blue"}}}


@contextmanager
def user_settings(transformer, **options):
    """Have a data transformer and a theme of the user's own."""
    alt.data_transformers.register("short", short_rows_only)
    alt.theme.register("blue", enable=False)(blue_theme)
    try:
        with alt.data_transformers.enable(transformer, **options), alt.theme.enable("blue"):
            yield
    finally:
        alt.data_transformers.register("short", None)
        alt.theme.unregister("blue")


def all_settings():
    """Return everything in Altair that a chart could change for the user."""
    return [(registry.active, dict(registry.options), str(registry._get_state())) for registry in REGISTRIES]


TRANSFORMERS = pytest.mark.parametrize(
    ("transformer", "options"),
    [("default", {}), ("default", {"max_rows": 2}), ("json", {}), ("csv", {}), ("vegafusion", {}), ("short", {})],
)


@TRANSFORMERS
def test_the_users_settings_are_the_same_after_every_chart(transformer, options, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with user_settings(transformer, **options):
        before = all_settings()
        for picture in draw_all(make_clusters()):
            assert all_settings() == before
            for show in (repr, lambda p: p.png(), lambda p: p._repr_mimebundle_()):
                show(picture)
                assert all_settings() == before
    assert list(tmp_path.iterdir()) == []  # the json and csv transformers write files


@TRANSFORMERS
def test_a_chart_is_the_same_whatever_data_transformer_the_user_has(transformer, options, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with user_settings("default"):
        expected = [picture._repr_mimebundle_() for picture in draw_all(make_clusters())]
    with user_settings(transformer, **options):
        assert [picture._repr_mimebundle_() for picture in draw_all(make_clusters())] == expected
    assert all(bundle["application/vnd.vegalite.v5+json"]["datasets"] for bundle in expected)


def test_settings_do_not_change_for_other_threads_while_a_chart_is_drawn(monkeypatch):
    def refuse(self, *args, **kwargs):
        raise AssertionError("a chart changes a setting that other threads share")

    for registry in REGISTRIES:
        monkeypatch.setattr(type(registry), "_enable", refuse)
        monkeypatch.setattr(type(registry), "_set_state", refuse)
    with ThreadPoolExecutor(2) as executor:
        for bundles in executor.map(lambda _: [p._repr_mimebundle_() for p in draw_all(make_clusters())], range(2)):
            assert all(bundle["image/png"] for bundle in bundles)


def test_pandas_options_stay_as_they_are_from_the_import_on():
    process = subprocess.run([sys.executable, "-c", ANALYSIS], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "same"


def test_a_chart_follows_the_users_theme():
    with user_settings("default"):
        bundle = plot_usage(usage(make_clusters()))._repr_mimebundle_()
    assert bundle["application/vnd.vegalite.v5+json"]["config"]["bar"]["color"] == "blue"
    assert bundle["image/png"] != plot_usage(usage(make_clusters())).png()


def test_more_rows_than_altair_allows_are_drawn():
    at = pd.date_range("2026-01-01", periods=3_000, freq="h", tz="UTC")
    counts = pd.DataFrame({"at": at, "clusters": 1, "nodes": 2.0})
    picture = plot_concurrency(counts)
    assert len(drawn_rows(picture)) == 6_000
    assert picture.png().startswith(b"\x89PNG")
    with pytest.raises(alt.MaxRowsError):  # the limit still holds for the user's own charts
        alt.Chart(pd.concat([counts, counts])).mark_bar().encode(x="clusters:Q").to_dict()


def test_the_altair_chart_can_be_changed_and_shown_on_its_own():
    with user_settings("default", max_rows=2):
        chart = timeline(make_clusters(5)).chart.properties(title="mine")
        assert len(next(iter(chart.to_dict()["datasets"].values()))) == 5
        assert chart._repr_mimebundle_()


def test_numbers_and_dates_follow_the_users_locale():
    picture = plot_usage(usage(make_clusters(), freq="h"))
    english = picture.png()
    with alt.renderers.set_embed_options(time_format_locale="ko-KR"):
        assert picture.png() != english
