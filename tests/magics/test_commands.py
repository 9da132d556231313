"""Every `%heco` command, typed in a shell, on the emulator."""

from __future__ import annotations

import builtins
import getpass
import json

import pandas as pd
import pytest
from support import SPEC, cluster_row, example, spec

from heco_jupyter.api import connection
from heco_jupyter.api.display.text import width
from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.plans import Preview
from heco_jupyter.emulator import Emulator

CANARY = "canary-secret-42"


@pytest.fixture
def answers(monkeypatch):
    """Return a list of what a person will type; asked beyond it, nobody is there."""
    typed: list[str] = []
    questions: list[str] = []

    def ask(question: str = "") -> str:
        questions.append(question)
        if not typed:
            raise EOFError
        return typed.pop(0)

    monkeypatch.setattr(builtins, "input", ask)
    monkeypatch.setattr(getpass, "getpass", ask)
    typed_and_asked = typed
    return typed_and_asked, questions


def writes(emulator):
    return [(request.method, request.body) for request in emulator.requests if request.method != "GET"]


@pytest.fixture
def up(notebook, emulator):
    """Return a running cluster of 3 workers and replication 2, called etl-nightly."""
    client = connection.current()
    made = client.wait(client.create_cluster(spec()).id, timeout=60)
    emulator.clear_requests()
    return made


class TestConnecting:
    def test_with_no_keys_two_lines_say_where_to_go(self, loose):
        block = loose.refusal("%heco list")
        assert len(block.strip().splitlines()) == 2
        assert "%heco login" in block
        assert "%heco connect --local" in block

    def test_local_starts_the_emulator_and_says_so(self, loose):
        ran = loose.run("%heco connect --local")
        assert "local emulator" in repr(ran.value)
        assert len(loose.value("%heco list")) > 20
        assert "local emulator" in repr(loose.value("%heco whoami"))
        assert "local emulator" in loose.value("%heco whoami")._repr_html_()

    def test_wrong_keys_fail_at_connect_with_401_in_words(self, loose, emulator, monkeypatch):
        monkeypatch.setenv("HECO_ENDPOINT", emulator.url)
        monkeypatch.setenv("HECO_CREDENTIAL_ID", "AKID-wrong-0001")
        monkeypatch.setenv("HECO_CREDENTIAL_SECRET", CANARY)
        block = loose.refusal("%heco connect")
        assert "401, the API does not accept the keys" in block
        assert "HECO_CREDENTIAL_ID" in block
        assert CANARY not in block
        assert connection.connected() is None

    def test_the_environment_is_used_without_a_connect(self, loose, emulator, monkeypatch):
        monkeypatch.setenv("HECO_ENDPOINT", emulator.url)
        monkeypatch.setenv("HECO_CREDENTIAL_ID", emulator.credential_id)
        monkeypatch.setenv("HECO_CREDENTIAL_SECRET", emulator.credential_secret)
        assert len(loose.value("%heco list")) == 0
        shown = loose.run("%heco whoami")
        assert emulator.credential_id not in shown.text
        assert emulator.credential_secret not in shown.text

    def test_login_asks_and_keeps_what_is_typed_out_of_everything(self, loose, emulator, answers):
        typed, _ = answers
        typed += [emulator.credential_id, emulator.credential_secret]
        ran = loose.run(f"%heco login --endpoint {emulator.url}")
        assert ran.error is None, ran.text
        history = "\n".join(loose.shell.history_manager.input_hist_raw)
        assert emulator.credential_secret not in ran.text + history
        assert len(loose.value("%heco list")) == 0

    def test_login_with_nobody_there_says_what_to_do(self, loose, answers):
        assert "HECO_CREDENTIAL_ID" in loose.refusal("%heco login")

    def test_local_takes_no_endpoint(self, loose):
        assert "local takes no endpoint" in loose.refusal("%heco connect --local --endpoint https://x")


