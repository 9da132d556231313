"""Usage as an integral over what is known: against fleets whose truth is known, and against a slow oracle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fleets import make_fleet, make_row
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import (
    BEGIN,
    DAY,
    HOUR,
    MINUTE,
    PRICES,
    Life,
    details_of,
    history_of,
    iso,
    list_of,
    simulated,
)

from heco_jupyter.errors import CommandError
from heco_jupyter.fleet import concurrency, usage
from heco_jupyter.fleet.runs import RUN

TEN_DAYS = BEGIN + 10 * DAY
GREW = Life(1, [BEGIN, TEN_DAYS - HOUR], [2, 22], TEN_DAYS, is_ended=False)  # 3 nodes, 23 in its last hour: 740
EVERY_10_MINUTES = list(range(BEGIN, TEN_DAYS, 10 * MINUTE))


def total(table, name="nodeHours"):
    return float(table[name].sum())


class TestAClusterThatGrewInItsLastHour:
    def test_a_list_infers_from_its_last_count_and_says_so(self):
        table = usage(list_of([GREW], TEN_DAYS))
        assert total(table) == 5520
        assert table[["nodeHoursKnown", "nodeHoursInferred"]].to_numpy().tolist() == [[0.0, 1.0]]

    def test_details_give_the_right_total(self):
        table = usage(list_of([GREW], TEN_DAYS), details=details_of([GREW], TEN_DAYS))
        assert total(table) == pytest.approx(740)
        assert table["nodeHoursKnown"].item() == 0

    def test_a_history_measures_it_each_day(self):
        history = history_of([GREW], EVERY_10_MINUTES)
        by_day = usage(list_of([GREW], TEN_DAYS), freq="D", history=history)
        assert by_day["nodeHours"].tolist()[:9] == [72.0] * 9
        assert by_day["nodeHoursKnown"].tolist()[:9] == [1.0] * 9
        last = by_day.iloc[9]
        assert last["nodeHoursLow"] <= 92 <= last["nodeHoursHigh"]
        assert last["nodeHours"] == pytest.approx(92 + 10 / 6)  # the mean of 3 and 23 for ten minutes
        assert total(by_day) == pytest.approx(740, rel=0.005)

    def test_a_history_and_details_leave_nothing_to_guess(self):
        history, details = history_of([GREW], EVERY_10_MINUTES), details_of([GREW], TEN_DAYS)
        by_day = usage(list_of([GREW], TEN_DAYS), freq="D", history=history, details=details)
        assert by_day["nodeHours"].tolist() == pytest.approx([72] * 9 + [92])
        assert by_day.attrs["contradicted"] == 0

    def test_details_that_are_read_later_are_corrected_to_the_moment_of_the_list(self):
        later = Life(1, GREW.times, GREW.workers, TEN_DAYS + DAY, is_ended=False)
        table = usage(list_of([GREW], TEN_DAYS), details=details_of([later], TEN_DAYS + 5 * HOUR))
        assert total(table) == pytest.approx(740)


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_what_is_measured_is_true_and_what_is_not_is_told(first):
    for seed in range(first, first + 10):
        lives, moments = simulated(seed)
        now = BEGIN + 4 * DAY
        clusters, history = list_of(lives, now), history_of(lives, moments)
        details = details_of(lives, now) if seed % 2 else None
        table = usage(clusters, "id", freq="D", history=history, details=details).set_index(["id", "period"])
        assert not any(life.is_forgotten and life.id in set(clusters["id"]) for life in lives)
        counted = 0
        for life in lives:
            for day in range(4):
                since = BEGIN + day * DAY
                nodes, cost = life.used(since, since + DAY)
                key = (life.id, pd.Timestamp(since, unit="ms", tz="UTC"))
                if key not in table.index:
                    # Unseen: it is either over before the first look, or forgotten.
                    assert nodes == 0 or life.id not in set(table.index.get_level_values(0)) or life.is_forgotten
                    continue
                row = table.loc[key].fillna(0)
                counted += 1
                unmeasured = (1 - row["nodeHoursKnown"]) * row["uptimeHours"]
                error = abs(row["nodeHours"] - nodes)
                assert error <= 0.005 * nodes + unmeasured * 43
                assert abs(row["cost"] - cost) <= 0.005 * cost + unmeasured * 43 * max(PRICES.values())
                if row["nodeHoursKnown"] == 1:
                    assert error <= 0.005 * nodes
                    assert abs(row["cost"] - cost) <= 0.005 * cost
                    assert row["costKnown"] == 1
                if row["nodeHoursInferred"] == 0 and row["nodeHours"] > 0:
                    assert row["nodeHoursLow"] - 1e-6 <= nodes <= row["nodeHoursHigh"] + 1e-6
        assert counted > 10


def test_over_simulated_fleets_a_day_that_is_measured_is_within_half_a_percent():
    errors = []
    for seed in range(20):
        lives, _ = simulated(seed)
        moments = list(range(BEGIN, BEGIN + 4 * DAY, 10 * MINUTE))
        table = usage(list_of(lives, BEGIN + 4 * DAY), None, freq="D", history=history_of(lives, moments))
        for period, estimate in zip(table["period"], table["nodeHours"], strict=True):
            since = round(period.timestamp() * 1000)
            truth = sum(life.used(since, since + DAY)[0] for life in lives)
            errors.append(abs(estimate - truth) / truth)
    assert np.mean(errors) < 0.005


class TestForgottenClusters:
    LIVES = (
        Life(1, [BEGIN], [3], BEGIN + 10 * HOUR, is_forgotten=True),
        Life(2, [BEGIN], [3], BEGIN + 10 * HOUR),
        Life(3, [BEGIN], [3], BEGIN + DAY, is_ended=False),
    )
    HISTORY = history_of(LIVES, list(range(BEGIN, BEGIN + DAY, 10 * MINUTE)))

    def test_a_cluster_that_was_missed_ran_until_some_time_before(self):
        row = usage(list_of(self.LIVES, BEGIN + DAY), "id", history=self.HISTORY).set_index("id").loc[self.LIVES[0].id]
        assert row["nodeHoursLow"] == pytest.approx(4 * (10 - 1 / 6))
        assert row["nodeHoursHigh"] == pytest.approx(4 * 10)
        assert row["nodeHours"] == pytest.approx(4 * (10 - 1 / 12))

    def test_a_history_alone_tells_the_same(self):
        with_list = usage(list_of(self.LIVES, BEGIN + DAY), "id", history=self.HISTORY)
        alone = usage(self.HISTORY, "id")
        assert set(alone["id"]) == set(with_list["id"]) == {life.id for life in self.LIVES}
        assert total(alone) == pytest.approx(total(with_list), rel=0.01)
        pd.testing.assert_frame_equal(alone, usage(self.HISTORY, "id", history=self.HISTORY))
        some = self.HISTORY.head(1)
        assert usage(some, "id", history=self.HISTORY)["id"].tolist() == some["id"].tolist()

    def test_a_cluster_that_the_last_snapshot_saw_is_not_missed_by_its_own_history(self):
        moments = list(range(BEGIN, BEGIN + DAY, 10 * MINUTE))
        history = history_of(self.LIVES[2:], moments)
        history["elapsedTime"] -= pd.Timedelta(2, "s")  # the API's clock is behind
        row = usage(history).iloc[0]
        assert row["nodeHours"] == row["nodeHoursLow"] == pytest.approx(4 * row["uptimeHours"])
        assert row["nodeHoursKnown"] == 1

    def test_the_columns_to_group_by_keep_their_types(self):
        clusters = list_of(self.LIVES, BEGIN + DAY)
        clusters["team"] = [1] * len(clusters)
        for by in ("owner", "createdAt", "isScalable", "workerCnt"):
            assert usage(clusters, by, history=self.HISTORY)[by].dtype == clusters[by].dtype
        assert usage(clusters, "team", history=self.HISTORY)["team"].isna().sum() == 1

    @pytest.mark.parametrize(
        "attrs", [{"filters": {"name": "x"}}, {"totalElements": 9}, {"filters": {"limit": 3}, "complete": False}]
    )
    def test_a_list_that_is_only_a_part_is_not_completed_and_never_all_known(self, attrs):
        clusters = list_of(self.LIVES, BEGIN + DAY)
        clusters.attrs |= attrs
        table = usage(clusters, "id", history=self.HISTORY)
        assert self.LIVES[0].id not in set(table["id"])
        assert (table["nodeHoursKnown"] < 1).all()
        assert table.attrs["filters"] == attrs.get("filters", {})
        assert table.attrs["nodeHoursKnown"] < 1

    def test_an_incomplete_list_says_nothing_of_what_it_lacks(self):
        clusters = list_of(self.LIVES[:2], BEGIN + DAY)
        clusters.attrs["complete"] = False
        table = usage(clusters, "id", history=self.HISTORY).set_index("id")
        running = table.loc[self.LIVES[2].id]
        assert running["nodeHours"] == pytest.approx(4 * (24 - 1 / 6))  # as the last snapshot saw it
        assert (table["nodeHoursKnown"] < 1).all()
        assert table.attrs["complete"] is False

    def test_the_prices_that_a_history_has_kept_price_it(self):
        table = usage(list_of(self.LIVES, BEGIN + DAY), "id", history=self.HISTORY).set_index("id")
        assert table["cost"].tolist() == pytest.approx((table["nodeHours"] / 4 * (0.25 + 3 * 0.5)).tolist())
        assert table.attrs["unpriced"] == []
        given = usage(list_of(self.LIVES, BEGIN + DAY), "id", history=self.HISTORY, prices={"m2a.xlarge": 1})
        assert given["cost"].isna().all()
        assert given.attrs["unpriced"] == ["r2a.2xlarge"]

    def test_each_day_has_its_own_price(self):
        (runs,) = history_of(self.LIVES[2:], [BEGIN, BEGIN + DAY])["runs"]
        halves = np.concatenate([runs[:1], runs[:1]])
        halves["since"], halves["until"] = [BEGIN, BEGIN + DAY // 2], [BEGIN + DAY // 2, BEGIN + DAY]
        halves["masterPrice"], halves["workerPrice"] = [1, 10], [1, 10]
        history = history_of(self.LIVES[2:], [BEGIN, BEGIN + DAY])
        history["runs"] = pd.Series([halves], dtype=object)
        assert usage(history)["cost"].item() == 4 * 12 * 1 + 4 * 12 * 10


class TestWhatTheApiForgot:
    def test_before_90_days_nothing_is_known(self):
        clusters = list_of([GREW], TEN_DAYS)
        first = pd.Timestamp(TEN_DAYS, unit="ms", tz="UTC") - pd.Timedelta(90, "D")
        table = usage(clusters, since=first - pd.Timedelta(90, "D"), until=iso(TEN_DAYS))
        assert pd.Timestamp(table.attrs["knownFrom"]) == first
        assert pd.Timestamp(table.attrs["fetchedAt"]).timestamp() * 1000 == TEN_DAYS
        nothing = usage(make_fleet(), by=None, since=first - pd.Timedelta(3, "D"), until=first)
        assert nothing["nodeHoursKnown"].item() < 1

    def test_a_period_that_reaches_before_is_known_for_less(self):
        moments = EVERY_10_MINUTES
        history = history_of([GREW], moments)
        since = pd.Timestamp(BEGIN, unit="ms", tz="UTC") - pd.Timedelta(100, "D")  # 10 days of 110 are unseen
        known = usage(history, since=since, until=pd.Timestamp(BEGIN + 10 * DAY, unit="ms", tz="UTC")).attrs
        whole = usage(history).attrs
        assert known["nodeHoursKnown"] == pytest.approx(whole["nodeHoursKnown"] * 100 / 110)

    def test_gaps_are_told_and_their_counts_are_not_measured(self):
        life = Life(1, [BEGIN], [3], BEGIN + DAY, is_ended=False)
        moments = [at for at in range(BEGIN, BEGIN + DAY, 10 * MINUTE) if not BEGIN + 6 * HOUR < at < BEGIN + 12 * HOUR]
        table = usage(list_of([life], BEGIN + DAY), history=history_of([life], moments))
        assert table["nodeHoursInferred"].item() == pytest.approx(0.25)
        assert table["nodeHoursKnown"].item() == pytest.approx(0.75)
        assert [pd.Timestamp(time) for time in table.attrs["gaps"][0]] == [
            pd.Timestamp(BEGIN + hours * HOUR, unit="ms", tz="UTC") for hours in (6, 12)
        ]
        afterwards = usage(
            list_of([life], BEGIN + DAY), since=iso(BEGIN + 13 * HOUR), history=history_of([life], moments)
        )
        assert afterwards.attrs["gaps"] == []
        assert afterwards["nodeHoursKnown"].item() == 1

    def test_a_gap_that_the_api_outlived_hides_clusters(self):
        life = Life(1, [BEGIN], [3], BEGIN + 200 * DAY, is_ended=False)
        moments = [BEGIN, BEGIN + 10 * MINUTE, BEGIN + 20 * MINUTE, BEGIN + 190 * DAY]
        table = usage(list_of([life], BEGIN + 190 * DAY), None, freq="D", history=history_of([life], moments))
        assert table.attrs["nodeHoursKnown"] < 1e-3

    def test_an_empty_history_is_like_none(self):
        clusters = list_of([GREW], TEN_DAYS)
        empty = history_of([GREW], EVERY_10_MINUTES).head(0)
        empty.attrs = {"gaps": [], "limit": None, "fetchedAt": None, "knownFrom": None}
        pd.testing.assert_frame_equal(usage(clusters, history=empty), usage(clusters))

    def test_a_frame_without_attrs_counts_as_whole(self):
        clusters = list_of([GREW], TEN_DAYS)
        clusters.attrs = {}
        attrs = usage(clusters, history=history_of([GREW], EVERY_10_MINUTES)).attrs
        assert (attrs["complete"], attrs["filters"], attrs["fetchedAt"]) == (True, {}, None)
        assert attrs["nodeHoursKnown"] > 0.99


class TestTotalVmUptime:
    @staticmethod
    def fleet(**fields):
        """Return a list of five clusters that run with 4 nodes, and one that is terminated."""
        rows = [make_row(number, 4, elapsedTime=10 * HOUR, runningAt=BEGIN) for number in range(5)]
        return make_fleet(*rows, make_row(9, 0, elapsedTime=10 * HOUR, runningAt=BEGIN), at=iso(BEGIN + 10 * HOUR))

    def table(self, hours, gone, **arguments):
        clusters = self.fleet()
        totals = pd.to_timedelta([*hours, gone], unit="h").as_unit("ms")
        details = pd.DataFrame({"id": clusters["id"].to_numpy(), "totalVmUptime": totals})
        return usage(clusters, "id", details=details, **arguments)

    def test_it_fills_what_nobody_saw(self):
        table = self.table([40] * 5, 60)
        assert total(table) == 5 * 40 + 60
        assert table["nodeHoursKnown"].tolist() == [0.0] * 6
        assert table["nodeHoursInferred"].tolist() == [1.0] * 6

    @pytest.mark.parametrize("factor", [1 / 1000, 1 / 3_600_000, 1000, 2, 0.5])
    def test_in_another_unit_it_is_not_used_at_all(self, factor):
        table = self.table([40 * factor] * 5, 60 * factor)
        assert total(table) == 5 * 40
        assert table["nodeHours"].isna().sum() == 1
        assert table.attrs["contradicted"] == 6

    def test_the_uptime_of_the_cluster_instead_of_its_vms_is_not_used(self):
        table = self.table([10] * 5, 10)
        assert total(table) == 5 * 40
        assert table.attrs["contradicted"] == 6

    def test_clusters_that_were_scaled_do_not_make_it_wrong(self):
        table = self.table([40, 40, 250, 23, 300], 60)
        assert total(table) == 40 + 40 + 250 + 23 + 300 + 60
        assert table.attrs["contradicted"] == 0

    def test_less_than_one_master_and_one_worker_is_impossible(self):
        table = self.table([40] * 5, 5)
        assert table["nodeHours"].isna().sum() == 1
        assert table.attrs["contradicted"] == 1

    @pytest.mark.parametrize("unit", [0.001, 1.6, 5])
    def test_its_unit_is_checked_where_clusters_were_watched(self, unit):
        watched = [Life(n, [BEGIN, BEGIN + 7 * HOUR], [3 + n, 9], BEGIN + DAY, is_ended=False) for n in range(2)]
        unseen = Life(5, [BEGIN + 1], [4], BEGIN + 9 * MINUTE)
        lives, history = [*watched, unseen], history_of(watched, list(range(BEGIN, BEGIN + DAY, 10 * MINUTE)))
        for by in ("id", None):
            right = usage(list_of(lives, BEGIN + DAY), by, history=history, details=details_of(lives, BEGIN + DAY))
            assert total(right) == pytest.approx(sum(life.used(0, BEGIN + DAY)[0] for life in lives))
            details = details_of(lives, BEGIN + DAY, unit)
            wrong = usage(list_of(lives, BEGIN + DAY), by, history=history, details=details, prices=PRICES)
            without = usage(list_of(lives, BEGIN + DAY), by, history=history, prices=PRICES)
            pd.testing.assert_frame_equal(wrong, without)
            assert (right.attrs["contradicted"], wrong.attrs["contradicted"]) == (0, 3)

    def test_where_it_contradicts_what_was_measured_it_is_not_used(self):
        lives = [Life(n, [BEGIN], [3], BEGIN + DAY, is_ended=False) for n in range(4)]
        moments = list(range(BEGIN, BEGIN + DAY, 10 * MINUTE))
        moments = [at for at in moments if not BEGIN + 20 * HOUR < at < BEGIN + 22 * HOUR]
        details = details_of(lives, BEGIN + DAY)
        details.loc[0, "totalVmUptime"] = pd.Timedelta(50, "h")
        details.loc[1, "totalVmUptime"] = pd.Timedelta(96 + 10, "h")  # in the gap, 5 nodes more
        table = usage(list_of(lives, BEGIN + DAY), "id", history=history_of(lives, moments), details=details)
        assert table.set_index("id")["nodeHours"].to_dict() == pytest.approx(
            {life.id: hours for life, hours in zip(lives, (96, 106, 96, 96), strict=True)}
        )
        assert table.attrs["contradicted"] == 1


looks = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 6), st.integers(0, 9)), max_size=6, unique_by=lambda look: look[0]
)
clusters_of_looks = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 40), st.booleans(), st.integers(0, 9), looks), min_size=1, max_size=5
)


def as_runs(looks):
    """Return runs that do not overlap: each begins at a look and lasts as long as it says, or until the next one."""
    looks = sorted(looks)
    ends = [*(at for at, _, _ in looks), 10**6][1:]
    runs = [
        (at * HOUR, min(at + length, end - 1) * HOUR, 1, nodes - 1, nodes, np.nan, np.nan)
        for (at, length, nodes), end in zip(looks, ends, strict=True)
        if nodes
    ]
    return np.array(runs, RUN)


def oracle(life, runs, now, limit):
    """Return uptime, measured and inferred hours, and node-hours with their bounds, hour by hour."""
    start, elapsed, is_live, nodes = life
    seen = [(int(run["since"]) // HOUR, int(run["until"]) // HOUR, run["nodes"]) for run in runs]
    end = start + elapsed
    if is_live and nodes and max(now, end) > max([until for _, until, _ in seen], default=-1):
        seen.append((max(now, end), max(now, end), nodes))
    sums = dict.fromkeys(("uptime", "measured", "bounded", "inferred", "unknown", "nodes", "low", "high"), 0.0)
    for hour in range(start, end):
        before = [look for look in seen if look[0] <= hour]
        after = [look for look in seen if look[0] > hour]
        sums["uptime"] += 1
        if before and hour < before[-1][1]:
            how, low, high = "measured", before[-1][2], before[-1][2]
        elif before and after and after[0][0] - before[-1][1] <= limit:
            low, high = sorted([before[-1][2], after[0][2]])
            how = "measured" if low == high else "bounded"
        elif before or after:
            around = [look[2] for look in [*before[-1:], *after[:1]]]
            how, low, high = "inferred", np.mean(around), np.mean(around)
        else:
            how, low, high = "unknown", 0, 0
        sums[how] += 1
        sums["nodes"] += (low + high) / 2
        sums["low"] += low
        sums["high"] += high
    return sums


@settings(max_examples=25)
@given(clusters=clusters_of_looks, limit=st.integers(0, 12), now=st.integers(0, 90), freq=st.sampled_from(["7h", "D"]))
def test_the_integral_is_that_of_an_oracle_which_goes_hour_by_hour(clusters, limit, now, freq):
    rows = [
        make_row(number, nodes if is_live else 0, runningAt=start * HOUR, elapsedTime=elapsed * HOUR)
        for number, (start, elapsed, is_live, nodes, _) in enumerate(clusters)
    ]
    frame = make_fleet(*rows, at=iso(now * HOUR))
    history = pd.DataFrame({"id": frame["id"], "runs": pd.Series([as_runs(c[4]) for c in clusters], dtype=object)})
    history.attrs["limit"] = limit * HOUR
    flavors = {"masterFlavorName": "a", "workerFlavorName": "b"}
    details = pd.DataFrame({"id": frame["id"], **flavors})
    table = usage(frame, "id", history=history, details=details, prices={"a": 1, "b": 1}).set_index("id")
    for number, (start, elapsed, is_live, nodes, _) in enumerate(clusters):
        sums = oracle((start, elapsed, is_live, nodes), history["runs"][number], now, limit)
        if not sums["uptime"]:
            assert rows[number]["id"] not in table.index
            continue
        row = table.loc[rows[number]["id"]].astype("float64").fillna(0)
        assert row["uptimeHours"] == sums["uptime"]
        for name, what in (
            ("nodeHours", "nodes"),
            ("nodeHoursLow", "low"),
            ("nodeHoursHigh", "high"),
            ("cost", "nodes"),
        ):
            assert row[name] == pytest.approx(sums[what]), name
        assert row["nodeHoursKnown"] * sums["uptime"] == pytest.approx(sums["measured"])
        assert row["nodeHoursInferred"] * sums["uptime"] == pytest.approx(sums["inferred"])
    if len(table):
        parts = usage(frame, "id", freq=freq, history=history).groupby("id").sum(numeric_only=True)
        for name in ("uptimeHours", "nodeHours", "nodeHoursLow", "nodeHoursHigh"):
            np.testing.assert_allclose(
                parts[name].astype("float64"), table.loc[parts.index, name].astype("float64").fillna(0), atol=1e-9
            )


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), unit=st.sampled_from([1, 1, 0.001, 0.7, 1.4, 3]))
def test_an_estimate_is_within_its_bounds_and_no_cost_is_negative(seed, unit):
    lives, moments = simulated(seed, days=1, many=3)
    now = BEGIN + DAY
    moments = moments[:: 1 + seed % 9]
    clusters, details = list_of(lives, now), details_of(lives, now, unit)
    for history in (None, history_of(lives, moments)):
        table = usage(clusters, "id", freq="6h", history=history, details=details, prices=PRICES)
        values = table.drop(columns=["id", "period"]).astype("float64").fillna(0)
        assert not (values < 0).any(axis=None)
        assert (values["nodeHoursLow"] <= values["nodeHours"] + 1e-9).all()
        assert (values["nodeHours"] <= values["nodeHoursHigh"] + 1e-9).all()
        assert (values["nodeHoursKnown"] + values["nodeHoursInferred"] <= 1 + 1e-9).all()
        assert (values["cost"] >= PRICES["m2a.xlarge"] * values["nodeHours"] - 1e-6).all()
        assert (values["cost"] <= PRICES["r2a.2xlarge"] * values["nodeHours"] + 1e-6).all()


def test_an_average_below_the_masters_is_no_negative_cost():
    clusters = make_fleet(make_row(1, 0, elapsedTime=10 * HOUR, runningAt=BEGIN, clusterVersion="hde-2.0.1"))
    flavors = {"masterFlavorName": "a", "workerFlavorName": "b", "masterCnt": 3}
    uptime = pd.to_timedelta([39.5], unit="h").as_unit("ms")
    for prices in ({"a": 100, "b": 0}, {"a": 0, "b": 1}):
        details = pd.DataFrame({"id": clusters["id"], "totalVmUptime": uptime, **flavors})
        assert usage(clusters, details=details, prices=prices)["cost"].item() >= 0


def test_concurrency_counts_by_pieces():
    history = history_of([GREW], EVERY_10_MINUTES)
    counts = concurrency(list_of([GREW], TEN_DAYS), "h", history=history)
    assert counts["nodes"].tolist() == [3.0] * 239 + [23.0]
    assert counts["clusters"].tolist() == [1] * 240


def test_a_history_with_something_else_for_runs_is_refused():
    clusters = list_of([GREW], TEN_DAYS)
    history = history_of([GREW], EVERY_10_MINUTES).assign(runs=[5])
    with pytest.raises(CommandError, match="runs"):
        usage(clusters, history=history)


def test_groups_are_sorted_by_size_and_those_without_one_come_last():
    rows = [
        *(
            make_row(n, nodes, owner=owner, elapsedTime=HOUR)
            for n, nodes, owner in ((1, 2, "b"), (2, 9, "c"), (3, 2, "a"))
        ),
        make_row(4, 0, owner="d", elapsedTime=HOUR),
        make_row(5, 0, owner="e", elapsedTime=2 * HOUR),
    ]
    assert usage(make_fleet(*rows))["owner"].tolist() == ["c", "a", "b", "e", "d"]
    daily = usage(make_fleet(*rows), freq="D")
    assert daily["owner"].tolist() == ["c", "a", "b", "e", "d"]


def test_a_young_cluster_tells_nothing_of_what_totals_mean_and_contradicts_nothing():
    old = {f"old-{n}": (240.0, 4, 960.0) for n in range(5)}
    lives = old | {"young": (0.003, 2, 0.012)}  # two clocks differ by seconds, which is twice its life
    now = pd.Timestamp("2026-10-20T00:00Z")
    elapsed = [pd.Timedelta(hours=hours) for hours, _, _ in lives.values()]
    clusters = pd.DataFrame(
        {
            "id": list(lives),
            "owner": list(lives),
            "status": "Running",
            "nodeCnt": [nodes for _, nodes, _ in lives.values()],
            "runningAt": pd.DatetimeIndex([now - time for time in elapsed]),
            "elapsedTime": pd.to_timedelta(elapsed),
        }
    )
    details = pd.DataFrame(
        {"id": list(lives), "totalVmUptime": pd.to_timedelta([total for _, _, total in lives.values()], unit="h")}
    )
    run = np.array([(now.value // 10**6 - 10_800, now.value // 10**6, np.nan, np.nan, 2.0, np.nan, np.nan)], RUN)
    history = clusters.assign(runs=[run[:0]] * 5 + [run])
    history.attrs = {"limit": 20_000}
    table = usage(clusters, details=details, history=history)
    assert table.attrs["contradicted"] == 0
    assert table["nodeHours"].sum() == pytest.approx(5 * 960, abs=0.1)
