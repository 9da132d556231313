"""`%heco usage`, `timeline`, `snapshot` and `history`: tables and charts of a fleet."""

from __future__ import annotations

import pandas as pd
import pytest
from support import cluster_row


@pytest.fixture
def fleet_notebook(notebook, emulator):
    """Return a notebook with two clusters of two hours each, one of which is terminated."""
    machines = {"masterInfo": [{"flavorName": "small"}], "workerInfo": [{"flavorName": "large"}], "isHa": False}
    hours = {"runningAt": 1_782_000_000_000, "elapsedTime": 2 * 3_600_000}
    gone = {"status": "Terminated(User)", "masterCnt": 0, "workerCnt": 0, "nodeCnt": 0}
    emulator.load(
        [
            cluster_row(1, name="alive", **hours, **machines),
            cluster_row(2, name="gone", owner="lee", **hours, **gone, **machines, totalVmUptime=6 * 3_600_000),
        ]
    )
    return notebook


def test_usage_says_which_share_is_known_and_exact_reads_the_rest(fleet_notebook, emulator):
    ran = fleet_notebook.run("%heco usage")
    assert ran.value["nodeHours"].tolist() == [8.0, pd.NA]
    assert "known for 50% of the uptime: --exact or --history DIR" in ran.text
    emulator.clear_requests()
    ran = fleet_notebook.run("%heco usage --exact")
    assert ran.value["nodeHours"].tolist() == [8.0, 6.0]
    assert "known for" not in ran.text
    assert len(emulator.requests) == 3


def test_usage_is_grouped_by_columns_and_periods(fleet_notebook):
    table = fleet_notebook.value("%heco usage --by owner --by name --freq D --since 2026-06-21 --until 2026-06-22")
    assert list(table.columns[:3]) == ["owner", "name", "period"]
    assert len(table) == 2


def test_costs_are_computed_from_the_users_own_prices(fleet_notebook, tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("flavorName,pricePerHour\nsmall,1\n")
    ran = fleet_notebook.run(f"%heco usage --prices {path}")
    assert ran.value["cost"].isna().all()
    assert "not in the cost, since they have no price: large" in ran.text
    path.write_text("flavorName,pricePerHour\nsmall,1\nlarge,10\n")
    assert fleet_notebook.value(f"%heco usage --prices {path}")["cost"].tolist() == [62.0, 2 * 1 + 4 * 10]


def test_a_history_has_the_counts_that_the_api_no_longer_returns(fleet_notebook, emulator, tmp_path):
    fleet_notebook.value(f"%heco snapshot {tmp_path}")
    emulator.load([cluster_row(1, name="alive", status="Terminated", workerCnt=0, masterCnt=0, nodeCnt=0)])
    history = fleet_notebook.value(f"%heco history {tmp_path}")
    assert history.set_index("name").loc["alive", "nodeCnt"] == 4
    table = fleet_notebook.value(f"%heco usage --by name --history {tmp_path}").set_index("name")
    assert table.loc["alive", "nodeHoursKnown"] == 1.0


def test_a_chart_is_a_value_that_shows_as_a_picture(fleet_notebook):
    for line in ("%heco timeline --by clusterType", "%heco usage --chart"):
        picture = fleet_notebook.value(line)
        assert picture.png().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%heco usage --by ownr", "did you mean owner"),
        ("%heco usage --since someday", "not a date"),
        ("%heco usage --prices none.csv", "cannot be read"),
        ("%heco timeline --by x", "there is no column 'x'"),
    ],
)
def test_an_invalid_argument_is_refused_with_the_reason(fleet_notebook, line, words):
    assert words in fleet_notebook.refusal(line)