class TestReading:
    def test_list_is_a_frame_and_a_value(self, notebook, emulator):
        emulator.load(example("list-clusters-1-response"))
        frame = notebook.value("df = %heco list --sort name,desc\ndf")
        assert isinstance(frame, pd.DataFrame)
        assert frame["id"].tolist() == [row["id"] for row in example("list-clusters-1-response")["content"]]

    def test_every_flag_of_list_does_its_work(self, notebook, emulator):
        rows = [
            cluster_row(1, name="추천-배치", apiKeyStatus="applied"),
            cluster_row(2, name="etl", status="Terminated(User)"),
            cluster_row(3, name="etl-2", workerCnt=9),
        ]
        emulator.load(rows)

        def names(flags):
            return notebook.value(f"%heco list {flags}")["name"].tolist()

        assert names("--name etl --sort name,asc") == ["etl", "etl-2"]
        assert names("--name 추천") == ["추천-배치"]
        assert names("--status term") == ["etl"]
        assert names("--api-key-status applied") == ["추천-배치"]
        assert names("--active --sort workerCnt,desc") == ["etl-2", "추천-배치"]
        assert names("--sort name,desc --limit 1") == ["추천-배치"]
        assert names("--sort workerCnt,asc --sort name,desc") == ["추천-배치", "etl", "etl-2"]

    def test_python_values_go_into_the_line(self, notebook, emulator):
        emulator.load([cluster_row(1, name="a"), cluster_row(2, name="b")])
        assert notebook.value("which = 'b'\n%heco list --name {which}")["name"].tolist() == ["b"]
        assert notebook.value("%heco list --name $which")["name"].tolist() == ["b"]

    def test_vms_of_one_and_of_all(self, notebook, up):
        frame = notebook.value("%heco vms etl-nightly --name WRK --sort name,asc")
        assert frame["name"].tolist() == [f"HadoopWRK-etl-nightly-{number}" for number in (1, 2, 3)]
        assert notebook.value("%heco vms --all")["clusterName"].tolist() == ["etl-nightly"] * 4

    @pytest.mark.parametrize("line", ["%heco vms", "%heco vms etl-nightly --all"])
    def test_vms_needs_one_cluster_or_all(self, notebook, line):
        assert "give one cluster, or --all" in notebook.refusal(line)

    def test_show_is_a_card_and_a_value(self, notebook, up):
        for name in ("etl-nightly", up.id, up.id[:8]):
            card = notebook.value(f"%heco show {name}")
            assert isinstance(card, Cluster)
            assert card.raw["config"]["hdfsReplication"] == 2

    def test_an_unknown_cluster_is_answered_with_the_nearest(self, notebook, up):
        assert "did you mean etl-nightly?" in notebook.refusal("%heco show etl-nigthly")


