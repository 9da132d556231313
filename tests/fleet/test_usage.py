"""Usage and concurrency: worked out by hand, and as properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heco_jupyter.api.lists.frames import to_frame
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS
from heco_jupyter.errors import CommandError
from heco_jupyter.fleet import concurrency, usage

HOUR = 3_600_000


def ms(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def make_row(number, owner, begin, hours, nodes, status="Running", **fields):  # noqa: PLR0917 (a line of the table below)
    start = ms(begin)
    return {
        "id": f"id-{number}",
        "name": f"c{number}",
        "status": status,
        "owner": owner,
        "clusterType": "hadoop",
        "masterCnt": 1 if nodes else 0,
        "workerCnt": nodes - 1 if nodes else 0,
        "nodeCnt": nodes,
        "createdAt": start - 60_000,
        "runningAt": start,
        "elapsedTime": round(hours * HOUR),
    } | fields


# Ten clusters on three days of July. The comments give their hours on the 1st, 2nd and 3rd.
TEN = [
    make_row(1, "kim", "2026-07-01T00:00", 24, 4),  # 24, 0, 0
    make_row(2, "kim", "2026-07-01T12:00", 24, 2),  # 12, 12, 0
    make_row(3, "kim", "2026-07-02T06:00", 6, 0, "Terminated(User)"),  # 0, 6, 0
    make_row(4, "lee", "2026-07-01T20:00", 30, 5),  # 4, 24, 2
    make_row(5, "lee", "2026-07-03T10:00", 0.5, 3),  # 0, 0, 0.5
    make_row(6, "lee", "2026-07-03T23:00", 3, 2),  # 0, 0, 1, and 2 on the 4th
    make_row(7, "park", "2026-06-30T22:00", 4, 10),  # 2, 0, 0, and 2 on 30 June
    make_row(8, "park", "2026-07-02T00:00", 0, 3),  # 0, 0, 0
    make_row(9, "park", "2026-07-01T06:00", 2, 0, "Terminated(Error)"),  # 2, 0, 0
    make_row(10, "choi", "2026-07-02T00:00", 1, 4, "Initializing", runningAt=None, elapsedTime=None),  # has not started
]


def make_frame(rows=TEN, timezone="UTC"):
    frame = to_frame(rows, CLUSTER_COLUMNS, timezone)
    frame.attrs["complete"] = True
    return frame


def values(table):
    """Return the rows of a table as tuples, None where a value is missing, without the bounds of node-hours."""
    table = table.drop(columns=["nodeHoursLow", "nodeHoursHigh"], errors="ignore")
    return [tuple(None if value is pd.NA else value for value in row) for row in table.itertuples(index=False)]


def test_usage_of_ten_clusters_by_owner_and_day():
    table = usage(make_frame(), since="2026-07-01", until="2026-07-04", freq="D")
    day = {n: pd.Timestamp(2026, 7, n, tz="UTC") for n in (1, 2, 3)}
    assert values(table) == [
        # owner, day, clusters, uptime, node-hours, measured, inferred
        ("lee", day[1], 1, 4.0, 4 * 5, 0.0, 1.0),
        ("lee", day[2], 1, 24.0, 24 * 5, 0.0, 1.0),
        ("lee", day[3], 3, 3.5, 2 * 5 + 0.5 * 3 + 1 * 2, 0.0, 1.0),
        ("kim", day[1], 2, 36.0, 24 * 4 + 12 * 2, 0.0, 1.0),
        ("kim", day[2], 2, 18.0, 12 * 2, 0.0, 12 / 18),  # c3 is terminated: 6 of 18 hours are unknown
        ("park", day[1], 2, 4.0, 2 * 10, 0.0, 0.5),  # c9 is terminated
    ]
    assert table.attrs["nodeHoursKnown"] == 0
    assert table.attrs["nodeHoursInferred"] == pytest.approx((89.5 - 8) / 89.5)
    assert table.attrs["nodeHoursUnknown"] == pytest.approx(8 / 89.5)
    assert table.attrs["clusters"] == 8
    assert table.attrs["unknownUptime"] == 0
    assert table.attrs["complete"] is True


def test_usage_of_ten_clusters_by_owner():
    table = usage(make_frame())
    assert values(table) == [
        ("lee", 3, 33.5, 30 * 5 + 0.5 * 3 + 3 * 2, 0.0, 1.0),
        ("kim", 3, 54.0, 24 * 4 + 24 * 2, 0.0, 48 / 54),
        ("park", 2, 6.0, 40.0, 0.0, 4 / 6),
    ]


def test_unknown_node_hours_are_missing_and_not_0():
    table = usage(make_frame([TEN[2]]))
    assert values(table) == [("kim", 1, 6.0, None, 0.0, 0.0)]


def test_details_give_the_node_hours_of_a_terminated_cluster():
    details = pd.DataFrame({"id": ["id-3"], "totalVmUptime": pd.to_timedelta([6 * 7], unit="h").as_unit("ms")})
    table = usage(make_frame([TEN[2]]), details=details)
    assert values(table) == [("kim", 1, 6.0, 42.0, 0.0, 1.0)]
    half = usage(make_frame([TEN[2]]), details=details, until="2026-07-02T09:00")
    assert values(half) == [("kim", 1, 3.0, 21.0, 0.0, 1.0)]  # spread evenly over its uptime


def test_a_history_gives_the_node_hours_of_a_terminated_cluster():
    history = pd.DataFrame({"id": ["id-3", "other"], "nodeCnt": pd.array([5, 9], dtype="Int64")})
    assert values(usage(make_frame([TEN[2]]), history=history)) == [("kim", 1, 6.0, 30.0, 0.0, 1.0)]


def test_a_cluster_that_ran_for_an_unknown_duration_is_left_out_and_counted():
    table = usage(make_frame([make_row(1, "kim", "2026-07-01T00:00", 1, 2, elapsedTime=None), TEN[1]]))
    assert values(table) == [("kim", 1, 24.0, 48.0, 0.0, 1.0)]
    assert table.attrs["unknownUptime"] == 1


def test_several_columns_group_and_none_makes_one_row():
    table = usage(make_frame(), by=["owner", "status"])
    assert list(table.columns[:3]) == ["owner", "status", "clusters"]
    assert values(usage(make_frame(), by=None))[0][:2] == (8, 93.5)
    assert list(usage(make_frame(), by=None, freq="D")["period"].dt.day) == [30, 1, 2, 3, 4]


def test_a_missing_owner_is_a_group_of_its_own():
    table = usage(make_frame([TEN[0] | {"owner": None}, TEN[1]]))
    assert table["owner"].isna().sum() == 1
    assert table["uptimeHours"].sum() == 48


def test_days_are_in_the_time_zone_of_the_frame():
    table = usage(make_frame([TEN[0]], "Asia/Seoul"), freq="D")
    assert [stamp.isoformat() for stamp in table["period"]] == [
        "2026-07-01T00:00:00+09:00",
        "2026-07-02T00:00:00+09:00",
    ]
    assert list(table["uptimeHours"]) == [15.0, 9.0]


def test_a_day_when_the_clocks_change_has_23_or_25_hours():
    for begin, hours in (("2026-03-28T23:00", [23.0, 1.0]), ("2026-10-24T22:00", [25.0, 1.0])):
        table = usage(make_frame([make_row(1, "kim", begin, sum(hours), 2)], "Europe/Berlin"), freq="D")
        assert list(table["uptimeHours"]) == hours


@pytest.mark.parametrize(
    ("freq", "first"),
    [
        ("h", "2026-07-01T00:00"),
        ("D", "2026-07-01"),
        ("W", "2026-06-29"),
        ("M", "2026-07-01"),
        ("Q", "2026-07-01"),
        ("Y", "2026-01-01"),
        ("6h", "2026-07-01"),
    ],
)
def test_periods_begin_by_the_calendar(freq, first):
    table = usage(make_frame([TEN[0]]), freq=freq)
    assert table["period"].iloc[0] == pd.Timestamp(first, tz="UTC")


def test_a_time_without_clusters_is_an_empty_table():
    assert usage(make_frame(), since="2030-01-01").empty
    assert usage(make_frame(), until="2001-01-01").empty
    empty = usage(make_frame([]), freq="D")
    shares = ["nodeHoursKnown", "nodeHoursInferred", "nodeHoursLow", "nodeHoursHigh"]
    assert list(empty.columns) == ["owner", "period", "clusters", "uptimeHours", "nodeHours", *shares]
    assert usage(make_frame([]), by=None)["clusters"].tolist() == [0]


class TestCosts:
    FLAVORS = pd.DataFrame(
        {
            "id": [f"id-{n}" for n in range(1, 11)],
            "masterFlavorName": "m2a.xlarge",
            "workerFlavorName": ["m2a.xlarge"] * 4 + ["r2a.2xlarge"] * 6,
        }
    )

    def test_a_cost_is_the_price_of_masters_and_workers(self):
        table = usage(make_frame([TEN[0]]), details=self.FLAVORS, prices={"m2a.xlarge": 0.5})
        assert values(table) == [("kim", 1, 24.0, 96.0, 0.0, 1.0, 24 * 4 * 0.5, 0.0)]

    def test_a_flavor_without_a_price_is_reported_and_not_free(self):
        table = usage(make_frame([TEN[3], TEN[4]]), details=self.FLAVORS, prices={"m2a.xlarge": 1.0})
        assert values(table) == [("lee", 2, 30.5, 151.5, 0.0, 1.0, 150.0, 0.0)]
        assert table.attrs["costUnknown"] == pytest.approx(0.5 / 30.5)
        assert table.attrs["unpriced"] == ["r2a.2xlarge"]

    def test_a_price_table_may_be_a_csv_file_or_a_frame(self, tmp_path):
        path = tmp_path / "prices.csv"
        path.write_text("flavorName, pricePerHour\nm2a.xlarge, 2\n")
        by_file = usage(make_frame([TEN[0]]), details=self.FLAVORS, prices=str(path))
        by_frame = usage(make_frame([TEN[0]]), details=self.FLAVORS, prices=pd.read_csv(path, skipinitialspace=True))
        assert by_file["cost"].item() == by_frame["cost"].item() == 192.0

    @pytest.mark.parametrize(
        "prices",
        [
            {"a": -1},
            {"a": "1"},
            {"a": float("nan")},
            pd.DataFrame({"x": [1]}),
            "no-such-file.csv",
            7,
            pd.DataFrame({"flavorName": ["a", "a"], "pricePerHour": [1, 2]}),
        ],
    )
    def test_an_invalid_price_table_is_refused(self, prices):
        with pytest.raises(CommandError):
            usage(make_frame(), details=self.FLAVORS, prices=prices)

    def test_without_flavors_it_says_how_to_get_them(self):
        with pytest.raises(CommandError, match="--exact"):
            usage(make_frame(), prices={"a": 1.0})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"by": "ownr"}, "did you mean owner"),
        ({"since": "yesterday-ish"}, "not a date"),
        ({"since": 1_720_000_000_000}, "not a date"),
        ({"until": True}, "not a date"),
        ({"freq": "fortnight"}, "it must be h, D, W"),
        ({"since": "2026-07-04", "until": "2026-07-01"}, "no time between"),
        ({"freq": "1s", "since": "2020-01-01"}, "more than 100000 periods"),
    ],
)
def test_an_invalid_argument_is_refused(arguments, words):
    with pytest.raises(CommandError, match=words):
        usage(make_frame(), **arguments)


def test_a_frame_of_something_else_is_refused():
    with pytest.raises(CommandError, match="no column"):
        usage(pd.DataFrame({"owner": ["a"]}))
    with pytest.raises(CommandError, match="time zone"):
        usage(make_frame().assign(runningAt=0))
    with pytest.raises(CommandError, match="durations"):
        usage(make_frame().assign(elapsedTime=0))
    with pytest.raises(CommandError, match="expected a DataFrame, not list"):
        usage([TEN[0]])
    with pytest.raises(CommandError, match="more than one row of the cluster"):
        usage(pd.concat([make_frame(), make_frame()]))


@pytest.mark.parametrize(("name", "freq"), [("clusters", None), ("nodeHours", None), ("period", "D")])
def test_a_column_named_like_one_of_usage_is_refused_and_not_lost(name, freq):
    with pytest.raises(CommandError, match=f"usage has a column {name} of its own"):
        usage(make_frame().rename(columns={"owner": name}), name, freq=freq)


def test_the_names_of_the_index_are_of_no_matter():
    pd.testing.assert_frame_equal(usage(make_frame().set_index(["owner", "id"], drop=False)), usage(make_frame()))


def test_concurrency_of_ten_clusters():
    table = concurrency(make_frame(), "12h", "2026-07-01", "2026-07-03")
    assert values(table) == [
        (pd.Timestamp("2026-07-01T00:00", tz="UTC"), 2, 14.0, 0),
        (pd.Timestamp("2026-07-01T12:00", tz="UTC"), 2, 6.0, 0),
        (pd.Timestamp("2026-07-02T00:00", tz="UTC"), 2, 7.0, 0),
        (pd.Timestamp("2026-07-02T12:00", tz="UTC"), 1, 5.0, 0),
    ]
    assert list(concurrency(make_frame(), "h", "2026-07-02T06:00", "2026-07-02T07:00")["unknown"]) == [1]


times = st.integers(ms("2026-03-20T00:00"), ms("2026-04-10T00:00"))
spans = st.lists(
    st.tuples(times, st.integers(0, 20 * 24 * HOUR), st.integers(0, 9), st.sampled_from("abc")), max_size=12
)


@given(
    spans=spans,
    ends=st.tuples(times, times).filter(lambda pair: pair[0] != pair[1]),
    freq=st.sampled_from(["15min", "h", "6h", "7h", "D", "3D", "w", "2W", "M", "3M"]),
    timezone=st.sampled_from(["UTC", "Asia/Seoul", "Europe/Berlin", "Asia/Beirut", "America/New_York"]),
)
def test_periods_add_up_to_the_whole_whatever_their_length_and_time_zone(spans, ends, freq, timezone):
    rows = [
        make_row(
            n,
            owner,
            "2026-01-01T00:00",
            1,
            nodes,
            "Running" if nodes else "Terminated",
            runningAt=start,
            elapsedTime=elapsed,
        )
        for n, (start, elapsed, nodes, owner) in enumerate(spans)
    ]
    since, until = (pd.Timestamp(end, unit="ms", tz="UTC") for end in sorted(ends))
    clusters = make_frame(rows, timezone)
    whole = usage(clusters, since=since, until=until)
    by_period = usage(clusters, since=since, until=until, freq=freq).drop(columns="period").groupby("owner").sum()
    expected = {}
    for start, elapsed, _, owner in spans:
        overlap = min(start + elapsed, max(ends)) - max(start, min(ends))
        if overlap > 0:
            expected[owner] = expected.get(owner, 0) + overlap
    assert sorted(whole["owner"]) == sorted(expected) == list(by_period.index)
    whole = whole.set_index("owner").loc[sorted(expected)]
    np.testing.assert_allclose(whole["uptimeHours"], [expected[owner] / HOUR for owner in sorted(expected)], rtol=1e-12)
    for name in ("uptimeHours", "nodeHours"):
        np.testing.assert_allclose(
            by_period[name].to_numpy("float64"), whole[name].fillna(0).to_numpy("float64"), rtol=1e-9, atol=1e-12
        )


def test_usage_leaves_its_arguments_unchanged():
    clusters = make_frame()
    before = clusters.copy()
    usage(clusters, freq="D")
    pd.testing.assert_frame_equal(clusters, before)
    assert usage(clusters, until=datetime(2026, 7, 2, tzinfo=UTC) + timedelta(hours=1)) is not None
