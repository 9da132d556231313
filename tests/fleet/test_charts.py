"""Charts: what they draw, and that they come as pictures too."""

from __future__ import annotations

import pytest
from fleets import fleet, of

from heco_jupyter.errors import CommandError
from heco_jupyter.fleet import charts, concurrency, plot_concurrency, plot_usage, timeline, usage

NASTY = "<img src=x onerror=alert(1)>\x1b[31m"


def clusters(count=3, **fields):
    hour = 3_600_000
    rows = [of(n, 4, runningAt=1_782_000_000_000 + n * hour, elapsedTime=5 * hour, **fields) for n in range(count)]
    return fleet(*rows)


def drawn(picture):
    """Return the rows that a chart draws."""
    (rows,) = picture.chart.to_dict()["datasets"].values()
    return rows


def test_a_timeline_has_a_bar_a_cluster_in_its_group():
    rows = drawn(timeline(clusters(), by="clusterType"))
    assert [row["name"] for row in rows] == ["cluster-000", "cluster-001", "cluster-002"]
    assert {row["group"] for row in rows} == {"hadoop"}
    assert rows[0]["start"] < rows[0]["end"]


def test_a_timeline_is_clipped_to_what_is_asked_for():
    rows = drawn(timeline(clusters(), since="2026-06-21T06:00", until="2026-06-21T06:10"))
    assert 0 < len(rows) <= 3
    assert drawn(timeline(clusters(), since="2026-06-20", until="2026-06-22"))


def test_names_give_way_to_thin_bars_when_there_are_many():
    few, many = timeline(clusters(3)).chart.to_dict(), timeline(clusters(500)).chart.to_dict()
    assert many["height"]["step"] * 500 < 2500
    assert few["encoding"]["y"]["axis"] is not None
    assert many["encoding"]["y"]["axis"] is None


def test_the_nights_of_one_job_share_a_row():
    picture = timeline(clusters(500, name="etl-nightly"))
    assert len(drawn(picture)) == 500
    assert picture.chart.to_dict()["encoding"]["y"]["sort"] == ["etl-nightly"]


def test_the_shortest_life_is_still_a_line():
    (row, other) = drawn(timeline(fleet(of(1, 4), of(2, 4, elapsedTime=80 * 86_400_000))))
    assert row["start"] < row["end"] < row["shown"]
    assert other["shown"] == other["end"]


@pytest.mark.parametrize("name", ["추천-배치-01", NASTY, "a" * 300, None])
def test_every_chart_comes_as_vega_lite_and_as_a_picture(name):
    frame = clusters(name=name, owner=name)
    pictures = [
        timeline(frame),
        plot_concurrency(concurrency(frame, "h")),
        plot_usage(usage(frame)),
        plot_usage(usage(frame, freq="h"), "uptimeHours"),
    ]
    for picture in pictures:
        bundle = picture._repr_mimebundle_()
        assert any(kind.startswith("application/vnd.vegalite.v") for kind in bundle)
        assert bundle["image/png"].startswith(b"\x89PNG")
        assert "chart" in bundle["text/plain"]
        assert "\x1b" not in str(bundle)


def test_times_are_drawn_as_the_clock_of_the_frames_zone_has_them():
    frame = fleet(of(1, 4, runningAt=1_782_000_000_000), timezone="Asia/Seoul")
    (row,) = drawn(timeline(frame))
    assert row["start"].startswith("2026-06-21T09:00:00")
    assert "Asia/Seoul" in str(timeline(frame).chart.to_dict())


def test_nothing_to_draw_is_an_empty_chart():
    assert timeline(fleet())._repr_mimebundle_()["image/png"]


def test_what_cannot_be_drawn_is_told_in_words(monkeypatch):
    with pytest.raises(CommandError, match="did you mean owner"):
        timeline(clusters(), by="ownr")
    with pytest.raises(CommandError, match="grouped by"):
        plot_usage(usage(clusters(), by=None))
    monkeypatch.setitem(__import__("sys").modules, "altair", None)
    with pytest.raises(CommandError, match="not installed"):
        charts.timeline(clusters())