class TestScaling:
    @pytest.mark.parametrize(
        ("line", "body"),
        [
            ("scale etl-nightly 5", 2),
            ("scale etl-nightly 2 --yes", 1),
            ("scale-out etl-nightly 4", 4),
            ("scale-in etl-nightly 1 --yes", 1),
        ],
    )
    def test_a_scale_is_sent_as_its_difference(self, notebook, emulator, up, line, body):
        assert notebook.value(f"%heco {line}").note
        assert writes(emulator) == [("POST", {"scaleCnt": body})]

    def test_wait_stays_until_the_count_is_there(self, notebook, up):
        assert notebook.value("%heco scale etl-nightly 6 --wait --timeout 60s").workerCnt == 6

    def test_below_the_replication_is_refused_before_anything_is_sent(self, notebook, emulator, up):
        for line in ("scale etl-nightly 1 --yes", "scale-in etl-nightly 2 --yes"):
            assert "hdfsReplication is 2 and workers cannot be fewer" in notebook.refusal(f"%heco {line}")
        assert not writes(emulator)

    def test_a_dry_run_shows_the_request_and_the_plan_and_sends_nothing(self, notebook, emulator, up):
        preview = notebook.value("%heco scale etl-nightly 8 --dry-run")
        assert isinstance(preview, Preview)
        assert preview.url == f"{emulator.url}/v2/hadoop-eco/clusters/{up.id}/scale-out"
        assert (preview.method, preview.body, preview.words) == ("POST", {"scaleCnt": 5}, "3 -> 8 workers, +5")
        assert "nothing was sent" in repr(preview)
        assert not writes(emulator)

    def test_removing_workers_asks_first(self, notebook, emulator, up, answers):
        typed, questions = answers
        typed.append("no")
        assert "nothing was sent" in notebook.refusal("%heco scale etl-nightly 2")
        assert "3 -> 2 workers, -1" in questions[0]
        assert not writes(emulator)
        typed.append("yes")
        notebook.value("%heco scale etl-nightly 2")
        assert writes(emulator) == [("POST", {"scaleCnt": 1})]

    def test_with_nobody_to_ask_it_refuses_and_names_yes(self, notebook, emulator, up, answers):
        for line in ("scale etl-nightly 2", "scale-in etl-nightly 1", "delete etl-nightly"):
            assert "--yes" in notebook.refusal(f"%heco {line}")
        assert not writes(emulator)

    def test_a_count_that_changed_while_asking_stops_the_write(self, notebook, emulator, up, monkeypatch):
        def somebody_else_scales(_question):
            client = connection.current()
            client.scale_out(up.id, 3)
            client.wait(up.id, timeout=60, workers=6)
            emulator.clear_requests()
            return "yes"

        monkeypatch.setattr(builtins, "input", somebody_else_scales)
        assert "has 6 workers now, not 3" in notebook.refusal("%heco scale-in etl-nightly 1")
        assert not writes(emulator)

    def test_confirm_can_be_turned_off(self, notebook, emulator, up, answers):
        notebook.run("%config HecoMagics.confirm = False")
        notebook.value("%heco scale etl-nightly 2")
        assert writes(emulator) == [("POST", {"scaleCnt": 1})]


class TestDeleting:
    def test_the_name_must_be_typed(self, notebook, emulator, up, answers):
        typed, questions = answers
        typed.append("yes")
        assert "was not deleted" in notebook.refusal("%heco delete etl-nightly")
        assert not writes(emulator)
        assert "Running, 4 nodes" in questions[0]
        typed.append("etl-nightly")
        notebook.value("%heco delete etl-nightly")
        assert writes(emulator) == [("DELETE", None)]

    def test_yes_and_wait(self, notebook, up):
        assert notebook.value("%heco delete etl-nightly --yes --wait --timeout 60s").state.is_terminated

    def test_a_dry_run_deletes_nothing(self, notebook, emulator, up):
        preview = notebook.value("%heco delete etl-nightly --dry-run")
        assert (preview.method, preview.body) == ("DELETE", None)
        assert not writes(emulator)


class TestWaiting:
    def test_wait_returns_the_cluster_as_it_became(self, notebook):
        connection.current().create_cluster(spec())
        assert notebook.value("%heco wait etl-nightly --timeout 60s").status == "Running"

    def test_time_running_out_is_told(self, notebook, emulator):
        emulator.set_speed(0.001)
        connection.current().create_cluster(spec())
        assert "%heco wait etl-nightly" in notebook.refusal("%heco wait etl-nightly --timeout 0.2s")

    def test_an_interrupt_ends_it_in_a_line_and_the_connection_lives(self, notebook, emulator, monkeypatch):
        emulator.set_speed(0.001)
        connection.current().create_cluster(spec())

        def interrupt(_self, _seconds):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("heco_jupyter.api.wire.deadline.Deadline.sleep", interrupt)
            assert "stopped" in notebook.refusal("%heco wait etl-nightly")
        assert len(notebook.value("%heco list")) == 1


