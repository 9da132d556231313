"""A month's report: every figure worked out by hand, and how it shows."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
import pytest
from fleets import make_fleet
from october import DETAILS, NOW, PRICES, ROWS, detail, details, make_history, row

from heco_jupyter.errors import CommandError
from heco_jupyter.fleet import report, usage


def make_report(month=None, **options):
    return report(make_fleet(*ROWS, at=NOW), month, **({"details": DETAILS} | options))


def values(frame, *columns):
    """Return columns of a frame as tuples, None where a value is missing."""
    rows = frame[[*columns]].astype(object).itertuples(index=False, name=None)
    return [tuple(None if pd.isna(value) else value for value in row) for row in rows]


COMPARED = ("nodeHours", "nodeHoursBefore", "nodeHoursChange", "nodeHoursChangeShare", "nodeHoursProjected")


class TestMonthUnderWay:
    def test_groups_are_compared_with_the_same_stretch_of_the_month_before_and_projected(self):
        made = make_report()
        assert values(made.by, "owner", "clusters", *COMPARED) == [
            # kim used 672 in the last 7 days, 4 an hour, and 504 hours are left
            ("kim", 1, 960.0, 960.0, 0.0, 0.0, 960 + 4 * 504.0),
            # lee used 144 in the last 7 days, although the second cluster ran for three of them only
            ("lee", 2, 624.0, 0.0, 624.0, None, 624 + 144 / 168 * 504),
            ("park", 0, 0.0, 240.0, -240.0, -1.0, 0.0),
        ]

    def test_the_total_is_that_of_all_groups(self):
        made = make_report()
        total = made.total
        assert [total[name] for name in COMPARED] == [1584.0, 1200.0, 384.0, 0.32, 2976.0 + 1056.0]
        assert (total["clusters"], total["uptimeHours"]) == (3, 240 + 48 + 72)
        for name in ("nodeHours", "nodeHoursBefore", "nodeHoursChange", "nodeHoursProjected", "uptimeHours"):
            assert made.by[name].sum() == pytest.approx(total[name])

    def test_the_stretches_are_told(self):
        made = make_report()
        assert (made.month, made.amount, made.grouped_by) == ("2026-10", "nodeHours", ("owner",))
        times = [str(time)[:16] for time in (made.since, made.until, made.end, made.before_since, made.before_until)]
        assert times == [
            "2026-10-01 00:00",
            "2026-10-11 00:00",
            "2026-11-01 00:00",
            "2026-09-01 00:00",
            "2026-09-11 00:00",
        ]
        assert made.projection["nodeHours"] == made.total["nodeHoursProjected"]
        assert made.projection["how"] == "what ran in the last 7 days goes on for the 21 days that are left"

    def test_days_add_up_to_the_total_and_to_what_is_to_come(self):
        made = make_report()
        days = made.days
        assert len(days) == 31
        # on 1 October 4 and 10 nodes; on the 1st of September 4, on the 5th 4 and 5
        assert values(days.iloc[[0, 4, 9, 10, 30]], "nodeHours", "nodeHoursBefore", "nodeHoursProjected") == [
            (14 * 24.0, 4 * 24.0, 0.0),
            (4 * 24.0, 9 * 24.0, 0.0),
            (6 * 24.0, 4 * 24.0, 0.0),
            (None, 4 * 24.0, pytest.approx((4 + 144 / 168) * 24)),
            (None, None, pytest.approx((4 + 144 / 168) * 24)),  # September has no 31st
        ]
        assert days["nodeHours"].sum() == pytest.approx(made.total["nodeHours"])
        to_come = made.total["nodeHoursProjected"] - made.total["nodeHours"]
        assert days["nodeHoursProjected"].sum() == pytest.approx(to_come)

    def test_costs_are_compared_in_the_same_way(self):
        made = make_report(prices=PRICES)
        assert made.amount == "cost"
        assert values(made.by, "owner", "cost", "costBefore", "costProjected") == [
            ("kim", 240 * 2.5, 240 * 2.5, 600 + 2.5 * 504),
            ("lee", 48 * (1 + 9 * 0.5) + 72 * 1.5, 0.0, 372 + 72 * 1.5 / 168 * 504),
            ("park", 0.0, 48 * 3.0, 0.0),
        ]
        assert made.total["cost"] == 372 + 600

    def test_the_largest_clusters_come_first_with_their_share(self):
        made = make_report()
        assert values(made.clusters, "name", "owner", "status", "uptimeHours", "nodeHours", "share") == [
            ("cluster-001", "kim", "Running", 240.0, 960.0, 960 / 1584),
            ("cluster-002", "lee", "Terminated(User)", 48.0, 480.0, 480 / 1584),
            ("cluster-003", "lee", "Running", 72.0, 144.0, 144 / 1584),
        ]

    def test_in_the_middle_of_a_day_the_same_hour_of_the_month_before_ends_the_stretch(self):
        at = "2026-10-11T09:30:00+09:00"
        made = report(make_fleet(row(1, "kim", "2026-08-01T00:00", 3000, 1), at=at, timezone="Asia/Seoul"), at=at)
        assert str(made.before_until) == "2026-09-11 09:30:00+09:00"
        assert made.total["nodeHours"] == made.total["nodeHoursBefore"] == 10 * 24 + 9.5


class TestMonthThatIsOver:
    def test_it_is_compared_with_all_of_the_month_before_and_not_projected(self):
        made = make_report("2026-09")
        assert made.projection is None
        assert (str(made.until)[:10], str(made.before_since)[:10], str(made.before_until)[:10]) == (
            "2026-10-01",
            "2026-08-01",
            "2026-09-01",
        )
        assert values(made.by, "owner", *COMPARED) == [
            ("kim", 2880.0, 0.0, 2880.0, None, 2880.0),
            ("park", 240.0, 0.0, 240.0, None, 240.0),
        ]
        assert made.days["nodeHoursProjected"].sum() == 0

    def test_february_and_the_end_of_march(self):
        at = "2026-03-31T12:00:00+00:00"
        made = report(make_fleet(row(1, "kim", "2026-01-01T00:00", 89 * 24 + 12, 1), at=at))
        assert (str(made.before_since)[:10], str(made.before_until)[:10]) == ("2026-02-01", "2026-03-01")
        assert made.total["nodeHoursBefore"] == 28 * 24

    def test_january_follows_december(self):
        made = report(make_fleet(row(1, "kim", "2025-12-01T00:00", 62 * 24, 1), at="2026-02-01T00:00:00+00:00"))
        assert made.month == "2026-01"  # a midnight between two months ends the first
        assert made.total["nodeHours"] == made.total["nodeHoursBefore"] == 31 * 24

    def test_a_clock_change_makes_a_month_an_hour_longer(self):
        zone = "Europe/Berlin"
        fleet = make_fleet(
            row(1, "kim", "2026-09-01T00:00", 3000, 1, zone), at="2026-11-15T00:00:00+01:00", timezone=zone
        )
        october = report(fleet, "2026-10")
        assert october.total["nodeHours"] == 31 * 24 + 1
        assert october.days["nodeHours"].max() == 25


class TestMonthToReport:
    @pytest.mark.parametrize("month", ["2026-09", "2026-09-17", "last month", datetime(2026, 9, 30).date()])  # noqa: DTZ001
    def test_any_time_in_it_names_a_month(self, month):
        assert make_report(month).month == "2026-09"

    def test_this_month_is_the_one_of_the_list(self):
        assert make_report("this month").month == make_report().month == "2026-10"

    def test_a_month_that_has_not_begun_is_refused(self):
        with pytest.raises(CommandError, match="the month 2026-11 has not begun: it is 2026-10-11 00:00 UTC"):
            make_report("2026-11")

    @pytest.mark.parametrize("month", ["2026-13", "Octember", 10, ""])
    def test_what_is_no_month_is_refused(self, month):
        with pytest.raises(CommandError, match="month is"):
            make_report(month)

    def test_as_of_can_be_given(self):
        made = make_report(at="2026-09-11")
        assert (made.month, made.total["nodeHours"]) == ("2026-09", 960 + 240)


class TestWhatIsNotKnown:
    def test_an_empty_fleet_used_nothing(self):
        made = report(make_fleet(at=NOW))
        assert made.by.empty
        assert made.clusters.empty
        assert made.forgotten.empty
        assert (made.total["clusters"], made.total["nodeHours"], made.total["nodeHoursProjected"]) == (0, 0.0, 0.0)
        assert "no cluster ran" in made.text()
        assert made.html()
        assert list(made.by) == list(make_report().by)

    def test_nothing_is_compared_with_a_month_of_which_not_all_is_known(self):
        # The list knows of the last 90 days: from 13 July on.
        made = report(make_fleet(row(1, "kim", "2026-08-01T00:00", 71 * 24, 1), at=NOW), "2026-08")
        assert made.total["nodeHours"] == 31 * 24
        assert (made.total["nodeHoursBefore"], made.total["nodeHoursChange"]) == (None, None)
        assert values(made.by, "nodeHoursBefore", "nodeHoursChange", "nodeHoursChangeShare") == [(None, None, None)]

    def test_a_month_before_anything_is_known_is_unknown_and_not_0(self):
        made = make_report("2026-05")
        assert made.by.empty
        assert (made.total["nodeHours"], made.total["nodeHoursKnown"]) == (None, 0.0)
        assert made.days["nodeHours"].isna().all()

    def test_without_node_counts_nothing_is_projected(self):
        made = make_report(details=None)
        lee = made.by.set_index("owner").loc["lee"]
        assert lee["nodeHours"] == 144  # of the cluster that runs
        gone = report(make_fleet(ROWS[1], at=NOW))
        assert (gone.total["nodeHours"], gone.total["nodeHoursProjected"]) == (None, None)


def test_a_report_is_grouped_by_any_columns():
    made = make_report(by=["clusterType", "owner"])
    assert list(made.by.columns[:2]) == ["clusterType", "owner"]
    assert len(made.by) == 3
    alone = make_report(by=None)
    assert values(alone.by, "nodeHours", "nodeHoursProjected") == [(1584.0, 2976.0 + 1056.0)]
    by_name = make_report(by="name")
    assert list(by_name.clusters.columns[:3]) == ["id", "name", "status"]


def test_clusters_without_an_owner_are_a_group():
    made = report(make_fleet(row(1, None, "2026-09-01T00:00", 960, 4), at=NOW))
    assert values(made.by, "owner", "nodeHours", "nodeHoursBefore") == [(None, 960.0, 960.0)]
    assert "(none)" in made.text()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"by": "ownr"}, "did you mean owner"),
        ({"by": 5}, "by is"),
        ({"forgotten_after": 0}, "forgotten_after is 0"),
        ({"forgotten_after": "soon"}, "forgotten_after is 'soon'"),
        ({"forgotten_after": True}, "forgotten_after is True"),
        ({"forgotten_after": float("nan")}, "forgotten_after is nan"),
        ({"at": "soon"}, "at is 'soon'"),
    ],
)
def test_a_misuse_is_refused_in_words(options, words):
    with pytest.raises(CommandError, match=words):
        make_report(**options)


@pytest.mark.parametrize("cell", [{}, [1], "\ud83d", object()])
@pytest.mark.parametrize("column", ["name", "owner", "createdAt"])
def test_a_column_that_holds_something_else_is_refused_or_shown(column, cell):
    fleet = make_fleet(*ROWS, at=NOW)
    fleet[column] = pd.Series([cell] * len(fleet), dtype=object)
    try:
        assert report(fleet).html()
    except CommandError as error:
        assert column in str(error)


@pytest.mark.parametrize("count", [0.5, 2.0**60])
def test_a_count_of_nodes_that_is_none_is_refused(count):
    fleet = make_fleet(*ROWS, at=NOW)
    with pytest.raises(CommandError, match="nodeCnt must hold whole numbers"):
        report(fleet.assign(nodeCnt=count), at=NOW, forgotten_after=timedelta(hours=1))


def test_a_frame_without_a_needed_column_or_zone_is_refused():
    fleet = make_fleet(*ROWS, at=NOW)
    with pytest.raises(CommandError, match="no column name"):
        report(fleet.drop(columns="name"))
    with pytest.raises(CommandError, match="time zone"):
        report(fleet.assign(runningAt=fleet["runningAt"].dt.tz_localize(None)))


UNKNOWN = ("what", "clusters", "uptimeHours", "nodeHours", "share")


class TestHowItIsKnown:
    # One cluster was watched from the start: with 4 nodes until 5 October, with 6 ten minutes later; nobody looked on
    # the 8th and the 9th. Of another one the API has forgotten the nodes.
    ROWS = (row(1, "kim", "2026-10-01T00:00", 240, 6), row(2, "lee", "2026-10-02T00:00", 5, 0))
    RUNS = (
        ("2026-10-01T00:00", "2026-10-05T00:00", 4),
        ("2026-10-05T00:10", "2026-10-08T00:00", 6),
        ("2026-10-10T00:00", "2026-10-11T00:00", 6),
    )
    GAP = ("2026-10-08T00:00:00+00:00", "2026-10-10T00:00:00+00:00")

    def report(self, **options):
        history = make_history((self.ROWS[0], self.RUNS), gaps=[self.GAP])
        return report(make_fleet(*self.ROWS, at=NOW), history=history, **options)

    def test_each_kind_is_told_in_hours_node_hours_and_clusters(self):
        made = self.report()
        ten_minutes = 1 / 6
        watched = 96 + 72 - ten_minutes + 24
        assert values(made.unknown, *UNKNOWN) == [
            (
                "measured",
                1,
                pytest.approx(watched),
                pytest.approx(96 * 4 + 6 * (watched - 96)),
                pytest.approx(watched / 245),
            ),
            ("bounded", 1, pytest.approx(ten_minutes), pytest.approx(5 / 6), pytest.approx(ten_minutes / 245)),
            ("inferred", 1, 48.0, 288.0, 48 / 245),
            ("unknown", 1, 5.0, None, 5 / 245),
            ("gaps", None, None, None, None),
        ]
        assert (
            made.unknown["detail"].iloc[1] == "seen by two snapshots that differ: the mean of both, between 0.67 and 1"
        )
        assert made.unknown["detail"].iloc[4] == "1 gap between snapshots, 48 hours in all"
        total = made.total
        assert total["nodeHours"] == pytest.approx(made.unknown["nodeHours"].sum())
        assert total["nodeHoursHigh"] - total["nodeHoursLow"] == pytest.approx(1 / 3)
        assert "the node-hours are between" in made.text()
        assert "gaps: 1 gap between snapshots, 48 hours in all" in made.text()

    def test_shares_of_the_kinds_are_the_whole(self):
        assert self.report().unknown["share"].head(4).sum() == pytest.approx(1)

    def test_a_list_alone_is_inferred_or_unknown(self):
        made = report(make_fleet(*self.ROWS, at=NOW))
        assert values(made.unknown, "what", "uptimeHours") == [
            ("measured", 0.0),
            ("bounded", 0.0),
            ("inferred", 240.0),
            ("unknown", 5.0),
        ]

    def test_what_has_no_price_is_told_next_to_the_total(self):
        made = make_report(prices={"m": 1.0})
        assert values(made.unknown.tail(1), *UNKNOWN) == [("without a price", 3, 360.0, 1584.0, 1.0)]
        assert "without a price: 100% of the hours: there is none for w" in made.text()
        assert made.total["cost"] is None

    @pytest.mark.parametrize(
        ("attrs", "what", "detail"),
        [
            ({"complete": False}, "incomplete list", "the list changed while it was read"),
            ({"filters": {"status": "Running<b>"}}, "filtered list", "only clusters with status=Running<b>"),
        ],
    )
    def test_a_list_that_is_not_whole_is_told(self, attrs, what, detail):
        fleet = make_fleet(*ROWS, at=NOW)
        fleet.attrs |= attrs
        made = report(fleet, details=DETAILS)
        assert made.unknown["what"].tolist()[4:] == [what]
        assert made.unknown["detail"].iloc[-1].startswith(detail)
        assert "<b>" not in made.html().replace("<b>total", "")

    def test_what_the_api_has_forgotten_is_told(self):
        assert make_report("2026-07").unknown["detail"].iloc[-1] == "what ended before 2026-07-13 00:00 may be missing"

    def test_clusters_of_unknown_duration_are_counted(self):
        made = report(make_fleet(*ROWS, row(9, "kim", "2026-10-01T00:00", 1, 2, elapsedTime=None), at=NOW))
        assert values(made.unknown.tail(1), "what", "clusters") == [("of unknown duration", 1)]

    def test_a_cluster_that_history_saw_with_several_counts_is_not_forgotten(self):
        old = row(1, "kim", "2026-09-01T00:00", 960, 6)
        grown = [("2026-09-30T00:00", "2026-10-02T00:00", 4), ("2026-10-02T00:10", "2026-10-11T00:00", 6)]
        fleet = make_fleet(old, at=NOW)
        assert report(fleet, history=make_history((old, grown))).forgotten.empty
        same = make_history((old, [("2026-09-30T00:00", "2026-10-11T00:00", 6)]))
        found = report(fleet, history=same).forgotten
        assert values(found, "reason", "unscaledSince") == [("not scaled", pd.Timestamp("2026-09-30", tz="UTC"))]

    def test_a_history_may_be_passed_as_the_clusters(self):
        made = report(make_history((self.ROWS[0], self.RUNS), gaps=[self.GAP]))
        assert made.total["nodeHours"] == pytest.approx(self.report().total["nodeHours"])

    def test_a_cluster_that_history_alone_knows_is_in_all_frames(self):
        gone = row(7, "park", "2026-10-01T00:00", 48, 3, status="Terminated(Error)")
        history = make_history((gone, [("2026-10-01T00:00", "2026-10-03T00:00", 3)]))
        made = report(make_fleet(at=NOW), history=history)
        assert values(made.by, "owner", "nodeHours") == [("park", 144.0)]
        assert values(made.clusters, "name", "owner", "status") == [("cluster-007", "park", "Terminated(Error)")]
        assert values(made.forgotten, "name", "reason", "nodeHours") == [("cluster-007", "ended by an error", 144.0)]


class TestForgotten:
    def forgotten(self, *rows, **options):
        return report(make_fleet(*rows, at=NOW), **options).forgotten

    def test_what_runs_for_long_and_was_never_scaled(self):
        found = self.forgotten(
            row(1, "kim", "2026-09-01T00:00", 960, 4),
            row(2, "kim", "2026-09-27T00:00", 14 * 24, 2),
            row(3, "kim", "2026-09-27T00:01", 14 * 24, 9),  # a minute short of 14 days
            row(4, "kim", "2026-08-01T00:00", 300, 0),  # terminated
            row(5, "kim", "2026-09-01T00:00", 960, 4, status="Running(Scaling-out)"),
            row(6, "kim", "2026-09-01T00:00", 960, 4, status="Terminating"),
        )
        assert values(found, "name", "owner", "status", "reason", "runningFor", "nodeCnt", "nodeHours") == [
            ("cluster-001", "kim", "Running", "not scaled", pd.Timedelta(days=40), 4, 960.0),
            ("cluster-002", "kim", "Running", "not scaled", pd.Timedelta(days=14), 2, 480.0),
        ]

    @pytest.mark.parametrize("age", [41, timedelta(days=41), pd.Timedelta(days=41)])
    def test_how_long_is_the_callers_choice(self, age):
        assert self.forgotten(row(1, "kim", "2026-09-01T00:00", 960, 4), forgotten_after=age).empty

    def test_what_ended_by_an_error_in_the_month(self):
        error = {"status": "Terminated(Error)"}
        found = self.forgotten(
            row(1, "kim", "2026-10-02T00:00", 3, 0, **error),
            row(2, "kim", "2026-09-30T00:00", 3, 0, **error),  # in September
            row(3, "lee", "2026-10-05T00:00", 3, 0, **error, runningAt=None, elapsedTime=None),  # never ran
            row(4, "lee", "2026-09-05T00:00", 3, 2, status="Failed"),  # and is still there
        )
        assert values(found, "name", "reason", "runningFor") == [
            ("cluster-004", "failed", pd.Timedelta(days=36)),
            ("cluster-001", "ended by an error", pd.Timedelta(hours=3)),
            ("cluster-003", "ended by an error", None),
        ]

    def test_an_average_count_that_differs_tells_that_a_cluster_was_scaled(self):
        grew = detail(1, 960, 4) | {"totalVmUptime": pd.Timedelta(hours=960 * 3)}
        assert self.forgotten(ROWS[0], details=details(grew)).empty
        found = self.forgotten(ROWS[0], details=details(detail(1, 960, 4)))
        assert values(found, "reason", "unscaledSince") == [("not scaled", pd.Timestamp("2026-09-01", tz="UTC"))]


class TestForms:
    def test_the_text_has_all_sections_and_lines_up(self):
        text = make_report().text()
        assert repr(make_report()) == text
        assert [line for line in text.splitlines() if line.startswith(("kim ", "lee ", "park ", "total "))] == [
            "kim           1         960     960       0     0%      2,976        0%",
            "lee           2         624       0    +624             1,056        0%",
            "park          0           0     240    -240  -100%          0      100%",
            "total         3       1,584   1,200    +384   +32%      4,032        0%",
        ]
        heads = ("In total", "By owner", "Largest clusters", "Forgotten", "What is known, and what is not")
        assert all(f"\n{head}\n" in text for head in heads)
        assert text.isascii()

    def test_a_finished_month_has_no_projection(self):
        text = make_report("2026-09").text()
        assert "projected" not in text
        assert "compared with all of August 2026" in text

    def test_hostile_names_are_only_text(self):
        name = "<img src=x onerror=alert(1)>'\"\x1b[31m\n\u202e"
        made = report(make_fleet(row(1, name, "2026-09-01T00:00", 960, 4, name=name, status=name), at=NOW))
        assert "<img" not in made.html()
        assert "&lt;img src=x onerror=alert(1)&gt;" in made.html()
        for text in (made.html(), made.text()):
            assert not {"\x1b", "\u202e", "\n\u202e"} & {*text}

    def test_the_page_needs_nothing_else(self):
        html = make_report(prices=PRICES).html()
        assert not [word for word in ("http", "<script", "<link", "url(", "src=") if word in html]

    def test_data_has_the_frames_by_name(self):
        data = make_report().data()
        frames = {name for name, value in data.items() if isinstance(value, pd.DataFrame)}
        assert frames == {"by", "clusters", "forgotten", "unknown", "days"}
        assert (data["month"], str(data["beforeSince"])[:10], data["groupedBy"]) == (
            "2026-10",
            "2026-09-01",
            ("owner",),
        )


def test_the_columns_of_usage_come_first_and_types_are_as_documented():
    made = make_report(prices=PRICES)
    table = usage(make_fleet(*ROWS, at=NOW), since="2026-10-01", details=DETAILS, prices=PRICES)
    assert list(made.by.columns[: len(table.columns)]) == list(table.columns)
    assert made.by.dtypes[len(table.columns) :].astype(str).unique().tolist() == ["Float64"]
    assert made.forgotten.dtypes.astype(str).to_dict() == {
        **dict.fromkeys(("id", "name", "owner", "status", "reason"), "string"),
        "runningAt": "datetime64[ms, UTC]",
        "runningFor": "timedelta64[ms]",
        "unscaledSince": "datetime64[ms, UTC]",
        "nodeCnt": "Int64",
        "nodeHours": "Float64",
        "cost": "Float64",
    }
    days = made.days.dtypes.astype(str).to_dict()
    assert days.pop("day") == "datetime64[ms, UTC]"
    assert set(days.values()) == {"Float64"}
    empty = report(make_fleet(at=NOW), prices=PRICES, details=DETAILS)
    for name in ("by", "clusters", "forgotten", "unknown", "days"):
        assert getattr(empty, name).dtypes.astype(str).to_dict() == getattr(made, name).dtypes.astype(str).to_dict()
