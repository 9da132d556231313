"""How a table of usage shows: rounded, with a row of totals that is never wrong, and never in the value."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from shown import Cells, as_rows, shown

from heco_jupyter.api.display.text import width

HOUR = 3_600_000
NOON = 1_782_043_200_000  # 21 June 2026, 12:00 UTC

SETUP = """
import pandas as pd
from heco_jupyter import fleet
from heco_jupyter.api.lists.frames import to_frame
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS

clusters = to_frame(ROWS, CLUSTER_COLUMNS, "UTC")
clusters.attrs |= {"fetchedAt": "2026-06-30T00:00:00+00:00", "complete": True}
"""


def row(number, owner, begin, hours, nodes):
    return {
        "id": f"id-{number}",
        "name": f"c{number}",
        "owner": owner,
        "status": "Running" if nodes else "Terminated(User)",
        "masterCnt": min(1, nodes),
        "workerCnt": max(0, nodes - 1),
        "nodeCnt": nodes,
        "createdAt": begin,
        "runningAt": begin,
        "elapsedTime": round(hours * HOUR),
    }


# kim's first cluster runs over midnight; nothing is known of the nodes of lee's.
ROWS = [row(1, "kim", NOON, 18, 4), row(2, "김철수", NOON, 1.5, 1000), row(3, "lee", NOON, 4.5, 0)]


@pytest.fixture
def usage(notebook, monkeypatch):
    """Return a notebook with three clusters, in a wide terminal."""
    monkeypatch.setenv("COLUMNS", "300")
    notebook.shell.user_ns["ROWS"] = ROWS
    notebook.run(SETUP)
    return notebook


def test_numbers_are_rounded_and_the_last_row_is_the_total(usage):
    html, text = shown(usage, "table = fleet.usage(clusters); table")
    heads, *rows, total = Cells(html).rows
    assert heads[:4] == ["owner", "clusters", "uptimeHours", "nodeHours"]
    assert [row[:4] for row in rows] == [
        ["김철수", "1", "1.5", "1,500"],
        ["kim", "1", "18.0", "72"],
        ["lee", "1", "4.5", ""],
    ]
    assert total[:4] == ["total", "3", "24.0", "1,572"]
    assert re.fullmatch(r"\d+%", total[heads.index("nodeHoursKnown")])
    lines = as_rows(text)
    assert lines[0][:4] == heads[:4]
    assert set("".join(lines[4])) == {"-"}
    assert lines[5][:4] == total[:4]
    assert len({width(line) for line in text.split("\n\n")[0].splitlines() if line.strip("- ")}) == 1
    assert usage.value("len(table)") == 3  # the total is not in the value


def test_a_cluster_that_ran_in_two_periods_counts_once_in_the_total(usage):
    html, _ = shown(usage, "by_day = fleet.usage(clusters, freq='D'); by_day")
    heads, *rows, total = Cells(html).rows
    count, period = heads.index("clusters"), heads.index("period")
    assert [row[count] for row in rows if row[0] == "kim"] == ["1", "1"]
    assert (total[count], total[period]) == ("3", "")
    assert any("21 Jun 2026" in row[period] for row in rows)


@pytest.mark.parametrize(
    ("freq", "name"),
    [
        *(("D", "21 Jun 2026"), ("2D", "21-22 Jun 2026"), ("W", "15-21 Jun 2026"), ("2W", "15-28 Jun 2026")),
        *(("M", "Jun 2026"), ("2M", "May-Jun 2026"), ("Q", "2026 Q2"), ("Y", "2026"), ("2Y", "2026-2027")),
        *(("h", "21 Jun 2026 12:00"), ("6h", "21 Jun 2026 12:00"), ("15min", "21 Jun 2026 12:00")),
    ],
)
def test_a_period_is_named_as_in_charts(usage, freq, name):
    usage.shell.user_ns["freq"] = freq
    html, _ = shown(usage, "fleet.usage(clusters[:1], freq=freq)")
    assert Cells(html).rows[1][1] == name


def test_shares_of_the_total_are_weighted_by_uptime(usage):
    html, _ = shown(usage, "fleet.usage(clusters)")
    heads, *_, total = Cells(html).rows
    inferred = usage.value("fleet.usage(clusters)").eval("(nodeHoursInferred * uptimeHours).sum() / uptimeHours.sum()")
    assert total[heads.index("nodeHoursInferred")] == f"{inferred:.0%}" == "81%"


@pytest.mark.parametrize(
    "change",
    [
        "table[table['nodeHours'] > 50]",
        "table.head(2)",
        "table.assign(nodeHours=table['nodeHours'] * 2)",
        "table.round({'uptimeHours': 0, 'nodeHours': -3})",
        "table.assign(uptimeHours=table['uptimeHours'].cumsum())",
        "pd.concat([table, table], ignore_index=True)",
    ],
)
def test_a_table_that_was_changed_shows_no_total(usage, change):
    usage.run("table = fleet.usage(clusters)")
    html, text = shown(usage, change)
    assert "tfoot" not in html
    assert "total" not in {cell for row in Cells(html).rows for cell in row}
    for words in (html, text):
        assert "no total: some rows are left out or changed" in words


@pytest.mark.parametrize(
    "change", ["table.sort_values('owner')", "table.iloc[::-1]", "table.copy()", "table.assign(note='x')"]
)
def test_a_table_in_another_order_or_with_more_columns_keeps_its_total(usage, change):
    usage.run("table = fleet.usage(clusters)")
    html, _ = shown(usage, change)
    heads, *_, total = Cells(html).rows
    assert total[: heads.index("nodeHours") + 1] == ["total", "3", "24.0", "1,572"]
    assert heads[-1:] == (["note"] if "note" in change else ["nodeHoursInferred"])


@pytest.mark.parametrize(
    "change",
    [
        "table[['owner', 'nodeHours']]",
        "table.drop(columns='clusters')",
        "table.rename(columns={'owner': 'who'})",
        "table.set_index('owner')",
        "table.astype(str)",
        "table.T",
        "fleet.usage(clusters, None).describe()",
        "fleet.usage(clusters, None, freq='D').diff()",
        "table.groupby('owner').sum()",
        "table.groupby('owner').sum().reset_index()[['nodeHours', 'owner']]",
    ],
)
def test_a_table_with_other_columns_shows_as_pandas_shows_it(usage, change):
    usage.run("table = fleet.usage(clusters)")
    html, text = shown(usage, change)
    frame = usage.value(change)
    assert (html, text) == (frame._repr_html_(), repr(frame))


def test_one_row_and_none_need_no_total(usage):
    for line in ("fleet.usage(clusters, None)", "fleet.usage(clusters[:1])", "fleet.usage(clusters[:0])"):
        html, text = shown(usage, line)
        assert "tfoot" not in html
        assert "no total" not in html + text
        assert Cells(html).rows[0][-1] == as_rows(text)[0][-1]


def test_bounds_show_only_where_they_tell_more(usage):
    html, _ = shown(usage, "fleet.usage(clusters)")
    assert "nodeHoursLow" not in Cells(html).rows[0]
    assert "nodeHoursLow" in usage.value("fleet.usage(clusters)")


def test_many_groups_show_as_pandas_would_show_them_with_the_total_of_all(usage):
    usage.shell.user_ns["ROWS"] = [row(number, f"owner-{number:03d}", NOON, 1, 2) for number in range(70)]
    usage.run(SETUP)
    html, text = shown(usage, "fleet.usage(clusters)")
    heads, *rows, total = Cells(html).rows
    assert [row[0] for row in rows[4:7]] == ["owner-004", "…", "owner-065"]
    assert total[: heads.index("nodeHours") + 1] == ["total", "70", "70", "140"]
    assert as_rows(text)[-1][:2] == ["total", "70"]


@pytest.mark.parametrize("columns", [20, 40, 80, 120])
def test_a_table_of_usage_fits_the_terminal(usage, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    _, text = shown(usage, "fleet.usage(clusters)")
    assert all(width(line) <= columns for line in text.splitlines())
    assert text.splitlines()[0].startswith("owner")


def test_names_are_only_text(usage):
    name = "<b>'\"\x1b[31m\n\u202e"
    usage.shell.user_ns["ROWS"] = [row(number, f"{name}{number}", NOON, 1, 2) for number in range(2)]
    usage.run(SETUP)
    html, text = shown(usage, "fleet.usage(clusters)")
    assert "<b>" not in html.replace("<b>total", "")
    assert not {"\x1b", "\u202e"} & {*html, *text}


def test_a_mark_that_somebody_else_made_does_no_harm(usage):
    for attrs in ({"kind": "usage"}, {"kind": "usage", "by": None, "freq": 5, "total": []}):
        usage.shell.user_ns["other"] = pd.DataFrame({"a": [1, 2]})
        usage.shell.user_ns["other"].attrs = attrs
        html, text = shown(usage, "other")
        assert (html, text) == (usage.value("other")._repr_html_(), repr(usage.value("other")))