class TestFiles:
    def test_a_file_is_created_from_with_paths_relative_to_it(self, notebook, emulator, tmp_path):
        (tmp_path / "setup.sh").write_text("#!/bin/sh\ndate\n")
        body = spec(config=SPEC["config"])
        text = json.dumps(body)[:-1] + ', "name2": 1}'
        path = tmp_path / "my cluster.yaml"
        path.write_text(text)
        assert "line 1: name2 is not a field, did you mean name?" in notebook.refusal(f'%heco create "{path}"')
        path.write_text(_yaml(body) + "  userScript: !file setup.sh\n")
        notebook.value(f'%heco create "{path}"')
        ((_, sent),) = writes(emulator)
        assert sent["config"]["userScript"] == "IyEvYmluL3NoCmRhdGUK"

    def test_a_file_that_is_not_there_is_told_so(self, notebook):
        assert "cannot be read: No such file" in notebook.refusal("%heco create /nowhere.yaml")


def _yaml(body):
    lines = [f"{name}: {json.dumps(value)}" for name, value in body.items() if name != "config"]
    return "\n".join([*lines, "config:", *(f"  {name}: {value}" for name, value in body["config"].items())]) + "\n"


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

    def test_the_whole_traceback_comes_on_request(self, notebook):
        notebook.run("%config HecoMagics.tracebacks = True")
        try:
            assert "Traceback" in notebook.run("%heco lst").printed
        finally:
            notebook.run("%config HecoMagics.tracebacks = False")
        notebook.refusal("%heco lst")


class TestHelp:
    @pytest.mark.parametrize("line", ["%heco", "%heco --help", "%heco -h", "%heco help"])
    def test_the_overview_needs_no_connection(self, loose, line):
        ran = loose.run(line)
        assert ran.error is None
        assert "%heco connect --local" in ran.printed

    def test_each_command_explains_itself(self, loose):
        for line in ("%heco scale --help", "%heco help scale", "%heco scale x -h"):
            assert "Example: %heco scale etl-nightly 8 --wait" in loose.run(line).printed

    def test_question_marks_explain(self, loose):
        for magic in ("heco", "heco_create"):
            assert "Example" in loose.shell.find_magic(magic, "cell" if "_" in magic else "line").__doc__


class TestOptions:
    def test_config_lists_every_option_with_its_help(self, loose):
        printed = loose.run("%config HecoMagics").printed
        for name in ("timezone", "page_size", "max_connections", "timeout", "confirm", "tracebacks"):
            assert f"HecoMagics.{name}=" in printed

    def test_the_time_zone_shows_in_frames_and_cards(self, notebook, up):
        notebook.run("%config HecoMagics.timezone = 'Asia/Seoul'")
        assert str(notebook.value("%heco list").dtypes["createdAt"]) == "datetime64[ms, Asia/Seoul]"
        assert "KST" in repr(notebook.value("%heco show etl-nightly"))

    def test_page_size_and_timeout_are_used(self, notebook, emulator):
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
        ],
    )
    def test_an_option_that_makes_no_sense_is_refused_and_the_old_one_stays(self, notebook, caplog, option, words):
        before = connection.current().settings
        notebook.run(f"%config HecoMagics.{option}")
        assert words in caplog.text
        assert connection.current().settings == before


