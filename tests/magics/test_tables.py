"""How lists show in a notebook and in a terminal, and that all other frames show as pandas shows them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pandas as pd
import pytest
from otherserver import KEY_ID, KEY_SECRET, Habits, OtherServer
from shown import Cells, as_rows, shown
from support import cluster_row

from heco_jupyter.api import connection
from heco_jupyter.api.display.text import width
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
NASTY = "a\x1b[31m\x9b32m\u202e\u061c\u200b\x07\ud83d\n<b>"


@pytest.fixture
def wide(monkeypatch):
    """Widen the terminal to 200 columns."""
    monkeypatch.setenv("COLUMNS", "200")


HEADS = ["name", "status", "workerCnt", "owner", "clusterType", "age", "id"]


@pytest.mark.usefixtures("wide")
class TestLists:
    def test_a_list_shows_name_first_and_id_last_in_html_and_in_text(self, notebook, emulator):
        created = int(datetime.now(UTC).timestamp() * 1000) - 3 * 3_600_000
        row = cluster_row(1, name="추천-배치", status="Terminated(User)", workerCnt=12, createdAt=created)
        emulator.load([row])
        html, text = shown(notebook, "%heco list")
        cells = ["추천-배치", "Terminated(User)", "12", "kim@example.com", "hadoop", "3 h", row["id"]]
        assert as_rows(text) == [HEADS, cells]
        assert Cells(html).rows == [HEADS, [cells[0], "✕\xa0Terminated(User)", *cells[2:]]]
        assert "[1 rows x 14 columns]" in text
        assert "1 rows × 14 columns" in html

    def test_the_value_is_a_plain_frame_with_every_column(self, notebook, emulator):
        emulator.load([cluster_row(1)])
        frame = notebook.value("%heco list")
        assert type(frame) is pd.DataFrame
        assert list(frame) == list(CLUSTER_COLUMNS)

    @pytest.mark.parametrize(
        "cell", ["df.head(2)", "df[df['workerCnt'] > 1]", "df.sort_values('name')", "df.query('workerCnt == 3')"]
    )
    def test_some_rows_of_a_list_show_as_a_list(self, notebook, emulator, cell):
        emulator.load([cluster_row(number) for number in range(3)])
        notebook.run("df = %heco list")
        html, text = shown(notebook, cell)
        assert Cells(html).rows[0] == as_rows(text)[0] == HEADS

    @pytest.mark.usefixtures("running_cluster")
    def test_lists_of_vms_show_likewise(self, notebook):
        _, text = shown(notebook, "%heco vms etl-nightly")
        heads, first, *_ = as_rows(text)
        assert heads == ["name", "status", "isMaster", "flavorName", "ip", "floatingIp", "age", "instanceId"]
        assert (first[0], len(first[-1])) == ("HadoopWRK-etl-nightly-3", 36)
        html, _ = shown(notebook, "%heco vms --all")
        assert Cells(html).rows[0][:2] == ["name", "clusterName"]

    def test_columns_that_are_not_documented_show_before_the_id(self, notebook, emulator):
        emulator.load([cluster_row(1)])
        notebook.run("df = %heco list\ndf['cost'] = 1.5\ndf['tags'] = [['a', 'b']]")
        html, text = shown(notebook, "df")
        assert Cells(html).rows[0] == as_rows(text)[0] == [*HEADS[:-1], "cost", "tags", "id"]
        assert as_rows(text)[1][-3:] == ["1.5", "['a', 'b']", cluster_row(1)["id"]]
        notebook.run("df['age'] = 'theirs'")
        assert Cells(shown(notebook, "df")[0]).rows[0].count("age") == 1

    def test_what_is_missing_shows_as_nothing_and_whatever_a_column_became_shows(self, notebook, emulator):
        emulator.load([cluster_row(1, owner=None, workerCnt=None, createdAt=None)])
        notebook.run("df = %heco list")
        assert Cells(shown(notebook, "df")[0]).rows[1][2:6] == ["", "", "hadoop", ""]
        for change in (
            "df['createdAt'] = None",
            "df['createdAt'] = 'x'",
            "df['workerCnt'] = [[1]]",
            "df['status'] = 5.0",
            "df[5] = df['name'].astype('category')",
            "df.attrs['fetchedAt'] = 'x'",
            "df = df[:0]",
        ):
            notebook.value(change)
            html, text = shown(notebook, "df")
            assert Cells(html).rows[0][:5] == as_rows(text)[0][:5] == HEADS[:5]

    def test_many_rows_show_as_pandas_would_show_them(self, notebook, emulator):
        emulator.load([cluster_row(number) for number in range(70)])
        html, text = shown(notebook, "%heco list --sort name,asc")
        names = [row[0] for row in as_rows(text)[1:]]
        assert names == [row[0] for row in Cells(html).rows[1:]]
        assert names == [*(f"cluster-{n:03d}" for n in range(5)), "…", *(f"cluster-{n:03d}" for n in range(65, 70))]
        assert "[70 rows x 14 columns]" in text
        for option, lines in ((None, 71), (4, 6), (0, 12)):
            with pd.option_context("display.max_rows", option):
                assert len(as_rows(shown(notebook, "%heco list")[1])) == lines


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 130, 200])
def test_a_list_fits_the_terminal(notebook, emulator, monkeypatch, columns):
    rows = [cluster_row(1, name="추천-배치"), cluster_row(2, name="x" * 500), cluster_row(3, owner="한" * 300)]
    monkeypatch.setenv("COLUMNS", str(columns))
    for some in (rows[:1], rows):
        emulator.load(some)
        _, text = shown(notebook, "%heco list")
        head, *lines = text.splitlines()
        assert all(width(line) <= columns for line in (head, *lines))
        assert head.split()[0] == "name"
        assert head.split()[-1] == "id" or "id" not in head.split()
        if "id" in head.split():
            assert {line.split()[-1] for line in lines[: len(some)]} == {row["id"] for row in some}


def test_a_list_shows_name_status_and_id_on_80_columns(notebook, emulator, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    emulator.load([cluster_row(1, name="user-profile-store", status="Running(Scaling-out)")])
    assert as_rows(shown(notebook, "%heco list")[1])[0] == ["name", "status", "id"]


def test_the_columns_of_a_list_with_korean_line_up(notebook, emulator, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    emulator.load([cluster_row(1, name="추천-배치"), cluster_row(2, name="etl"), cluster_row(3, name="한글")])
    lines = shown(notebook, "%heco list")[1].split("\n\n")[0].splitlines()
    assert len({width(line[: line.index("kim@")]) for line in lines[1:]}) == 1


@pytest.mark.parametrize(
    "cell",
    [
        "df[['name', 'workerCnt']]",
        "df.drop(columns='owner')",
        "df[['name', *[c for c in df if c != 'name']]]",
        "df.groupby('owner')[['workerCnt']].sum()",
        "df.T",
        "pd.concat([df, df], axis=1)",
        "pd.DataFrame({'이름': ['추천-배치', 'etl']})",
        "pd.DataFrame(df.to_dict('list'))",
        "df['name']",
    ],
)
def test_every_other_frame_shows_as_pandas_shows_it(notebook, emulator, cell):
    emulator.load([cluster_row(1, name="추천-배치"), cluster_row(2)])
    notebook.run("import pandas as pd\ndf = %heco list")
    value = notebook.value(cell)
    data, _ = notebook.shell.display_formatter.format(value)
    assert data["text/plain"] == repr(value)
    if isinstance(value, pd.DataFrame):
        assert data["text/html"] == value._repr_html_()


def test_no_option_of_pandas_changes(notebook, emulator):
    emulator.load([cluster_row(1, name="추천-배치")])
    options = pd.describe_option("display", _print_desc=False)
    shown(notebook, "%heco list")
    assert pd.describe_option("display", _print_desc=False) == options


def test_whoever_wants_no_html_from_pandas_gets_none(notebook, emulator):
    emulator.load([cluster_row(1)])
    frame = notebook.value("%heco list")
    with pd.option_context("display.notebook_repr_html", False):  # noqa: FBT003 (pandas' own way)
        assert "text/html" not in notebook.shell.display_formatter.format(frame)[0]


@pytest.mark.parametrize("form", ["text/plain", "text/html"])
def test_unloading_puts_back_what_showed_frames_before(notebook, emulator, form):
    emulator.load([cluster_row(1)])
    shell, frame, other = notebook.shell, notebook.value("%heco list"), pd.DataFrame({"a": [1]})
    formatter = shell.display_formatter.formatters[form]

    def theirs(frame, printer=None, cycle=None):
        return printer.text("theirs") if printer else "theirs"

    shell.run_line_magic("unload_ext", "heco_jupyter")
    assert formatter(frame) == (repr(frame) if form == "text/plain" else frame._repr_html_())
    formatter.for_type(pd.DataFrame, theirs)
    shell.run_line_magic("load_ext", "heco_jupyter")
    shell.run_line_magic("reload_ext", "heco_jupyter")
    assert "cluster-001" in formatter(frame)
    assert formatter(other) == "theirs"
    shell.run_line_magic("unload_ext", "heco_jupyter")
    assert formatter(frame) == formatter(other) == "theirs"
    shell.run_line_magic("load_ext", "heco_jupyter")


UNKNOWN = {
    "text": NASTY,
    "mixed": [NASTY, 5],
    "nested": [[NASTY, {NASTY: [NASTY]}], None],
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_control_characters_of_unknown_columns_never_reach_a_terminal(unconnected, monkeypatch, kind):
    monkeypatch.setenv("COLUMNS", "300")
    given = UNKNOWN[kind]
    with OtherServer(Habits(ids="short")) as api:
        connection.connect(api.url, KEY_ID, KEY_SECRET)
        for value in given if isinstance(given, list) else [given]:
            api.add("etl", **{NASTY: value, "plain": value})
            api.vms[f"kc-{len(api.clusters):04d}"] = [{"name": "vm", "instanceId": "i", NASTY: value, "plain": value}]
        for cell in (
            *("df = %heco list\ndf", "print(df)", "df.iloc[:, 14:]", "print(df.iloc[:, -1].tolist())"),
            *("%heco vms --all", "df.to_dict('records')", "df.columns", "df.attrs", "print(df.to_csv())"),
            *("%heco show kc-0001", "c = %heco show kc-0001\nprint(dict.__repr__(c.raw))", "c.plainn"),
        ):
            ran = unconnected.run(cell)
            printed = re.sub(r"\x1b\[[0-9;]*m", "", ran.text) if ran.error else ran.text  # IPython colours tracebacks
            assert not CONTROL.search(printed), (cell, ascii(printed))
