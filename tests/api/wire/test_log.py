"""The logger: each request at DEBUG, decisions of the client at INFO, never a secret, silent unless it is set up."""

from __future__ import annotations

import logging
import re

import pytest
import requests
from support import client_at, client_of, run_python, spec
from wire import WireServer, answer, hang_up, page, raw

from heco_jupyter.api.display.masking import Secret
from heco_jupyter.emulator import Fault
from heco_jupyter.errors import BadRequestError, UncertainError

SECRET = "the-secret-of-the-key"


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == level]


@pytest.fixture
def debug(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Capture what the package logs at every level."""
    caplog.set_level(logging.DEBUG, "heco_jupyter")
    return caplog


def test_a_request_is_one_line_with_its_method_path_status_duration_and_attempt(debug):
    with WireServer(answer(page())) as server:
        client_at(server.url).list_clusters()
    (line,) = lines(debug, logging.DEBUG)
    assert re.fullmatch(r"GET /clusters 200 in \d+ ms, try 1", line)
    assert debug.records[0].name == "heco_jupyter"


def test_a_retry_is_logged_with_its_reason_and_delay(debug):
    with WireServer(answer(None, 503), hang_up, answer(page())) as server:
        client_at(server.url).list_clusters()
    first, second = lines(debug, logging.INFO)
    assert re.match(r"GET /clusters: trying again in \d+\.\d s, since could not list clusters: 503", first)
    assert "broke during the answer" in second
    tries = lines(debug, logging.DEBUG)
    assert [line[-5:] for line in tries] == ["try 1", "try 2", "try 3"]
    assert "503" in tries[0]
    assert "broke during the answer" in tries[1]


def test_a_rate_found_by_a_429_is_logged_once(debug, emulator):
    emulator.faults.add(Fault(method="GET", status=429, times=1))
    client_of(emulator).list_clusters()
    (line,) = [line for line in lines(debug, logging.INFO) if "at once" in line]
    assert re.fullmatch(
        r"from now on at most 8 requests at once and \d+\.\d a second; so far 1 requests, 0 retries, 1 refused", line
    )


def test_a_recovered_write_is_logged(debug, emulator):
    emulator.faults.add(Fault(method="POST", drop="after", times=1))
    client_of(emulator).create_cluster(spec())
    logged = [line for line in lines(debug, logging.INFO) if line.startswith("create etl-nightly")]
    assert "looking at what the API has now" in logged[0]
    assert logged[1] == "create etl-nightly: recovered, it was done"


def test_no_secret_and_no_control_character_is_logged(debug):
    body = {"message": f"{SECRET} \x1b[31m\nnot \u202ewelcome"}
    with WireServer(answer(page()), answer(body, 503)) as server:
        client = client_at(server.url, "the-id-of-the-key", SECRET, timeout=2.0)
        with pytest.raises(UncertainError):
            client.create_cluster(spec(adminInfo={"userId": "a", "userPw": Secret("s3cret-of-hue", "PW")}))
    logged = "\n".join(lines(debug, logging.DEBUG) + lines(debug, logging.INFO))
    assert logged
    for secret in (SECRET, "s3cret-of-hue", "czNjcmV0LW9mLWh1ZQ=="):
        assert secret not in logged
    assert not set("\x1b\u202e") & set(logged)


def test_nothing_is_printed_unless_logging_is_set_up():
    code = """
import heco_jupyter
from heco_jupyter.emulator import Emulator, Fault
with Emulator(seed="empty") as emulator:
    client = heco_jupyter.connect(emulator.url, emulator.credential_id, emulator.credential_secret)
    emulator.faults.add(Fault(status=503, times=1))
    client.list_clusters()
"""
    ran = run_python(code)
    assert ran.stdout + ran.stderr == ""


@pytest.mark.parametrize("operation", ["list_clusters", "delete_cluster"])
def test_a_key_in_headers_that_make_no_sense_is_logged_by_nobody(caplog, operation):
    def script(conversation):
        key = conversation.headers["credential-secret"]
        conversation.send(f"HTTP/1.1 400 No\r\nEcho {key}\r\nX: {key}\r\nContent-Length: 0\r\n\r\n".encode())

    with caplog.at_level(logging.DEBUG), WireServer(script) as server:
        client = client_at(server.url)
        with pytest.raises(BadRequestError):
            client.list_clusters() if operation == "list_clusters" else client.delete_cluster("x")
    assert "canary-secret-value" not in caplog.text
    assert "400 in" in caplog.text


def test_what_urllib3_logs_of_others_is_left_alone(caplog):
    with WireServer(raw(b"HTTP/1.1 200 OK\r\nEcho other\r\nContent-Length: 0\r\n\r\n")) as server:
        requests.get(server.url, timeout=10)
    assert "Echo other" in caplog.text
