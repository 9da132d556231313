"""`%heco create`, `scale`, `delete` and `wait`: what is sent, what is asked first, and what is refused."""

from __future__ import annotations

import builtins
import html
import json
from pathlib import Path
from unicodedata import normalize

import pytest
from support import SPEC, as_yaml, cluster_row, spec, writes

from heco_jupyter.api import connection
from heco_jupyter.api.model.plans import Preview


@pytest.fixture
def price_table(tmp_path):
    """Return the path of a price table."""
    path = tmp_path / "prices.csv"
    path.write_text("flavorName,pricePerHour\nm2a.xlarge,0.25\n")
    return str(path)


def sent(emulator):
    """Return the method and the body of each write."""
    return [(request.method, request.body) for request in writes(emulator)]


@pytest.mark.usefixtures("running_cluster")
class TestScaling:
    @pytest.mark.parametrize(
        ("line", "count"),
        [
            ("scale etl-nightly 5", 2),
            ("scale etl-nightly 2 --yes", 1),
            ("scale-out etl-nightly 4", 4),
            ("scale-in etl-nightly 1 --yes", 1),
        ],
    )
    def test_a_scale_is_sent_as_its_difference(self, notebook, emulator, line, count):
        assert notebook.value(f"%heco {line}").note
        assert sent(emulator) == [("POST", {"scaleCnt": count})]

    def test_scale_with_wait_returns_once_the_workers_are_there(self, notebook):
        assert notebook.value("%heco scale etl-nightly 6 --wait --timeout 60s").workerCnt == 6

    def test_fewer_workers_than_the_replication_are_refused_before_anything_is_sent(self, notebook, emulator):
        for line in ("scale etl-nightly 1 --yes", "scale-in etl-nightly 2 --yes"):
            assert "hdfsReplication is 2 and workers cannot be fewer" in notebook.refusal(f"%heco {line}")
        assert not writes(emulator)

    def test_a_dry_run_of_a_scale_shows_the_request_and_sends_nothing(self, notebook, emulator, running_cluster):
        preview = notebook.value("%heco scale etl-nightly 8 --dry-run")
        assert isinstance(preview, Preview)
        assert preview.url == f"{emulator.url}/v2/hadoop-eco/clusters/{running_cluster.id}/scale-out"
        assert (preview.method, preview.body, preview.words) == ("POST", {"scaleCnt": 5}, "3 -> 8 workers, +5")
        assert "nothing was sent" in repr(preview)
        assert not writes(emulator)

    def test_removing_workers_asks_first(self, notebook, emulator, person):
        person.answers.append("no")
        assert "nothing was sent" in notebook.refusal("%heco scale etl-nightly 2")
        assert "3 -> 2 workers, -1" in person.questions[0]
        assert not writes(emulator)
        person.answers.append("yes")
        notebook.value("%heco scale etl-nightly 2")
        assert sent(emulator) == [("POST", {"scaleCnt": 1})]

    def test_with_nobody_to_ask_a_question_is_a_refusal_that_names_yes(self, notebook, emulator, person):
        for line in ("scale etl-nightly 2", "scale-in etl-nightly 1", "delete etl-nightly"):
            assert "--yes" in notebook.refusal(f"%heco {line}")
        assert not writes(emulator)

    def test_a_worker_count_that_changed_during_the_question_stops_the_write(
        self, notebook, emulator, running_cluster, monkeypatch
    ):
        def somebody_else_scales(_question):
            client = connection.current()
            client.scale_out(running_cluster.id, 3)
            client.wait(running_cluster.id, timeout=60, workers=6)
            emulator.clear_requests()
            return "yes"

        monkeypatch.setattr(builtins, "input", somebody_else_scales)
        assert "has 6 workers now, not 3" in notebook.refusal("%heco scale-in etl-nightly 1")
        assert not writes(emulator)

    def test_every_scale_says_nodes_and_flavor_before_it_is_sent(self, notebook, emulator, person):
        words = "etl-nightly: 3 -> 5 workers, +2; 4 -> 6 nodes, workers m2a.xlarge"
        assert words in notebook.run("made = %heco scale-out etl-nightly 2").text
        assert sent(emulator) == [("POST", {"scaleCnt": 2})]
        connection.current().wait(notebook.shell.user_ns["made"].id, timeout=60, workers=5)
        person.answers.append("no")
        notebook.refusal("%heco scale etl-nightly 4")
        assert "5 -> 4 workers, -1; 6 -> 5 nodes, workers m2a.xlarge" in person.questions[0]

    def test_a_dry_run_says_nodes_flavor_and_price(self, notebook, price_table):
        assert "3 -> 8 workers, +5; 4 -> 9 nodes, workers m2a.xlarge\n" in repr(
            notebook.value("%heco scale etl-nightly 8 --dry-run")
        )
        notebook.value(f"%config HecoMagics.prices = {price_table!r}")
        preview = notebook.value("%heco scale etl-nightly 8 --dry-run")
        for shown in (repr(preview), html.unescape(preview._repr_html_())):
            assert "; 4 -> 9 nodes, workers m2a.xlarge, 1 -> 2.25 per hour" in shown

    @pytest.mark.parametrize("line", ["scale-out etl-nightly 47", "scale etl-nightly 50"])
    def test_more_nodes_than_ask_above_are_asked_about_first(self, notebook, emulator, person, price_table, line):
        notebook.value(f"%config HecoMagics.prices = {price_table!r}")
        assert "--yes" in notebook.refusal(f"%heco {line}")
        assert person.questions[0].startswith(
            "etl-nightly: 3 -> 50 workers, +47; 4 -> 51 nodes, workers m2a.xlarge, 1 -> 12.75 per hour. Type yes"
        )
        person.answers.append("no")
        assert "nothing was sent" in notebook.refusal(f"%heco {line}")
        assert not writes(emulator)
        person.answers.append("yes")
        notebook.value(f"%heco {line}")
        assert sent(emulator) == [("POST", {"scaleCnt": 47})]
        assert len(person.questions) == 3

    @pytest.mark.parametrize(
        ("options", "line"),
        [
            ("", "scale-out etl-nightly 46"),
            ("ask_above = 51", "scale-out etl-nightly 47"),
            ("confirm = False", "scale-out etl-nightly 47"),
            ("", "scale-out etl-nightly 47 --yes"),
            ("", "scale-out etl-nightly 47 --dry-run"),
        ],
    )
    def test_fewer_nodes_or_a_yes_are_not_asked_about(self, notebook, person, options, line):
        if options:
            notebook.value(f"%config HecoMagics.{options}")
        notebook.value(f"%heco {line}")
        assert not person.questions

    def test_a_price_table_that_is_gone_stops_a_scale_before_it_is_sent(self, notebook, emulator, price_table):
        notebook.value(f"%config HecoMagics.prices = {price_table!r}")
        Path(price_table).unlink()
        assert "cannot be read" in notebook.refusal("%heco scale-out etl-nightly 1")
        assert not writes(emulator)

    def test_the_option_confirm_turns_questions_off(self, notebook, emulator, person):
        notebook.run("%config HecoMagics.confirm = False")
        notebook.value("%heco scale etl-nightly 2")
        assert sent(emulator) == [("POST", {"scaleCnt": 1})]


