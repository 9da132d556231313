"""The logger: every request at DEBUG, what the client decides at INFO, never a secret, silence unless asked for."""

from __future__ import annotations

import logging
import re
import subprocess
import sys

import pytest
from support import spec
from wire import WireServer, answer, hang_up, page

from heco_jupyter.api.client import Client
from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.model.access import Access, Credentials
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.emulator import Fault
from heco_jupyter.errors import UncertainError

pytestmark = pytest.mark.fast

SECRET = "the-secret-of-the-key"


def client_of(url: str, **settings: object) -> Client:
    return Client(Access(url, Credentials("the-id-of-the-key", Secret(SECRET), "the test")), Settings(**settings))


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == level]


@pytest.fixture
def debug(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "heco_jupyter")
    return caplog


def test_a_request_is_a_line_with_method_path_status_time_and_try(debug):
    with WireServer(answer(page())) as server:
        client_of(server.url).list_clusters()
    (line,) = lines(debug, logging.DEBUG)
    assert re.fullmatch(r"GET /clusters 200 in \d+ ms, try 1", line)
    assert debug.records[0].name == "heco_jupyter"


def test_a_retry_tells_why_and_when(debug):
    with WireServer(answer(None, 503), hang_up, answer(page())) as server:
        client_of(server.url).list_clusters()
    first, second = lines(debug, logging.INFO)
    assert re.match(r"GET /clusters: trying again in \d+\.\d s, since could not list clusters: 503", first)
    assert "broke during the answer" in second
    tries = lines(debug, logging.DEBUG)
    assert [line[-5:] for line in tries] == ["try 1", "try 2", "try 3"]
    assert "503" in tries[0]
    assert "broke during the answer" in tries[1]


def test_narrowing_after_a_429_is_told_once_for_a_burst(debug, emulator, make_client):
    emulator.faults.add(Fault(method="GET", status=429, times=1))
    make_client(emulator).list_clusters()
    narrowed = [line for line in lines(debug, logging.INFO) if "at once" in line]
    assert narrowed == ["429, too many requests: from now on at most 4 requests at once"]


def test_a_recovered_write_is_told(debug, emulator, make_client):
    emulator.faults.add(Fault(method="POST", drop="after", times=1))
    make_client(emulator).create_cluster(spec())
    told = [line for line in lines(debug, logging.INFO) if line.startswith("create etl-nightly")]
    assert "looking at what the API has now" in told[0]
    assert told[1] == "create etl-nightly: recovered, it was done"


def test_no_secret_and_no_control_character_is_logged(debug, monkeypatch):
    monkeypatch.setattr("heco_jupyter.api.writes.recovery._PAUSES", (0.0,))
    body = {"message": f"{SECRET} \x1b[31m\nnot \u202ewelcome"}
    with WireServer(answer(body, 503)) as server:
        client = client_of(server.url, timeout=2.0)
        with pytest.raises(UncertainError):
            client.create_cluster(spec(adminInfo={"userId": "a", "userPw": Secret("s3cret-of-hue", "PW")}))
    told = "\n".join(lines(debug, logging.DEBUG) + lines(debug, logging.INFO))
    assert told
    for secret in (SECRET, "s3cret-of-hue", "czNjcmV0LW9mLWh1ZQ=="):
        assert secret not in told
    assert not set("\x1b\u202e") & set(told)


def test_nothing_is_printed_unless_logging_is_set_up():
    code = """
import heco_jupyter
from heco_jupyter.emulator import Emulator, Fault
with Emulator(seed="empty") as emulator:
    client = heco_jupyter.connect(emulator.url, emulator.credential_id, emulator.credential_secret)
    emulator.faults.add(Fault(status=503, times=1))
    client.list_clusters()
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout + ran.stderr == ""
