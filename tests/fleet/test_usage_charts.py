"""Charts of usage: each bar lies over its own period, which has a name, and tells what it is."""

from __future__ import annotations

import pandas as pd
import pytest
from drawing import bars, texts
from fleets import make_fleet, make_row

from heco_jupyter.errors import CommandError
from heco_jupyter.fleet import plot_usage, usage

HOUR = 3_600_000


def make_clusters(*lives, timezone="UTC", at="2026-10-14T15:20:00+00:00"):
    """Return a fleet of one cluster per (owner, begin, end)."""
    rows = []
    for number, (owner, *times) in enumerate(lives):
        start, end = (int(pd.Timestamp(time, tz="UTC").timestamp() * 1000) for time in times)
        rows.append(make_row(number, 4, owner=owner, runningAt=start, elapsedTime=end - start))
    return make_fleet(*rows, at=at, timezone=timezone)


THREE = make_clusters(("kim", "2026-08-20", "2026-10-14T15:20"), ("lee", "2026-09-01", "2026-09-11"))
LAYER = "layer_1_marks"


def drawn_rows(picture):
    (rows,) = picture.chart.to_dict()["datasets"].values()
    return rows


def names_over_bars(picture):
    """Return the name on the axis in the middle of each bar, or None."""
    labels = texts(picture, "axis-label")
    middles = sorted({round(bar["x"] + bar["width"] / 2, 3) for bar in bars(picture, LAYER)})
    return [next((text for text, x in labels if abs(x - middle) < 1.5 and text[:1] != "-"), None) for middle in middles]


@pytest.mark.parametrize(
    ("freq", "since", "until", "expected"),
    [
        ("M", None, None, ["Aug 2026", "Sep 2026", "Oct 2026"]),
        ("Q", None, None, ["2026 Q3", "2026 Q4"]),
        ("Y", None, None, ["2026"]),
        ("2M", "2026-09-01", "2026-11-01", ["Sep-Oct 2026"]),
        ("W", "2026-09-28", "2026-10-12", ["28 Sep-4 Oct", "5-11 Oct"]),
        ("2D", "2026-10-01", "2026-10-04", ["1-2 Oct", "3-4 Oct"]),
        ("D", "2026-10-05", "2026-10-07", ["5 Oct", "6 Oct"]),
        ("h", "2026-10-05T14:00", "2026-10-05T16:00", ["5 Oct 14:00", "5 Oct 15:00"]),
    ],
)
def test_a_bar_lies_over_its_own_period_which_is_named(freq, since, until, expected):
    picture = plot_usage(usage(THREE, freq=freq, since=since, until=until))
    assert names_over_bars(picture) == expected
    widths = {round(bar["width"], 6) for bar in bars(picture, LAYER)}
    assert len(widths) == 1  # bars do not overlap: there is a band for each


def test_names_have_the_year_where_there_are_several():
    clusters = make_clusters(("kim", "2025-12-31", "2026-01-02"))
    assert names_over_bars(plot_usage(usage(clusters, freq="D"))) == ["31 Dec 2025", "1 Jan 2026"]


def test_a_period_in_which_nothing_ran_has_its_place():
    clusters = make_clusters(("kim", "2026-08-20", "2026-08-21"), ("lee", "2026-10-02", "2026-10-03"))
    picture = plot_usage(usage(clusters, freq="M"))
    assert [text for text, _ in texts(picture, "axis-label")][:3] == ["Aug 2026", "Sep 2026", "Oct 2026"]
    assert names_over_bars(picture) == ["Aug 2026", "Oct 2026"]


@pytest.mark.parametrize("days", [2, 40, 900])
def test_many_periods_are_named_where_a_longer_one_begins(days):
    clusters = make_clusters(("kim", "2026-08-20", pd.Timestamp("2026-08-20") + pd.Timedelta(days=days)))
    for freq in ("h", "D", "W", "M"):
        if days * (24 if freq == "h" else 1) > 3_000:
            continue
        names = plot_usage(usage(clusters, freq=freq)).chart.to_dict()["layer"][1]["encoding"]["x"]["axis"]["values"]
        assert 1 <= len(names) <= 12


def test_each_of_two_hours_of_the_same_name_has_its_bar():
    clusters = make_clusters(("kim", "2026-10-24T22:00", "2026-10-25T23:00"), timezone="Europe/Berlin")
    table = usage(clusters, freq="h")
    picture = plot_usage(table)
    assert len(table) == 25
    assert len({round(bar["x"], 3) for bar in bars(picture, LAYER)}) == 25
    assert [row["from"] for row in drawn_rows(picture)].count("2026-10-25 02:00") == 2


def test_only_the_unfinished_period_is_hatched():
    picture = plot_usage(usage(THREE, freq="M"))
    stripes, drawn = bars(picture, "layer_0_marks"), bars(picture, LAYER)
    last = max(drawn, key=lambda bar: bar["x"])
    assert {round(stripe["x"], 3) for stripe in stripes} == {round(last["x"], 3)}
    assert min(stripe["y"] for stripe in stripes) >= last["y"] - 0.01  # within the bar
    assert len(stripes) > 5
    assert {bar["opacity"] for bar in drawn if bar is not last} == {1}
    assert last["opacity"] < 1
    assert "hatched" in str(picture.chart.to_dict()["title"])
    assert [row["until"] for row in drawn_rows(picture) if row["partial"]] == ["2026-10-14 15:20"]


@pytest.mark.parametrize(
    ("until", "hatched"), [("2026-10-01", False), ("2026-09-20", True), ("2026-11-01", True), (None, True)]
)
def test_a_period_is_hatched_that_goes_on_after_until_or_after_the_list_was_read(until, hatched):
    picture = plot_usage(usage(THREE, freq="M", until=until))
    assert bool(bars(picture, "layer_0_marks")) == hatched
    assert ("hatched" in str(picture.chart.to_dict()["title"])) == hatched
    assert repr(picture) == "<chart: nodeHours by owner>"


