"""The emulator on the command line."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys

import pytest
import requests

COMMAND = [sys.executable, "-W", "error", "-m", "heco_jupyter.emulator"]


@contextlib.contextmanager
def serving(*arguments):
    """Run the command on a free port, and yield the process, its banner and its URL."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        banner = ""
        while "%heco connect" not in banner:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            banner += line
        yield process, banner, re.search(r"http://127\.0\.0\.1:\d+", banner)[0]
    finally:
        process.kill()
        process.communicate()


def listed(url, key=("any", "thing"), **params):
    headers = {"Credential-ID": key[0], "Credential-Secret": key[1]}
    return requests.get(f"{url}/v2/hadoop-eco/clusters", headers=headers, params=params, timeout=10)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_a_fleet_to_anyone_until_it_is_interrupted(ending):
    with serving() as (process, banner, url):
        assert "any access key" in banner
        assert f"export HECO_ENDPOINT={url} " in banner
        assert f"%heco connect --endpoint {url}" in banner
        assert listed(url).json()["totalElements"] > 35
        process.send_signal(ending)
        _, errors = process.communicate(timeout=10)
        assert (process.returncode, errors) == (0, "")


def test_the_lines_for_a_shell_can_be_pasted():
    with serving("--seed", "empty") as (_, banner, _):
        lines = "\n".join(banner.split("In a shell:\n")[1].split("\n")[:3])
        shell = subprocess.run(["sh", "-c", f"{lines} -s"], capture_output=True, text=True, check=False)
        if shell.returncode == 127:
            pytest.skip("curl is not installed")
        assert json.loads(shell.stdout)["totalElements"] == 0


def test_only_the_given_credentials_are_accepted_and_the_secret_is_not_printed():
    with serving("--credential-id", "ME", "--credential-secret", "canary") as (_, banner, url):
        assert "canary" not in banner
        assert listed(url).status_code == 401
        assert listed(url, ("ME", "canary")).status_code == 200


def test_only_the_loaded_clusters_are_served(tmp_path, example):
    page = example("list-clusters-2-response.json")
    path = tmp_path / "loaded.json"
    path.write_text(json.dumps(page), encoding="utf-8")
    with serving("--load", str(path), "--max-page-size", "1") as (_, _, url):
        answer = listed(url, sort="createdAt,asc", size=50).json()
        assert (answer["content"], answer["size"], answer["totalPages"]) == (page["content"][:1], 1, 2)


def run(*arguments):
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=30)


def test_a_port_in_use_is_reported_in_one_line_that_says_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--port", str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"heco emulator: port {port} is in use: choose another with --port N, or any free one with --port 0\n"
    )


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--credential-id", "ME"], "must be given together"),
        (["--speed", "0"], "speed"),
        (["--port", "99999"], "port"),
        (["--load", "no-such-file.json"], "no-such-file.json"),
        (["--db", "no-such-folder/fleet.db"], "no-such-folder"),
    ],
)
def test_an_impossible_option_is_reported_without_a_traceback(arguments, word):
    done = run(*arguments)
    assert done.returncode != 0
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_without_clusters_is_named(tmp_path):
    path = tmp_path / "wrong.json"
    path.write_text('{"clusters": []}')
    done = run("--load", str(path))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "wrong.json" in done.stderr


def test_help_shows_an_example_and_every_option():
    text = run("--help").stdout
    options = ["--port", "--db", "--seed", "--load", "--speed", "--max-page-size", "--latency", "--credential-id"]
    assert [option for option in options if option not in text] == []
    assert "python -m heco_jupyter.emulator --port 8765" in text