@pytest.mark.usefixtures("running_cluster")
class TestDeleting:
    def test_delete_asks_for_the_name_of_the_cluster(self, notebook, emulator, person):
        person.answers.append("yes")
        assert "was not deleted" in notebook.refusal("%heco delete etl-nightly")
        assert not writes(emulator)
        assert "Running, 4 nodes" in person.questions[0]
        person.answers.append("etl-nightly")
        notebook.value("%heco delete etl-nightly")
        assert sent(emulator) == [("DELETE", None)]

    @pytest.mark.parametrize("meanwhile", ["Terminating", "Deleting", "Running"])
    def test_delete_reads_the_cluster_again_after_the_question(
        self, notebook, emulator, running_cluster, monkeypatch, meanwhile
    ):
        def answer(_question):
            emulator.load([running_cluster.raw | {"status": meanwhile}])
            emulator.clear_requests()
            return "etl-nightly"

        monkeypatch.setattr(builtins, "input", answer)
        if meanwhile == "Running":
            notebook.value("%heco delete etl-nightly")
        else:
            block = notebook.refusal("%heco delete etl-nightly")
            assert f"already {meanwhile}\nwait until it is gone: %heco wait etl-nightly --for terminated" in block
        methods = [request.method for request in emulator.requests]
        assert methods == (["GET", "DELETE"] if meanwhile == "Running" else ["GET"])

    @pytest.mark.parametrize("flags", ["", "--yes", "--dry-run"])
    def test_a_cluster_that_is_going_is_refused_before_any_question(self, notebook, emulator, person, flags):
        emulator.load([cluster_row(9, name="leaving", status="Terminating")])
        assert "leaving is already Terminating" in notebook.refusal(f"%heco delete leaving {flags}")
        assert not writes(emulator)
        assert not person.questions

    def test_a_korean_name_may_be_typed_as_a_mac_types_it(self, notebook, emulator, person):
        emulator.load([cluster_row(9, name="추천-배치")])
        person.answers.append(normalize("NFD", "추천-배치"))
        notebook.value("%heco delete 추천-배치")
        assert sent(emulator) == [("DELETE", None)]

    def test_delete_with_yes_and_wait_returns_the_terminated_cluster(self, notebook):
        assert notebook.value("%heco delete etl-nightly --yes --wait --timeout 60s").state.is_terminated

    def test_a_dry_run_of_a_delete_sends_nothing(self, notebook, emulator):
        preview = notebook.value("%heco delete etl-nightly --dry-run")
        assert (preview.method, preview.body) == ("DELETE", None)
        assert not writes(emulator)