def test_a_table_without_its_attributes_is_drawn_over_the_periods_it_looks_like():
    for freq, expected in (("M", "Aug 2026"), ("W", "17-23 Aug"), ("D", "24 Aug"), ("h", "24 Aug 00:00")):
        table = usage(THREE, freq=freq, until="2026-09-20")
        table.attrs = {}
        assert expected in [text for text, _ in texts(plot_usage(table), "axis-label")]


def test_a_tooltip_has_the_columns_own_name_words_and_rounded_numbers():
    table = usage(THREE, freq="M", prices={"m2a.xlarge": 0.3}, details=flavors(THREE))
    for value in ("nodeHours", "cost"):
        tooltip = plot_usage(table, value).chart.to_dict()["layer"][1]["encoding"]["tooltip"]
        titles = {part["field"]: part["title"] for part in tooltip}
        expected = ["owner", "period", "from", "until", value, "clusters", "uptime", "measured"]
        assert list(titles.values()) == expected
        assert {part["title"] for part in tooltip if "format" in part} == {value, "clusters", "measured"}
    row = next(row for row in drawn_rows(plot_usage(table)) if row["group"] == "lee")
    assert (row["from"], row["until"]) == ("2026-09-01 00:00", "2026-10-01 00:00")
    assert (row["uptime"], row["value"], row["clusters"], row["measured"]) == ("10 d", 960.0, 1, 0.0)


def flavors(clusters):
    return pd.DataFrame({"id": clusters["id"], "masterFlavorName": "m2a.xlarge", "workerFlavorName": "m2a.xlarge"})


def make_owners(count):
    """Return a fleet in which owner N runs one cluster for N + 1 hours."""
    start = pd.Timestamp("2026-10-05")
    return make_clusters(*((f"o{n:04d}", start, start + pd.Timedelta(hours=n + 1)) for n in range(count)))


def test_ten_groups_have_ten_colours_and_more_have_a_grey_rest():
    ten, more = (plot_usage(usage(make_owners(count), freq="W")) for count in (10, 40))
    assert len({bar["fill"] for bar in bars(ten, LAYER)}) == 10
    entries = [text for text, _ in texts(more, "legend-label")]
    assert entries == [*(f"o{n:04d}" for n in range(39, 30, -1)), "31 others"]
    assert len({bar["fill"] for bar in bars(more, LAYER)}) == 10
    (rest,) = (row for row in drawn_rows(more) if row["group"] == "31 others")
    assert (rest["value"], rest["clusters"]) == (4 * sum(range(1, 32)), 31)
    (grey,) = (bar for bar in bars(more, LAYER) if bar["fill"] == "#bab0ac")
    assert grey["height"] == max(bar["height"] for bar in bars(more, LAYER))


def test_a_rest_is_no_group_of_the_same_name():
    table = usage(make_owners(12), freq="W")
    table["owner"] = table["owner"].replace("o0011", "3 others")
    assert [text for text, _ in texts(plot_usage(table), "legend-label")][-1] == "(3 others)"


def test_5000_groups_are_bars_of_the_largest_and_a_rest():
    table = usage(make_owners(5_000))
    picture = plot_usage(table)
    rows = drawn_rows(picture)
    assert len(rows) == 60
    assert sum(row["value"] for row in rows) == pytest.approx(table["nodeHours"].sum())
    names = [text for text, _ in texts(picture, "axis-label") if not text[0].isdigit() or "others" in text]
    assert names[:2] == ["o4999", "o4998"]
    assert names[-1] == "4,941 others"
    assert picture.png().startswith(b"\x89PNG")


def test_a_table_by_several_columns_and_by_none_is_drawn():
    two = plot_usage(usage(THREE, by=["owner", "clusterType"]))
    assert {row["group"] for row in drawn_rows(two)} == {"kim / hadoop", "lee / hadoop"}
    assert repr(two) == "<chart: nodeHours by owner, clusterType>"
    total = plot_usage(usage(THREE, by=None, freq="M"))
    assert names_over_bars(total) == ["Aug 2026", "Sep 2026", "Oct 2026"]
    assert texts(total, "legend-label") == []


def test_missing_node_hours_are_no_bar():
    table = usage(THREE, freq="M")
    table["nodeHours"] = pd.array([None] * len(table), dtype="Float64")
    assert plot_usage(table).png().startswith(b"\x89PNG")
    assert {row["value"] for row in drawn_rows(plot_usage(table))} == {None}


def test_periods_without_a_time_zone_are_refused():
    table = usage(THREE, freq="M")
    table["period"] = table["period"].dt.tz_localize(None)
    with pytest.raises(CommandError, match="period must hold times with a time zone"):
        plot_usage(table)


def test_an_empty_table_is_an_empty_chart():
    for table in (usage(make_fleet(), freq="M"), usage(make_fleet()), usage(THREE, freq="D", until="2001-01-01")):
        assert plot_usage(table).png().startswith(b"\x89PNG")


def test_groups_may_be_called_like_what_every_object_has():
    owners = ["toString", "constructor", "__proto__"]
    table = usage(make_clusters(*((owner, "2026-09-01", "2026-09-11") for owner in owners)))
    assert sorted(text for text, _ in texts(plot_usage(table), "axis-label") if text in owners) == sorted(owners)
    assert len(bars(plot_usage(table))) == len(owners)


def test_a_column_without_amounts_is_refused():
    with pytest.raises(CommandError, match="a column without amounts"):
        plot_usage(usage(THREE, freq="M"), "period")
