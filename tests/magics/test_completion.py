"""Tab, as IPython's completer asks."""

from __future__ import annotations

import warnings

import pytest
from support import cluster_row

from heco_jupyter.api import connection
from heco_jupyter.magics.completion import cell_candidates


def offered(shell, line):
    """Return the lines that Tab at the end of `line` offers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # IPython calls its own completer provisional
        found = list(shell.Completer.completions(line, len(line)))
    return [line[: item.start] + item.text for item in found]


@pytest.mark.parametrize("before", ["", "df = ", "  ", "a, b = "])
def test_commands_are_offered_wherever_the_magic_stands(loose, before):
    assert offered(loose.shell, f"{before}%heco li") == [f"{before}%heco list"]


def test_every_command_is_offered_after_the_magic(loose):
    assert "%heco scale-out" in offered(loose.shell, "%heco ")


def test_flags_and_only_flags_are_offered_after_a_dash(loose):
    assert sorted(offered(loose.shell, "%heco list --a")) == ["%heco list --active", "%heco list --api-key-status"]
    assert offered(loose.shell, "%%heco_create --dr") == ["%%heco_create --dry-run"]


def test_a_flag_that_is_there_is_not_offered_again_unless_it_repeats(loose):
    assert "%heco list --active --active" not in offered(loose.shell, "%heco list --active --ac")
    assert offered(loose.shell, "%heco list --sort name,asc --so") == ["%heco list --sort name,asc --sort"]


def test_values_are_offered_for_flags_and_places(loose):
    assert offered(loose.shell, "%heco list --sort createdAt,d") == ["%heco list --sort createdAt,desc"]
    assert offered(loose.shell, "%heco wait x --for t") == ["%heco wait x --for terminated"]
    assert offered(loose.shell, "%heco template h") == ["%heco template hive"]


def test_cluster_names_last_seen_are_offered_without_a_call(notebook, emulator):
    names = ["etl-nightly", "추천-배치", "two words"]
    emulator.load([cluster_row(number, name=name) for number, name in enumerate(names)])
    assert "%heco show etl-nightly" not in offered(notebook.shell, "%heco show e")
    connection.current().list_clusters()
    emulator.clear_requests()
    assert offered(notebook.shell, "%heco show e") == ["%heco show etl-nightly"]
    assert offered(notebook.shell, "%heco scale 추") == ["%heco scale 추천-배치"]
    assert '%heco show "two words"' in offered(notebook.shell, "%heco show ")
    assert not emulator.requests


@pytest.mark.parametrize("line", ["print(", "%heconomy l", "x = list", "%heco nonsense "])
def test_other_lines_are_left_alone(loose, line):
    assert not any("--help" in text for text in offered(loose.shell, line))


class TestInACell:
    CELL = "%%heco_create etl\nname: etl\nconfig:\n  hdfsReplication: 2\n"

    def offered(self, shell, line, cell=CELL):
        text = cell + line
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = list(shell.Completer.completions(text, len(text)))
        return [(text[: item.start] + item.text).rpartition("\n")[2] for item in found]

    def test_fields_are_offered_by_their_beginning_whatever_its_case(self, loose):
        assert self.offered(loose.shell, "worker") == ["workerCnt:", "workerFlavorName:", "workerVolumeSize:"]
        assert self.offered(loose.shell, "ISH") == ["isHa:"]

    def test_fields_of_a_part_are_offered_within_it_and_only_those_that_are_not_there(self, loose):
        assert self.offered(loose.shell, "  hdfs") == ["  hdfsBlockSize:"]
        assert cell_candidates(["name: etl"], "na") == []

    def test_vocabularies_are_offered_for_values(self, loose):
        cell = "%%heco_create\nuserTask:\n"
        assert self.offered(loose.shell, "  terminationPolicy: ", cell) == [
            f"  terminationPolicy: {word}" for word in ("always", "never", "onSuccess")
        ]
        assert self.offered(loose.shell, "  type: h", cell) == ["  type: hive"]
        assert self.offered(loose.shell, "isHa: t") == ["isHa: true"]
        assert self.offered(loose.shell, "adminInfo:\n  userPw: ") == ["  userPw: !secret"]

    def test_where_nothing_fits_nothing_is_offered(self, loose):
        assert cell_candidates([], "nonsense: x") == []
        assert cell_candidates(["nonsense:"], "  wor") == []
        assert "config:" in cell_candidates([], "")
