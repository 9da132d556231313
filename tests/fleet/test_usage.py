"""Usage: worked out by hand, and as properties."""

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


def cluster(number, owner, begin, hours, nodes, status="Running", **fields):  # noqa: PLR0917 (a line of the table below)
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


# Ten clusters on three days of July. Where a line ends in a comment, that is how long it ran on the 1st, 2nd and 3rd.
TEN = [
    cluster(1, "kim", "2026-07-01T00:00", 24, 4),  # 24, 0, 0
    cluster(2, "kim", "2026-07-01T12:00", 24, 2),  # 12, 12, 0
    cluster(3, "kim", "2026-07-02T06:00", 6, 0, "Terminated(User)"),  # 0, 6, 0
    cluster(4, "lee", "2026-07-01T20:00", 30, 5),  # 4, 24, 2
    cluster(5, "lee", "2026-07-03T10:00", 0.5, 3),  # 0, 0, 0.5
    cluster(6, "lee", "2026-07-03T23:00", 3, 2),  # 0, 0, 1 and two hours of the 4th
    cluster(7, "park", "2026-06-30T22:00", 4, 10),  # two hours before, then 2, 0, 0
    cluster(8, "park", "2026-07-02T00:00", 0, 3),  # nothing
    cluster(9, "park", "2026-07-01T06:00", 2, 0, "Terminated(Error)"),  # 2, 0, 0
    cluster(10, "choi", "2026-07-02T00:00", 1, 4, "Initializing", runningAt=None, elapsedTime=None),  # not yet
]


def frame(rows=TEN, timezone="UTC"):
    made = to_frame(rows, CLUSTER_COLUMNS, timezone)
    made.attrs["complete"] = True
    return made


def told(table):
    return [tuple(None if value is pd.NA else value for value in row) for row in table.itertuples(index=False)]


def test_ten_clusters_by_owner_and_day_as_worked_out_by_hand():
    table = usage(frame(), since="2026-07-01", until="2026-07-04", freq="D")
    day = {n: pd.Timestamp(2026, 7, n, tz="UTC") for n in (1, 2, 3)}
    assert told(table) == [
        # owner, day, clusters, uptime, node-hours, known
        ("kim", day[1], 2, 36.0, 24 * 4 + 12 * 2, 1.0),
        ("kim", day[2], 2, 18.0, 12 * 2, 12 / 18),  # c3 is gone: 6 of 18 hours are unknown
        ("lee", day[1], 1, 4.0, 4 * 5, 1.0),
        ("lee", day[2], 1, 24.0, 24 * 5, 1.0),
        ("lee", day[3], 3, 3.5, 2 * 5 + 0.5 * 3 + 1 * 2, 1.0),
        ("park", day[1], 2, 4.0, 2 * 10, 0.5),  # c9 is gone
    ]
    assert table.attrs["nodeHoursKnown"] == pytest.approx((89.5 - 8) / 89.5)
    assert table.attrs["unknownUptime"] == 0
    assert table.attrs["complete"] is True


def test_ten_clusters_by_owner_over_everything():
    table = usage(frame())
    assert told(table) == [
        ("kim", 3, 54.0, 24 * 4 + 24 * 2, 48 / 54),
        ("lee", 3, 33.5, 30 * 5 + 0.5 * 3 + 3 * 2, 1.0),
        ("park", 2, 6.0, 40.0, 4 / 6),
    ]


def test_what_is_wholly_unknown_is_missing_and_not_0():
    table = usage(frame([TEN[2]]))
    assert told(table) == [("kim", 1, 6.0, None, 0.0)]


def test_details_tell_what_the_list_forgot():
    details = pd.DataFrame({"id": ["id-3"], "totalVmUptime": pd.to_timedelta([6 * 7], unit="h").as_unit("ms")})
    table = usage(frame([TEN[2]]), details=details)
    assert told(table) == [("kim", 1, 6.0, 42.0, 1.0)]
    half = usage(frame([TEN[2]]), details=details, until="2026-07-02T09:00")
    assert told(half) == [("kim", 1, 3.0, 21.0, 1.0)]  # spread evenly over its life