class TestCells:
    def test_a_template_is_put_below_and_can_be_run_as_it_is(self, notebook, emulator, shell):
        for kind in ("", "hive", "spark", "plain"):
            notebook.value(f"%heco template {kind}")
            cell = shell.rl_next_input
            assert cell.startswith("%%heco_create")
            preview = notebook.value(cell.replace("--wait", "--dry-run"))
            assert preview.body["workerCnt"] == 3
        assert not writes(emulator)

    @pytest.mark.parametrize("name", ["1-hive-job", "2-spark-job", "3-mysql-metastore"])
    def test_a_clone_of_each_of_the_vendors_examples_sends_the_same_body_again(self, notebook, emulator, shell, name):
        text = json.dumps(example(f"create-request-{name}")).replace("<base_64_string>", "c2VjcmV0LXBhc3N3b3Jk")
        body = json.loads(text)
        client = connection.current()
        made = client.create_cluster(body)
        notebook.value(f"%heco clone {made.id}")
        cell = shell.rl_next_input.replace(f"name: {made.name}", "name: another")
        emulator.clear_requests()
        with pytest.MonkeyPatch.context() as patch:
            for password in ("HUE_PASSWORD", "HIVE_DB_PASSWORD"):
                patch.setenv(password, "secret-password")
            notebook.value(cell.replace(" --dry-run", ""))
        ((_, sent),) = writes(emulator)
        # What the API does not tell, and what it tells by its other name.
        told = {k.replace("dataCatalogInfo", "dataCatalog"): v for k, v in sent.items() if k != "securityGroupIds"}
        for key in ("userScript", "userScriptFileUrl"):
            body["config"].pop(key, None)
        body.pop("securityGroupName", None)
        body.pop("securityGroupIds", None)
        body["dataCatalog"] = body.pop("dataCatalogInfo", body.get("dataCatalog"))
        expected = {k: v for k, v in body.items() if v is not None} | {"name": "another"}
        assert told == expected

    def test_a_clone_creates_a_cluster_like_the_first(self, notebook, emulator, shell):
        settings = {"configurations": [{"classification": "core-site", "properties": {"a": "1"}}]}
        task = {"type": "hive", "terminationPolicy": "never", "hiveQuery": "select 1;\nselect 2;\n"}
        body = spec(userTask=task, config=SPEC["config"] | {"configText": json.dumps(settings)})
        body |= {"adminInfo": {"userId": "admin", "userPw": "aHVudGVyMi1leGFtcGxl"}}
        client = connection.current()
        made = client.wait(client.create_cluster(body).id, timeout=60)
        notebook.value("%heco clone etl-nightly")
        cell = shell.rl_next_input
        assert "userPw: !secret HUE_PASSWORD" in cell
        assert "The other cluster still has this name" in cell
        client.delete_cluster(made.id)
        client.wait(made.id, "terminated", timeout=60)
        emulator.clear_requests()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HUE_PASSWORD", "hunter2-example")
            notebook.value(cell.replace(" --dry-run", ""))
        ((_, sent),) = writes(emulator)
        again = {name: value for name, value in sent.items() if name not in ("securityGroupIds", "config")}
        assert again == {name: value for name, value in body.items() if name not in ("securityGroupName", "config")}
        assert sent["config"]["hdfsReplication"] == 2


def test_the_extension_can_be_loaded_twice_and_unloaded(shell, emulator):
    shell.run_line_magic("load_ext", "heco_jupyter")
    shell.run_line_magic("reload_ext", "heco_jupyter")
    shell.run_line_magic("unload_ext", "heco_jupyter")
    assert shell.find_line_magic("heco") is None
    shell.run_line_magic("load_ext", "heco_jupyter")
    assert shell.find_line_magic("heco") is not None


def test_a_second_connection_takes_the_place_of_the_first(notebook):
    with Emulator(seed="empty") as other:
        other.load([cluster_row(1)])
        connection.connect(other.url, other.credential_id, other.credential_secret)
        assert len(notebook.value("%heco list")) == 1


class TestAfterAConnectThatFailed:
    @pytest.fixture
    def profiles(self, tmp_path, monkeypatch, emulator):
        path = tmp_path / "config.toml"
        keys = f'credential_id = "{emulator.credential_id}"\ncredential_secret = "{emulator.credential_secret}"\n'
        path.write_text(
            f"[default]\nendpoint = '{emulator.url}'\n{keys}[profile.staging]\nendpoint = 'http://127.0.0.1:9'\n{keys}"
        )
        path.chmod(0o600)
        monkeypatch.setattr("heco_jupyter.api.credentials.CONFIG_FILE", str(path))

    @pytest.mark.usefixtures("profiles")
    def test_nothing_goes_elsewhere(self, loose, emulator):
        loose.run("%config HecoMagics.timeout = 1.0")
        assert "no connection to 127.0.0.1:9" in loose.refusal("%heco connect --profile staging")
        assert "not connected: the last connect failed" in loose.refusal("%heco list")
        assert not emulator.requests
        assert loose.value("%heco connect").endpoint == emulator.url
        assert len(loose.value("%heco list")) == 0

    def test_an_earlier_connection_is_not_used_either(self, notebook, emulator):
        assert "401" in notebook.refusal(
            f"import heco_jupyter; heco_jupyter.connect('{emulator.url}', 'someone', 'wrong-one')"
        )
        emulator.clear_requests()
        assert "not connected" in notebook.refusal("%heco list")
        assert not emulator.requests


