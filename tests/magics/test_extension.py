"""The extension itself: loading, help, options, and answers to a mistyped line."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from support import cluster_row, writes

from heco_jupyter.api import connection


class TestLoading:
    def test_the_extension_can_be_loaded_twice_and_unloaded(self, shell):
        shell.run_line_magic("load_ext", "heco_jupyter")
        shell.run_line_magic("reload_ext", "heco_jupyter")
        shell.run_line_magic("unload_ext", "heco_jupyter")
        assert shell.find_line_magic("heco") is None
        shell.run_line_magic("load_ext", "heco_jupyter")
        assert shell.find_line_magic("heco") is not None

    def test_a_wrong_option_in_the_configuration_does_not_keep_the_extension_from_loading(self, unconnected):
        unconnected.shell.config.HecoMagics.timezone = "Asia/Soul"
        with pytest.warns(UserWarning, match="reset to their defaults"):
            unconnected.run("%reload_ext heco_jupyter")
        assert "%heco COMMAND" in unconnected.run("%heco").printed

    @pytest.mark.parametrize("in_file", ["Asia/Soul", "Asia/Seoul"])
    def test_frames_and_options_agree_after_a_reload(self, notebook, emulator, recwarn, in_file):
        emulator.load([cluster_row(1)])
        notebook.value("%config HecoMagics.timezone = 'Asia/Tokyo'\n%config HecoMagics.page_size = 7")
        notebook.shell.config.HecoMagics.timezone = in_file
        notebook.value("%reload_ext heco_jupyter")
        zone = notebook.value("%config HecoMagics.timezone")
        assert zone == ("UTC" if in_file == "Asia/Soul" else in_file)
        emulator.clear_requests()
        assert str(notebook.value("%heco list").dtypes["createdAt"]) == f"datetime64[ms, {zone}]"
        size = notebook.value("%config HecoMagics.page_size")
        assert {dict(request.query)["size"] for request in emulator.requests} == {str(size)}

    def test_options_stay_as_they_were_after_a_refusal_and_a_reload(self, notebook, recwarn):
        notebook.value("%config HecoMagics.ask_above = 5\n%config HecoMagics.timezone = 'Asia/Seoul'")
        notebook.refusal("%config HecoMagics.ask_above = -1")
        notebook.refusal("%config HecoMagics.timezone = 'Asia/Soul'")
        notebook.value("%reload_ext heco_jupyter")
        assert notebook.value("%config HecoMagics.ask_above") == 5
        assert notebook.value("%config HecoMagics.timezone") == connection.current().settings.timezone == "Asia/Seoul"
        assert not recwarn

    def test_tracebacks_are_as_the_option_says_after_a_reload(self, unconnected):
        unconnected.value("%config HecoMagics.tracebacks = True")
        unconnected.shell.config.HecoMagics.tracebacks = False
        unconnected.value("%reload_ext heco_jupyter")
        unconnected.refusal("%heco lst")


class TestHelp:
    @pytest.mark.parametrize("line", ["%heco", "%heco --help", "%heco -h", "%heco help"])
    def test_the_overview_needs_no_connection(self, unconnected, line):
        ran = unconnected.run(line)
        assert ran.error is None
        assert "%heco connect --local" in ran.printed

    def test_each_command_has_its_own_help(self, unconnected):
        for line in ("%heco scale --help", "%heco help scale", "%heco scale x -h"):
            assert "Example: %heco scale etl-nightly 8 --wait" in unconnected.run(line).printed

    def test_a_question_mark_shows_an_example(self, unconnected):
        for magic in ("heco", "heco_create"):
            assert "Example" in unconnected.shell.find_magic(magic, "cell" if "_" in magic else "line").__doc__


class TestOptions:
    def test_config_lists_every_option_with_its_help(self, unconnected):
        printed = unconnected.run("%config HecoMagics").printed
        for name in ("timezone", "page_size", "max_connections", "timeout", "confirm", "tracebacks"):
            assert f"HecoMagics.{name}=" in printed
        assert re.search(r"HecoMagics\.ask_above=.*\n.*\n +Current: 50", printed)

    @pytest.mark.usefixtures("running_cluster")
    def test_the_time_zone_is_used_in_frames_and_cards(self, notebook):
        notebook.run("%config HecoMagics.timezone = 'Asia/Seoul'")
        assert str(notebook.value("%heco list").dtypes["createdAt"]) == "datetime64[ms, Asia/Seoul]"
        assert "KST" in repr(notebook.value("%heco show etl-nightly"))

    def test_the_page_size_is_used(self, notebook, emulator):
        emulator.load([cluster_row(number) for number in range(5)])
        notebook.run("%config HecoMagics.page_size = 2\n%config HecoMagics.max_connections = 2")
        emulator.clear_requests()
        assert len(notebook.value("%heco list")) == 5
        assert {dict(request.query)["size"] for request in emulator.requests} == {"2"}

    @pytest.mark.parametrize(
        ("option", "words"),
        [
            ("timezone = 'Asia/Soul'", "Asia/Seoul"),
            ("page_size = 0", "less than 1"),
            ("timeout = -1", "more than 0"),
            ("max_connections = 0", "less than 1"),
            ("page_size = 'many'", "expected an int"),
            ("ask_above = -1", "less than 0"),
            ("confirm = 'no'", "expected a boolean"),
            ("prices = 'no-such-file.csv'", "cannot be read"),
            ("prices = 's3://bucket/prices.csv'", "not a path of this machine"),
            ("timezon = 'Asia/Seoul'", "did you mean timezone?"),
        ],
    )
    def test_a_refused_option_fails_the_cell_and_the_old_value_stays(self, notebook, option, words):
        before, options = connection.current().settings, notebook.run("%config HecoMagics").printed
        block = notebook.refusal(f"%config HecoMagics.{option}\nwent_on = True")
        assert words in block
        assert len(block.strip().splitlines()) <= 3
        assert "went_on" not in notebook.shell.user_ns
        assert connection.current().settings == before
        assert notebook.run("%config HecoMagics").printed == options

    @pytest.mark.slow
    def test_a_refused_option_stops_a_notebook_that_is_run_as_a_whole(self, tmp_path):
        cells = ["%load_ext heco_jupyter", "%config HecoMagics.ask_above = -1", "went_on = True"]
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        with pytest.raises(CellExecutionError, match="OptionError"):
            NotebookClient(made, kernel_name="python3").execute()
        assert [cell.execution_count for cell in made.cells] == [1, 2, None]
        assert [output.output_type for output in made.cells[1].outputs] == ["error"]


class TestBadInput:
    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("%heco lst", "did you mean list?"),
            ("%heco list --actve", "did you mean --active?"),
            ("%heco list --sort nmae,asc", "did you mean name?"),
            ("%heco list --limit -3", "--limit"),
            ("%heco show", "give CLUSTER"),
            ("%heco show nothing-like-it", "there is no cluster"),
            ("%heco scale x three", "whole number"),
            ('%heco show "a', "close the quote"),
            (f"%heco show {'x' * 5000}", "there is no cluster"),
            ("%heco create /dev/null", "the spec is empty"),
        ],
    )
    def test_one_short_block_says_what_to_do(self, notebook, emulator, line, words):
        block = notebook.refusal(line)
        assert words in block
        assert len(block.strip().splitlines()) <= 3
        assert not writes(emulator)

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("delete -- -abc --yes", "--yes stands after --"),
            ("show -foo", "a name that starts with - stands after --"),
            ("wait x --timeout 0s", "is zero"),
            ("scale x 3 --timeout 5m", "add --wait"),
        ],
    )
    def test_a_nearly_correct_line_is_answered_with_the_correction(self, notebook, emulator, line, words):
        assert words in notebook.refusal(f"%heco {line}")
        assert not emulator.requests

    def test_the_option_tracebacks_shows_the_full_traceback(self, notebook):
        notebook.run("%config HecoMagics.tracebacks = True")
        try:
            assert "Traceback" in notebook.run("%heco lst").printed
        finally:
            notebook.run("%config HecoMagics.tracebacks = False")
        notebook.refusal("%heco lst")