def test_a_history_tells_what_the_list_forgot():
    history = pd.DataFrame({"id": ["id-3", "other"], "nodeCnt": pd.array([5, 9], dtype="Int64")})
    assert told(usage(frame([TEN[2]]), history=history)) == [("kim", 1, 6.0, 30.0, 1.0)]


def test_a_cluster_that_ran_for_an_unknown_time_is_left_out_and_counted():
    table = usage(frame([cluster(1, "kim", "2026-07-01T00:00", 1, 2, elapsedTime=None), TEN[1]]))
    assert told(table) == [("kim", 1, 24.0, 48.0, 1.0)]
    assert table.attrs["unknownUptime"] == 1


def test_any_columns_group_and_none_is_one_row():
    table = usage(frame(), by=["owner", "status"])
    assert list(table.columns[:3]) == ["owner", "status", "clusters"]
    assert told(usage(frame(), by=None))[0][:2] == (8, 93.5)
    assert list(usage(frame(), by=None, freq="D")["period"].dt.day) == [30, 1, 2, 3, 4]


def test_a_missing_owner_is_a_group_of_its_own():
    table = usage(frame([TEN[0] | {"owner": None}, TEN[1]]))
    assert table["owner"].isna().sum() == 1
    assert table["uptimeHours"].sum() == 48


def test_days_are_days_of_the_frames_time_zone():
    table = usage(frame([TEN[0]], "Asia/Seoul"), freq="D")
    assert [stamp.isoformat() for stamp in table["period"]] == [
        "2026-07-01T00:00:00+09:00",
        "2026-07-02T00:00:00+09:00",
    ]
    assert list(table["uptimeHours"]) == [15.0, 9.0]


def test_a_day_at_a_change_of_clocks_has_23_or_25_hours():
    for begin, hours in (("2026-03-28T23:00", [23.0, 1.0]), ("2026-10-24T22:00", [25.0, 1.0])):
        table = usage(frame([cluster(1, "kim", begin, sum(hours), 2)], "Europe/Berlin"), freq="D")
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
def test_periods_begin_where_the_calendar_has_them_begin(freq, first):
    table = usage(frame([TEN[0]]), freq=freq)
    assert table["period"].iloc[0] == pd.Timestamp(first, tz="UTC")


def test_nothing_in_a_period_is_no_row_and_nothing_at_all_is_an_empty_table():
    assert usage(frame(), since="2030-01-01").empty
    assert usage(frame(), until="2001-01-01").empty
    empty = usage(frame([]), freq="D")
    assert list(empty.columns) == ["owner", "period", "clusters", "uptimeHours", "nodeHours", "nodeHoursKnown"]


class TestCosts:
    FLAVORS = pd.DataFrame(
        {
            "id": [f"id-{n}" for n in range(1, 11)],
            "masterFlavorName": "m2a.xlarge",
            "workerFlavorName": ["m2a.xlarge"] * 4 + ["r2a.2xlarge"] * 6,
        }
    )

    def test_a_cost_is_masters_and_workers_by_their_prices(self):
        table = usage(frame([TEN[0]]), details=self.FLAVORS, prices={"m2a.xlarge": 0.5})
        assert told(table) == [("kim", 1, 24.0, 96.0, 1.0, 24 * 4 * 0.5, 1.0)]

    def test_a_flavor_without_a_price_is_told_and_not_free(self):
        table = usage(frame([TEN[3], TEN[4]]), details=self.FLAVORS, prices={"m2a.xlarge": 1.0})
        assert told(table) == [("lee", 2, 30.5, 151.5, 1.0, 150.0, 30 / 30.5)]
        assert table.attrs["unpriced"] == ["r2a.2xlarge"]

    def test_a_table_may_be_a_csv_file_or_a_frame(self, tmp_path):
        path = tmp_path / "prices.csv"
        path.write_text("flavorName, pricePerHour\nm2a.xlarge, 2\n")
        by_file = usage(frame([TEN[0]]), details=self.FLAVORS, prices=str(path))
        by_frame = usage(frame([TEN[0]]), details=self.FLAVORS, prices=pd.read_csv(path, skipinitialspace=True))
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
    def test_a_table_that_makes_no_sense_is_refused(self, prices):
        with pytest.raises(CommandError):
            usage(frame(), details=self.FLAVORS, prices=prices)

    def test_without_flavors_it_says_where_to_get_them(self):
        with pytest.raises(CommandError, match="--exact"):
            usage(frame(), prices={"a": 1.0})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"by": "ownr"}, "did you mean owner"),
        ({"since": "yesterday-ish"}, "not a date"),
        ({"freq": "fortnight"}, "it must be h, D, W"),
        ({"since": "2026-07-04", "until": "2026-07-01"}, "no time between"),
        ({"freq": "1s", "since": "2020-01-01"}, "more than 100000 parts"),
    ],
)
def test_what_makes_no_sense_is_told_in_words(arguments, words):
    with pytest.raises(CommandError, match=words):
        usage(frame(), **arguments)


