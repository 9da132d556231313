"""`%heco usage`, `timeline`, `snapshot` and `history`: tables and charts of a fleet."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from support import cluster_row

from heco_jupyter.api import connection


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
    assert "0% measured, 50% inferred" in ran.text
    assert "50% unknown: --exact or --history DIR" in ran.text
    emulator.clear_requests()
    ran = fleet_notebook.run("%heco usage --exact")
    assert ran.value["nodeHours"].tolist() == [8.0, 6.0]
    assert "0% measured, 100% inferred" in ran.text
    assert "unknown" not in ran.text
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
    assert table.loc["alive", "nodeHours"] == 4 * table.loc["alive", "uptimeHours"]


def test_a_time_zone_of_a_profile_holds_for_tables_the_history_and_charts(emulator, unconnected, tmp_path):
    config = Path("~/.config/heco/config.toml").expanduser()
    config.parent.mkdir(parents=True)
    config.touch(0o600)
    config.write_text('[default]\ntimezone = "Asia/Seoul"\n')
    emulator.load([cluster_row(1, runningAt=1_782_000_000_000, elapsedTime=7_200_000)])
    connection.connect(emulator.url, emulator.credential_id, emulator.credential_secret)
    usage = unconnected.value("%heco usage --freq D --since 2026-06-21 --until 2026-06-22")
    assert usage["period"].item() == pd.Timestamp("2026-06-21", tz="Asia/Seoul")
    assert "Asia/Seoul" in str(unconnected.value("%heco timeline").chart.to_dict())
    unconnected.value(f"%heco snapshot {tmp_path}")
    connection.disconnect()
    history = unconnected.value(f"%heco history {tmp_path} --since 1h")  # needs no connection and no keys
    assert {str(history[name].dt.tz) for name in ("createdAt", "runningAt", "firstSeen", "lastSeen")} == {"Asia/Seoul"}
    assert unconnected.value(f"%heco history {tmp_path} --until yesterday").empty


def test_reports_and_charts_are_in_the_language_of_the_settings(fleet_notebook):
    lines = ("%heco report --month 2026-06", "%heco timeline", "%heco usage --chart", "%heco usage --freq D --chart")
    english = [repr(fleet_notebook.value(line)) for line in lines]
    fleet_notebook.run("%config HecoMagics.language = 'ko'")
    korean = [repr(fleet_notebook.value(line)) for line in lines]
    assert [text.partition("\n")[0] for text in english] == [
        "Usage in June 2026 by owner",
        "<chart: 2 clusters by owner>",
        *["<chart: nodeHours by owner>"] * 2,
    ]
    assert [text.partition("\n")[0] for text in korean] == [
        "2026년 6월 사용량, owner별",
        "<차트: 클러스터 2개, owner별>",
        *["<차트: owner별 노드 시간>"] * 2,
    ]
    fleet_notebook.run("%config HecoMagics.language = 'en'")
    assert [repr(fleet_notebook.value(line)) for line in lines[1:]] == english[1:]


def test_since_takes_words(fleet_notebook):
    assert fleet_notebook.value("%heco usage --since 1990-01 --until today")["clusters"].sum() == 2
    for line in ("--since 7d", "--since last-month", "--since 'last month' --until now"):
        assert list(fleet_notebook.value(f"%heco usage {line}")["owner"]) == []
    assert "not a date or a time: write 2026-01-31" in fleet_notebook.refusal("%heco usage --since 01.10.2026")


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
        ("%heco report --month 2199-01", "has not begun"),
        ("%heco report --by ownr", "did you mean owner"),
        ("%heco report --forgotten-after 14", "is not a duration"),
    ],
)
def test_an_invalid_argument_is_refused_with_the_reason(fleet_notebook, line, words):
    assert words in fleet_notebook.refusal(line)


def test_a_report_reads_the_details_of_what_ran_in_its_two_months(fleet_notebook, emulator):
    emulator.clear_requests()
    made = fleet_notebook.value("%heco report --month 2026-06")
    assert made.by.set_index("owner")["nodeHours"].to_dict() == {"kim@example.com": 8.0, "lee": 6.0}
    assert [request.method for request in emulator.requests] == ["GET"] * 3
    emulator.clear_requests()
    fleet_notebook.value("%heco report --month 2026-08")  # which comes long after
    assert len(emulator.requests) == 1


def test_a_report_shows_as_a_page_and_as_text(fleet_notebook):
    made = fleet_notebook.value("%heco report --month 2026-06 --by name --by owner")
    data, _ = fleet_notebook.shell.display_formatter.format(made)
    assert data["text/html"] == made.html()
    assert data["text/plain"] == made.text()
    assert "By name, owner" in data["text/plain"]


def test_a_report_takes_prices_a_history_and_an_age(fleet_notebook, tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("flavorName,pricePerHour\nsmall,1\nlarge,10\n")
    fleet_notebook.value(f"%heco snapshot {tmp_path}/kept")
    line = f"%heco report --month 2026-06 --prices {path} --history {tmp_path}/kept --forgotten-after 30m"
    made = fleet_notebook.value(line)
    assert made.total["cost"] == 62.0 + 2 * 1 + 4 * 10
    assert made.forgotten["name"].tolist() == ["alive"]