def test_an_empty_endpoint_is_not_the_usual_one(loose, monkeypatch):
    monkeypatch.setenv("HECO_CREDENTIAL_ID", "someone")
    monkeypatch.setenv("HECO_CREDENTIAL_SECRET", "something")
    assert "the endpoint is empty" in loose.refusal("%heco connect --endpoint ''")


def test_an_endpoint_that_is_not_the_api_is_told_at_connect(loose, emulator):
    cell = (
        f"heco_jupyter.connect('{emulator.url}/elsewhere', '{emulator.credential_id}', '{emulator.credential_secret}')"
    )
    block = loose.refusal(f"import heco_jupyter; {cell}")
    assert "404, there is no Hadoop Eco API at" in block
    assert "give only https://HOST" in block


def test_keys_outside_of_a_profile_are_told(loose, tmp_path, monkeypatch):
    path = tmp_path / "config.toml"
    path.write_text('credential_id = "a"\ncredential_secret = "b"\n')
    path.chmod(0o600)
    monkeypatch.setattr("heco_jupyter.api.credentials.CONFIG_FILE", str(path))
    assert "put a line [default] above them" in loose.refusal("%heco connect")


def test_an_option_that_was_refused_does_not_keep_the_extension_from_loading(loose):
    loose.run('%config HecoMagics.timezone = "Asia/Soul"')
    with pytest.warns(UserWarning, match="reset to their defaults"):
        loose.run("%reload_ext heco_jupyter")
    assert "%heco COMMAND" in loose.run("%heco").printed


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("delete -- -abc --yes", "--yes stands after --"),
        ("show -foo", "put a name that starts with - after --"),
        ("wait x --timeout 0s", "is zero"),
        ("scale x 3 --timeout 5m", "add --wait"),
    ],
)
def test_a_line_that_nearly_fits_is_told_what_to_do(notebook, emulator, line, words):
    assert words in notebook.refusal(f"%heco {line}")
    assert not emulator.requests


def test_habits_of_notebooks_are_no_mistakes(notebook, emulator):
    emulator.load([cluster_row(1)])
    assert notebook.run("%heco show cluster-001;").error is None
    assert notebook.value("%heco wait cluster-001 --for Running").id == cluster_row(1)["id"]
    notebook.run("cluster = %heco show cluster-001")
    assert notebook.value("%heco show {cluster}").id == cluster_row(1)["id"]


def test_a_cluster_on_its_way_out_is_not_waited_for_to_run(notebook, emulator):
    emulator.load([cluster_row(1, status="Terminating")])
    assert "will not run" in notebook.refusal("%heco wait cluster-001")


def test_a_delete_that_is_interrupted_at_its_question_says_that_nothing_was_sent(notebook, emulator, monkeypatch):
    def interrupted(_question):
        raise KeyboardInterrupt

    emulator.load([cluster_row(1)])
    monkeypatch.setattr("builtins.input", interrupted)
    assert "nothing was sent" in notebook.refusal("%heco delete cluster-001")
    assert not [request for request in emulator.requests if request.method != "GET"]


def test_korean_lines_up_where_a_frame_is_shown_as_text(notebook, emulator):
    emulator.load([cluster_row(1, name="추천-배치"), cluster_row(2, name="etl")])
    notebook.value("df = %heco list")
    lines = shown_as_text(notebook, 'df[["name", "workerCnt"]]').splitlines()
    assert len({width(line) for line in lines}) == 1