def test_another_frame_is_refused_in_words():
    with pytest.raises(CommandError, match="no column"):
        usage(pd.DataFrame({"owner": ["a"]}))
    with pytest.raises(CommandError, match="time zone"):
        usage(frame().assign(runningAt=0))


def test_ten_clusters_over_time():
    table = concurrency(frame(), "12h", "2026-07-01", "2026-07-03")
    assert told(table) == [
        (pd.Timestamp("2026-07-01T00:00", tz="UTC"), 2, 14.0, 0),
        (pd.Timestamp("2026-07-01T12:00", tz="UTC"), 2, 6.0, 0),
        (pd.Timestamp("2026-07-02T00:00", tz="UTC"), 2, 7.0, 0),
        (pd.Timestamp("2026-07-02T12:00", tz="UTC"), 1, 5.0, 0),
    ]
    assert list(concurrency(frame(), "h", "2026-07-02T06:00", "2026-07-02T07:00")["unknown"]) == [1]


times = st.integers(ms("2026-03-20T00:00"), ms("2026-04-10T00:00"))
lives = st.lists(
    st.tuples(times, st.integers(0, 20 * 24 * HOUR), st.integers(0, 9), st.sampled_from("abc")), max_size=12
)


@given(
    lives=lives,
    ends=st.tuples(times, times).filter(lambda pair: pair[0] != pair[1]),
    freq=st.sampled_from(["h", "D", "W", "M", "7h", "3D"]),
    timezone=st.sampled_from(["UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York"]),
)
def test_the_parts_add_up_to_the_whole_whatever_the_period_and_the_zone(lives, ends, freq, timezone):
    rows = [
        cluster(
            n,
            owner,
            "2026-01-01T00:00",
            1,
            nodes,
            "Running" if nodes else "Terminated",
            runningAt=start,
            elapsedTime=lasted,
        )
        for n, (start, lasted, nodes, owner) in enumerate(lives)
    ]
    since, until = (pd.Timestamp(end, unit="ms", tz="UTC") for end in sorted(ends))
    clusters = frame(rows, timezone)
    whole = usage(clusters, since=since, until=until)
    parts = usage(clusters, since=since, until=until, freq=freq).drop(columns="period").groupby("owner").sum()
    expected = {}
    for start, lasted, _, owner in lives:
        overlap = min(start + lasted, max(ends)) - max(start, min(ends))
        if overlap > 0:
            expected[owner] = expected.get(owner, 0) + overlap
    assert list(whole["owner"]) == sorted(expected) == list(parts.index)
    np.testing.assert_allclose(whole["uptimeHours"], [expected[owner] / HOUR for owner in sorted(expected)], rtol=1e-12)
    for name in ("uptimeHours", "nodeHours"):
        np.testing.assert_allclose(
            parts[name].to_numpy("float64"), whole[name].fillna(0).to_numpy("float64"), rtol=1e-9, atol=1e-12
        )


def test_the_result_is_a_frame_of_its_own():
    clusters = frame()
    before = clusters.copy()
    usage(clusters, freq="D")
    pd.testing.assert_frame_equal(clusters, before)
    assert usage(clusters, until=datetime(2026, 7, 2, tzinfo=UTC) + timedelta(hours=1)) is not None