def test_a_delete_that_is_interrupted_at_its_question_sends_nothing(notebook, emulator, monkeypatch):
    def interrupted(_question):
        raise KeyboardInterrupt

    emulator.load([cluster_row(1)])
    monkeypatch.setattr(builtins, "input", interrupted)
    assert "nothing was sent" in notebook.refusal("%heco delete cluster-001")
    assert not writes(emulator)


class TestWaiting:
    def test_wait_returns_the_cluster_in_its_new_state(self, notebook):
        connection.current().create_cluster(spec())
        assert notebook.value("%heco wait etl-nightly --timeout 60s").status == "Running"

    def test_a_wait_that_times_out_says_how_to_go_on(self, notebook, emulator):
        emulator.set_speed(0.001)
        connection.current().create_cluster(spec())
        assert "%heco wait etl-nightly" in notebook.refusal("%heco wait etl-nightly --timeout 0.2s")

    def test_an_interrupted_wait_ends_with_a_short_block_and_the_connection_stays(
        self, notebook, emulator, monkeypatch
    ):
        emulator.set_speed(0.001)
        connection.current().create_cluster(spec())

        def interrupt(_self, _seconds):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("heco_jupyter.api.wire.deadline.Deadline.sleep", interrupt)
            assert "stopped" in notebook.refusal("%heco wait etl-nightly")
        assert len(notebook.value("%heco list")) == 1

    def test_waiting_for_a_terminating_cluster_to_run_is_refused(self, notebook, emulator):
        emulator.load([cluster_row(1, status="Terminating")])
        assert "will not run" in notebook.refusal("%heco wait cluster-001")


class TestCreatingFromAFile:
    def test_the_paths_in_a_spec_file_are_relative_to_the_file(self, notebook, emulator, tmp_path):
        (tmp_path / "setup.sh").write_text("#!/bin/sh\ndate\n")
        body = spec(config=SPEC["config"])
        path = tmp_path / "my cluster.yaml"
        path.write_text(json.dumps(body)[:-1] + ', "name2": 1}')
        assert "line 1: name2 is not a field, did you mean name?" in notebook.refusal(f'%heco create "{path}"')
        path.write_text(as_yaml(body) + "  userScript: !file setup.sh\n")
        notebook.value(f'%heco create "{path}"')
        ((_, created),) = sent(emulator)
        assert created["config"]["userScript"] == "IyEvYmluL3NoCmRhdGUK"

    def test_a_missing_file_is_refused(self, notebook):
        assert "cannot be read: No such file" in notebook.refusal("%heco create /nowhere.yaml")