def test_no_option_of_pandas_and_no_frame_of_the_users_own_is_touched(notebook, emulator):
    emulator.load([cluster_row(1, name="추천-배치")])
    options = pd.describe_option("display", _print_desc=False)
    notebook.value("%heco list")
    notebook.value("import pandas as pd")
    theirs = "pd.DataFrame({'이름': ['추천-배치', 'etl']})"
    assert shown_as_text(notebook, theirs) == repr(notebook.value(theirs))
    assert pd.describe_option("display", _print_desc=False) == options


def test_unloading_puts_back_what_showed_frames_before(shell):
    formatter = shell.display_formatter.formatters["text/plain"]
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["endpoint"] = "http://127.0.0.1"
    shell.run_line_magic("unload_ext", "heco_jupyter")
    formatter.for_type(pd.DataFrame, lambda frame, printer, cycle: printer.text("theirs"))
    shell.run_line_magic("load_ext", "heco_jupyter")
    assert "theirs" not in formatter(frame)
    frame.attrs.clear()
    assert formatter(frame) == "theirs"
    frame.attrs["endpoint"] = "http://127.0.0.1"
    shell.run_line_magic("unload_ext", "heco_jupyter")
    assert formatter(frame) == "theirs"
    shell.run_line_magic("load_ext", "heco_jupyter")


def shown_as_text(notebook, cell):
    """Return how a terminal shows the value of a cell."""
    return notebook.run(cell).printed.partition("]: ")[2].strip("\n")


class TestFleet:
    @pytest.fixture
    def busy(self, notebook, emulator):
        """Return a notebook on two clusters, one of which is gone."""
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

    def test_usage_says_what_is_not_known_and_exact_tells_it(self, busy, emulator):
        ran = busy.run("%heco usage")
        assert ran.value["nodeHours"].tolist() == [8.0, pd.NA]
        assert "known for 50% of the uptime: --exact or --history DIR" in ran.text
        emulator.clear_requests()
        ran = busy.run("%heco usage --exact")
        assert ran.value["nodeHours"].tolist() == [8.0, 6.0]
        assert "known for" not in ran.text
        assert len(emulator.requests) == 3

    def test_usage_by_columns_and_periods(self, busy):
        table = busy.value("%heco usage --by owner --by name --freq D --since 2026-06-21 --until 2026-06-22")
        assert list(table.columns[:3]) == ["owner", "name", "period"]
        assert len(table) == 2

    def test_costs_come_from_the_users_own_prices(self, busy, tmp_path):
        path = tmp_path / "prices.csv"
        path.write_text("flavorName,pricePerHour\nsmall,1\n")
        ran = busy.run(f"%heco usage --prices {path}")
        assert ran.value["cost"].isna().all()
        assert "not in the cost, since they have no price: large" in ran.text
        path.write_text("flavorName,pricePerHour\nsmall,1\nlarge,10\n")
        assert busy.value(f"%heco usage --prices {path}")["cost"].tolist() == [62.0, 2 * 1 + 4 * 10]

    def test_a_history_tells_what_the_api_forgot(self, busy, emulator, tmp_path):
        busy.value(f"%heco snapshot {tmp_path}")
        emulator.load([cluster_row(1, name="alive", status="Terminated", workerCnt=0, masterCnt=0, nodeCnt=0)])
        told = busy.value(f"%heco history {tmp_path}")
        assert told.set_index("name").loc["alive", "nodeCnt"] == 4
        table = busy.value(f"%heco usage --by name --history {tmp_path}").set_index("name")
        assert table.loc["alive", "nodeHoursKnown"] == 1.0

    def test_charts_are_values_and_show_as_pictures(self, busy):
        for line in ("%heco timeline --by clusterType", "%heco usage --chart"):
            picture = busy.value(line)
            assert picture.png().startswith(b"\x89PNG")

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("%heco usage --by ownr", "did you mean owner"),
            ("%heco usage --since someday", "not a date"),
            ("%heco usage --prices none.csv", "cannot be read"),
            ("%heco history nowhere", "there are no snapshots in nowhere"),
            ("%heco timeline --by x", "there is no column 'x'"),
        ],
    )
    def test_what_makes_no_sense_is_told_in_words(self, busy, line, words):
        assert words in busy.refusal(line)
