"""`python -m heco_jupyter` as a shell or cron runs it: its output, its errors and its exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import cluster_row

from heco_jupyter.__main__ import main
from heco_jupyter.api.display.text import width
from heco_jupyter.emulator import Emulator, Fault

LONG = "x" * 180


@pytest.fixture
def fleet(emulator: Emulator, keys_in_environment: None) -> Emulator:
    """Return an emulator with three clusters, whose keys are in the environment."""
    emulator.load(
        [
            cluster_row(1, name="etl-nightly", config={"hdfsReplication": 2}),
            cluster_row(2, name="추천-배치", runningAt=None, elapsedTime=None),
            cluster_row(3, name=LONG, status="Terminated(User)"),
        ]
    )
    return emulator


def test_a_table_has_one_line_per_row_with_full_values_that_line_up(fleet, capsys):
    assert main(["list", "--sort", "name,asc"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert LONG in lines[1]
    starts = {width(line[: line.index("kim@example.com")]) for line in lines}
    assert starts == {width(head[: head.index("owner")])}


def test_json_has_the_names_and_values_of_the_api(fleet, capsys):
    assert main(["list", "--json", "--sort", "id,asc"]) == 0
    first, second, _ = json.loads(capsys.readouterr().out)
    assert list(first)[:14] == list(cluster_row(1))
    assert (first["workerCnt"], first["isScalable"], first["elapsedTime"]) == (3, True, 1000)
    assert first["createdAt"] == "2024-07-03T09:46:40.001+00:00"
    assert second["name"] == "추천-배치"
    assert second["runningAt"] is None
    assert second["elapsedTime"] is None


def test_csv_has_the_same_values_as_json(fleet, capsys):
    main(["list", "--json"])
    records = json.loads(capsys.readouterr().out)
    assert main(["list", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["name"] for row in rows] == [record["name"] for record in records]
    assert [row["elapsedTime"] for row in rows] == [str(r["elapsedTime"] or "") for r in records]


def test_a_report_is_a_page_of_text_one_object_or_the_frame_of_its_groups(fleet, capsys):
    line = ["report", "--month", "2024-07"]
    assert main(line) == 0
    text = capsys.readouterr().out
    assert text.startswith("Usage in July 2024 by owner\n====")
    assert main([*line, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    frames = {name for name, value in made.items() if isinstance(value, list) and name != "groupedBy"}
    assert frames == {"by", "clusters", "forgotten", "unknown", "days"}
    assert (made["month"], made["since"], made["amount"]) == ("2024-07", "2024-07-01T00:00:00.000+00:00", "nodeHours")
    assert [row["id"] for row in made["clusters"]] == [cluster_row(1)["id"], cluster_row(3)["id"]]
    assert main([*line, "--csv"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["owner"] == made["by"][0]["owner"]


def test_a_report_is_in_the_language_of_the_profile(fleet, capsys):
    config = Path("~/.config/heco/config.toml").expanduser()
    config.parent.mkdir(parents=True)
    config.touch(0o600)
    config.write_text('[default]\nlanguage = "ko"\ntimezone = "Asia/Seoul"\n')
    assert main(["report", "--month", "2024-07"]) == 0
    title, line, *_ = capsys.readouterr().out.splitlines()
    assert title == "2024년 7월 사용량, owner별"
    assert line == "=" * width(title)
    assert main(["report", "--month", "2024-07", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["month"], made["unknown"][0]["what"]) == ("2024-07", "measured")


def test_show_prints_a_card_or_one_object(fleet, capsys):
    assert main(["show", "etl-nightly"]) == 0
    card = capsys.readouterr().out
    assert "hdfsReplication   2" in card
    assert "%heco" not in card
    assert main(["show", "etl-nightly", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["config"] == {"hdfsReplication": 2}
    assert shown["createdAt"].startswith("2024-07-03T09:46:40")
    assert main(["show", "etl-nightly", "--csv"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert json.loads(row["config"]) == {"hdfsReplication": 2}


@pytest.mark.parametrize(
    "words",
    [
        ["lst"],
        ["list", "--lmit", "3"],
        ["list", "--limit", "none"],
        ["show"],
        ["delete", "x"],
        ["list", "--json", "--csv"],
        ["list", "—active"],
    ],
)
def test_a_misuse_prints_the_usage_and_exits_with_2(fleet, capsys, words):
    assert main(words) == 2
    printed = capsys.readouterr()
    assert not printed.out
    assert 1 <= len(printed.err.splitlines()) <= 3
    assert not fleet.requests


def test_a_word_that_the_shell_has_split_is_one_name(fleet, capsys):
    for name in ("web --yes", "{open('x', 'w')}", "$HOME", "# x", "a 'b", "", "ｗｅｂ"):
        assert main(["show", name]) == 1
        assert "there is no cluster" in capsys.readouterr().err
    assert main(["show", "--", "—active"]) == 1
    assert main(["list", "—active"]) == 2
    assert "that is a long dash (U+2014): write --active" in capsys.readouterr().err


def test_a_failure_prints_one_line_without_magics_and_exits_with_1(fleet, capsys):
    fleet.faults.add(Fault(status=401))
    assert main(["show", "etl-nightly"]) == 1
    printed = capsys.readouterr()
    assert not printed.out
    (line,) = printed.err.splitlines()
    assert "401" in line
    assert "%" not in line


def test_without_keys_it_names_the_environment_variable(capsys):
    assert main(["list"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "HECO_CREDENTIAL_ID" in line
    assert "%" not in line


@pytest.mark.parametrize("words", [[], ["--help"], ["list", "--help"], ["show", "-h"]])
def test_the_help_goes_to_standard_output(capsys, words):
    assert main(words) == 0
    printed = capsys.readouterr()
    assert "python -m heco_jupyter" in printed.out
    assert not printed.err


def run(fleet: Emulator, *words: str, **options):
    """Run a command in a process with nothing but PATH and keys in its environment."""
    environment = {
        "PATH": os.environ["PATH"],
        "HECO_ENDPOINT": fleet.url,
        "HECO_CREDENTIAL_ID": fleet.credential_id,
        "HECO_CREDENTIAL_SECRET": fleet.credential_secret,
    }
    command = [sys.executable, "-m", "heco_jupyter", *words]
    return subprocess.run(command, env=environment | options.pop("env", {}), check=False, **options)


def test_it_needs_only_keys_and_path_in_its_environment_in_any_locale(fleet):
    ran = run(fleet, "list", capture_output=True, env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert ran.returncode == 0, ran.stderr
    assert b"etl-nightly" in ran.stdout
    assert not ran.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_where_no_message_can_be_written_the_result_is_there_all_the_same(fleet):
    with Path("/dev/full").open("w") as full:
        ran = run(fleet, "list", "--status", "Runing", "--csv", stdout=subprocess.PIPE, stderr=full)
    assert ran.stdout.startswith(b"id,name")
    assert ran.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(("words", "code"), [(["show", "nothing"], 1), (["list", "--nothing"], 2)])
def test_where_no_message_can_be_written_the_exit_code_tells(fleet, words, code):
    with Path("/dev/full").open("w") as full:
        assert run(fleet, *words, stdout=subprocess.PIPE, stderr=full).returncode == code


def test_where_standard_error_is_closed_standard_output_is_the_result_alone(fleet, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["list", "--status", "Runing", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_prints_one_line_and_exits_with_1(fleet):
    with Path("/dev/full").open("w") as full:
        ran = run(fleet, "list", stdout=full, stderr=subprocess.PIPE)
    assert ran.returncode == 1
    assert ran.stderr.count(b"\n") == 1


def test_a_closed_pipe_prints_nothing_and_exits_with_1(fleet):
    reader, writer = os.pipe()
    os.close(reader)
    ran = run(fleet, "list", stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert ran.returncode == 1
    assert not ran.stderr


def test_without_a_console_as_in_a_windows_task_it_works_and_says_nothing(fleet, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["list"]) == 0
    assert main(["show", "nothing"]) == 1


@pytest.mark.parametrize(
    "name",
    ["web`id`", "$(id)-web", "{x}-web", 'it\'s a "web"', "a web; id", "web!ls", "한글 web", "\\web\\", "--web", "web"],
)
def test_a_name_in_a_message_is_one_word_of_a_shell_that_means_the_cluster(emulator, keys_in_environment, capsys, name):
    emulator.load([cluster_row(1, name=name)])
    assert main(["show", "we"]) == 1
    told = capsys.readouterr().err.partition("names that contain it: ")[2].strip()
    echoed = subprocess.run(["/bin/sh", "-c", f"printf %s {told}"], capture_output=True, text=True, check=True)
    assert main(["show", echoed.stdout, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == name


@pytest.mark.parametrize("words", [["show", "-web"], ["list", "--name", "-web"], ["show", "—web"]])
def test_a_misuse_names_no_quotes_which_a_shell_would_take_away(fleet, capsys, words):
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "quotes" not in said
    assert "--" in said


def test_a_value_that_starts_with_a_dash_goes_after_an_equals_sign(fleet, capsys):
    assert main(["list", "--name=-nightly", "--json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["etl-nightly"]
