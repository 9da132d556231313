"""Completion with Tab, through IPython's own completer."""

from __future__ import annotations

import unicodedata
import warnings

import pytest
from support import cluster_row

from heco_jupyter.api import connection
from heco_jupyter.magics.completion import cell_candidates


def offered(shell, text):
    """Return what the last line of a cell becomes with each completion that Tab at its end offers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # IPython warns that its own completer is provisional
        found = list(shell.Completer.completions(text, len(text)))
    return [(text[: item.start] + item.text).rpartition("\n")[2] for item in found]


@pytest.mark.parametrize("before", ["", "df = ", "  ", "a, b = "])
def test_commands_are_offered_wherever_the_magic_is(unconnected, before):
    assert offered(unconnected.shell, f"{before}%heco li") == [f"{before}%heco list"]


def test_every_command_is_offered_after_the_magic(unconnected):
    assert "%heco scale-out" in offered(unconnected.shell, "%heco ")


def test_only_flags_are_offered_after_a_dash(unconnected):
    assert sorted(offered(unconnected.shell, "%heco list --a")) == [
        "%heco list --active",
        "%heco list --api-key-status",
    ]
    assert offered(unconnected.shell, "%heco panel x --s") == ["%heco panel x --side"]
    assert offered(unconnected.shell, "%%heco_create --dr") == ["%%heco_create --dry-run"]


def test_a_flag_is_offered_again_only_if_it_may_be_repeated(unconnected):
    assert "%heco list --active --active" not in offered(unconnected.shell, "%heco list --active --ac")
    assert offered(unconnected.shell, "%heco list --sort name,asc --so") == ["%heco list --sort name,asc --sort"]


def test_values_are_offered_for_flags_and_arguments(unconnected):
    assert offered(unconnected.shell, "%heco list --sort createdAt,d") == ["%heco list --sort createdAt,desc"]
    assert offered(unconnected.shell, "%heco wait x --for t") == ["%heco wait x --for terminated"]
    assert offered(unconnected.shell, "%heco template h") == ["%heco template hive"]


def test_the_names_of_the_last_list_are_offered_without_a_request(notebook, emulator):
    names = ["etl-nightly", "추천-배치", "two words"]
    emulator.load([cluster_row(number, name=name) for number, name in enumerate(names)])
    assert "%heco show etl-nightly" not in offered(notebook.shell, "%heco show e")
    connection.current().list_clusters()
    emulator.clear_requests()
    assert offered(notebook.shell, "%heco show e") == ["%heco show etl-nightly"]
    assert offered(notebook.shell, "%heco scale 추") == ["%heco scale 추천-배치"]
    assert '%heco show "two words"' in offered(notebook.shell, "%heco show ")
    assert not emulator.requests


def test_a_name_that_is_begun_in_quotes_is_completed_as_a_whole(notebook, emulator):
    names = ["two words", "it's", "a{b}$c", "--yes", "#1", "추천-배치"]
    emulator.load([cluster_row(number, name=name) for number, name in enumerate(names)])
    connection.current().list_clusters()
    shell = notebook.shell
    assert offered(shell, '%heco show "two w') == ['%heco show "two words"']
    assert offered(shell, "%heco delete 'two") == ['%heco delete "two words"']
    for begun in ("it", '"it', "\"it's"):
        assert offered(shell, f"%heco show {begun}") == ['%heco show "it\'s"']
    assert offered(shell, "%heco show a{{") == ['%heco show "a{{b}}$$c"']
    assert offered(shell, '%heco show "--') == ['%heco show "--yes"']
    assert offered(shell, "%heco show " + unicodedata.normalize("NFD", "추")) == ["%heco show 추천-배치"]


def test_the_argument_that_is_next_is_completed_whatever_flags_stand_before(notebook, emulator):
    emulator.load([cluster_row(1, name="web")])
    connection.current().list_clusters()
    assert offered(notebook.shell, "%heco wait --timeout 5m w") == ["%heco wait --timeout 5m web"]
    assert offered(notebook.shell, "%heco delete --yes w") == ["%heco delete --yes web"]
    assert "%heco delete web --wait" in offered(notebook.shell, "%heco delete web ")


def test_python_is_completed_by_ipython_and_a_comment_by_nobody(notebook, emulator):
    emulator.load([cluster_row(1, name="web")])
    notebook.value("webs = %heco list")
    assert "%heco show {webs" in offered(notebook.shell, "%heco show {we")
    assert "%heco show web" not in offered(notebook.shell, "%heco show {we")
    assert "%heco list # --active" not in offered(notebook.shell, "%heco list # --act")


@pytest.mark.parametrize("line", ["print(", "%heconomy l", "x = list", "%heco nonsense "])
def test_nothing_is_offered_on_other_lines(unconnected, line):
    assert not any("--help" in text for text in offered(unconnected.shell, line))


class TestInACell:
    CELL = "%%heco_create etl\nname: etl\nconfig:\n  hdfsReplication: 2\n"

    def test_fields_are_offered_by_their_beginning_in_any_case(self, unconnected):
        workers = ["workerCnt:", "workerFlavorName:", "workerVolumeSize:"]
        assert offered(unconnected.shell, f"{self.CELL}worker") == workers
        assert offered(unconnected.shell, f"{self.CELL}ISH") == ["isHa:"]

    def test_the_missing_fields_of_an_object_are_offered_within_it(self, unconnected):
        assert offered(unconnected.shell, f"{self.CELL}  hdfs") == ["  hdfsBlockSize:"]
        assert cell_candidates(["name: etl"], "na") == []

    def test_the_words_of_a_vocabulary_are_offered_as_values(self, unconnected):
        task = "%%heco_create\nuserTask:\n"
        assert offered(unconnected.shell, f"{task}  terminationPolicy: ") == [
            f"  terminationPolicy: {word}" for word in ("always", "never", "onSuccess")
        ]
        assert offered(unconnected.shell, f"{task}  type: h") == ["  type: hive"]
        assert offered(unconnected.shell, f"{self.CELL}isHa: t") == ["isHa: true"]
        assert offered(unconnected.shell, f"{self.CELL}adminInfo:\n  userPw: ") == ["  userPw: !secret"]

    def test_nothing_is_offered_where_nothing_fits(self):
        assert cell_candidates([], "nonsense: x") == []
        assert cell_candidates(["nonsense:"], "  wor") == []
        assert "config:" in cell_candidates([], "")
