"""`python -m heco_jupyter record` and its neighbours, as a service manager and cron run them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from recording import MIDNIGHT, FastClock
from support import client_of, cluster_row, until

from heco_jupyter import fleet as fleet_functions
from heco_jupyter.__main__ import main
from heco_jupyter.emulator import Fault
from heco_jupyter.live.recorder import Recorder


@pytest.fixture
def fleet(emulator, keys_in_environment):
    """Return an emulator with two clusters, whose keys are in the environment."""
    emulator.load([cluster_row(1, name="etl"), cluster_row(2, name="web")])
    return emulator


@pytest.fixture
def clock(monkeypatch):
    made = FastClock()
    monkeypatch.setattr(Recorder, "clock", made)
    return made


@pytest.fixture
def service(fleet, tmp_path):
    """Return what starts a service with nothing but PATH and keys in its environment."""
    started = []

    def start(*words):
        environment = {
            "PATH": os.environ["PATH"],
            "HECO_ENDPOINT": fleet.url,
            "HECO_CREDENTIAL_ID": fleet.credential_id,
            "HECO_CREDENTIAL_SECRET": fleet.credential_secret,
            "LC_ALL": "C",
        }
        command = [sys.executable, "-m", "heco_jupyter", *words]
        running = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
        started.append(running)
        return running

    yield start
    for running in started:
        running.kill()
        running.communicate()


def files(directory):
    return [*directory.glob("**/snapshot-*.parquet")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_ends_on_a_signal_after_the_snapshot_under_way(service, fleet, tmp_path, number):
    fleet.faults.add(Fault(path="/clusters$", latency=1.0))
    running = service("record", "h", "--every", "1h")
    until(lambda: fleet.requests)
    running.send_signal(number)
    running.send_signal(number)  # as `timeout` does
    out, err = running.communicate(timeout=30)
    assert running.returncode == 0, err
    assert len(files(tmp_path / "h")) == 1
    assert err.splitlines()[0].startswith("heco_jupyter: recording every 1 h to")
    assert "1, the last at" in out


def test_a_service_whose_api_fails_says_so_once_and_ends_at_once_on_a_signal(service, fleet):
    fleet.faults.add(Fault(status=500))
    running = service("record", "h", "--every", "1s")
    until(lambda: len(fleet.requests) > 4)
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 0
    assert err.count("\n") == 1, err
    assert "500" in err
    assert "%" not in err
    assert "recording ended" in out


def test_hours_of_failure_are_two_lines(fleet, clock, tmp_path, capsys):
    clock.at(MIDNIGHT + timedelta(minutes=15), lambda: fleet.faults.add(Fault(status=500)))
    clock.at(MIDNIGHT + timedelta(hours=3, minutes=15), fleet.faults.clear)
    assert main(["record", str(tmp_path), "--every", "10m", "--for", "4h", "--json"]) == 0
    printed = capsys.readouterr()
    began, failed, healed = printed.err.splitlines()
    assert began.startswith("heco_jupyter: recording every 10 min")
    assert "the recording goes on trying" in failed
    assert "the recording works again: it failed for 2 h 5" in healed
    told = json.loads(printed.out)
    assert told["snapshots"] == len(files(tmp_path)) == 7
    assert told["every"] == 600_000
    assert told["lastError"] is None


def test_a_service_with_wrong_keys_fails_at_once_with_one_line(fleet, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HECO_CREDENTIAL_SECRET", "wrong")
    assert main(["record", str(tmp_path / "h"), "--every", "1h"]) == 1
    printed = capsys.readouterr()
    assert not printed.out
    assert printed.err.count("\n") == 1
    assert "401" in printed.err


def test_an_archive_is_checked_in_the_time_zone_that_was_set(fleet, tmp_path, monkeypatch, capsys):
    clusters = client_of(fleet).list_clusters()
    for at in ("2026-07-01T00:00:00.000", "2026-07-01T00:09:59.990"):
        fleet_functions.snapshot(clusters, tmp_path, at)
    monkeypatch.setattr("heco_jupyter.commands.analysing.timezone", lambda: "Asia/Seoul")
    assert main(["history", str(tmp_path), "--check"]) == 0
    printed = capsys.readouterr().out
    assert "2026-07-01 09:00:00 UTC+09:00" in printed
    assert "usually every     10 min" in printed


def test_a_service_that_cannot_write_fails_at_once(fleet, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["record", str(tmp_path / "file" / "h"), "--every", "1h"]) == 1
    printed = capsys.readouterr()
    assert not printed.out
    (line,) = printed.err.splitlines()
    assert "cannot be written to" in line


def test_a_service_with_wrong_keys_fails_at_once(fleet, tmp_path, capsys):
    fleet.faults.add(Fault(status=401))
    assert main(["record", str(tmp_path / "h")]) == 1
    assert "401" in capsys.readouterr().err


def test_a_service_of_limited_time_that_took_no_snapshot_has_failed(fleet, clock, tmp_path, capsys):
    fleet.faults.add(Fault(status=500))
    assert main(["record", str(tmp_path / "h"), "--for", "30m"]) == 1
    assert "no snapshot was taken: could not list clusters: 500" in capsys.readouterr().err


def test_the_handlers_of_signals_are_put_back(fleet, clock, tmp_path, capsys):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    assert main(["record", str(tmp_path / "h"), "--for", "1m"]) == 0
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_a_snapshot_for_cron_is_a_path_and_one_line(service, tmp_path):
    running = service("snapshot", "h")
    out, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert [*map(str, files(tmp_path / "h"))] == [str(tmp_path / out.strip())]
    assert err.startswith("heco_jupyter: 2 clusters, as of ")
    assert err.count("\n") == 1


def test_a_snapshot_says_what_it_lacks(fleet, tmp_path, capsys):
    fleet.faults.add(Fault(path="/clusters/", status=500))
    assert main(["snapshot", str(tmp_path)]) == 0
    assert "the flavors of 2 clusters could not be read" in capsys.readouterr().err
    fleet.faults.add(Fault(path="/clusters$", status=500))
    assert main(["snapshot", str(tmp_path)]) == 1
    assert len(files(tmp_path)) == 1


def test_a_warning_is_one_line_without_a_place_in_the_code(fleet, capsys):
    page = {"content": [cluster_row(1)], "totalElements": 5, "totalPages": 1, "last": True, "size": 1000, "number": 0}
    fleet.faults.add(Fault(path="/clusters$", body=page))
    assert main(["list", "--json"]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("heco_jupyter: the list kept changing while it was read")


def test_the_archive_is_read_in_a_shell_as_in_a_notebook(fleet, tmp_path, capsys):
    assert main(["snapshot", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["history", str(tmp_path), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)[0]
    ((at, count),) = first["nodeCnts"]
    assert count == 4
    assert at == first["firstSeen"]
    assert main(["history", str(tmp_path), "--csv"]) == 0
    assert f'[[""{at}"", 4]]' in capsys.readouterr().out
    assert main(["history", str(tmp_path)]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert "runs" not in head.split()
    assert len(lines) == 2
    assert main(["usage", "--history", str(tmp_path), "--by", "name", "--json"]) == 0
    assert {row["name"] for row in json.loads(capsys.readouterr().out)} == {"etl", "web"}


def test_an_archive_is_checked_in_a_shell(fleet, tmp_path, capsys):
    assert main(["snapshot", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["history", str(tmp_path), "--check"]) == 0
    assert "no gaps, every snapshot whole, every file ours" in capsys.readouterr().out
    assert main(["history", str(tmp_path), "--check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["snapshots"] == 1


def test_compact_prints_the_files_it_has_written(fleet, tmp_path, capsys):
    clusters = client_of(fleet).list_clusters()
    for hour in (9, 10):
        fleet_functions.snapshot(clusters, tmp_path, f"2026-07-01T{hour:02}:00")
    assert main(["compact", str(tmp_path)]) == 0
    (path,) = capsys.readouterr().out.splitlines()
    assert Path(path).is_relative_to(tmp_path)
    assert len(fleet_functions.snapshots(tmp_path)) == 4
    assert main(["compact", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    "words",
    [
        ["record"],
        ["record", "h", "--stop"],
        ["record", "h", "--every", "often"],
        ["snapshot"],
        ["compact"],
        ["vms"],
        ["vms", "x", "--all"],
        ["usage", "--chart"],
        ["history", "h", "--check", "--since", "2026-10-01"],
    ],
)
def test_a_misuse_exits_with_2_and_names_what_a_shell_has(capsys, words):
    assert main(words) == 2
    printed = capsys.readouterr()
    assert not printed.out
    assert "%heco" not in printed.err
