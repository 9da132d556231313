"""What is read of a request before it is answered, and how large it may be."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import threading
import time
import tracemalloc

import pytest

from heco_jupyter.emulator import Fault, exchange, server
from heco_jupyter.emulator.exchange import LARGEST_BODY, LARGEST_HEADERS

CLUSTERS = "/v2/hadoop-eco/clusters"
GIB = 1024**3
LINGER_SECONDS = 60.0
"""How long a refused client is given to finish here: a test that waits for it takes far longer than any other."""


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog):
    """Fail if tornado or asyncio had something to complain about."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.fixture
def at_once(monkeypatch):
    """Fail if the test waited for a client that was refused."""
    monkeypatch.setattr(exchange, "LINGER_SECONDS", LINGER_SECONDS)
    began = time.perf_counter()
    yield
    assert time.perf_counter() - began < LINGER_SECONDS / 2


ANNOUNCED = [{"Content_Length": str(GIB)}, {"Transfer_Encoding": "chunked"}]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("announced", ANNOUNCED, ids=["length", "chunked"])
@pytest.mark.parametrize(
    "case",
    [
        (f"POST {CLUSTERS}", {"keys": False}, 401),
        (f"POST {CLUSTERS}", {"keys": ("who", "ever")}, 401),
        (f"GET {CLUSTERS}", {"keys": False}, 401),
        (f"DELETE {CLUSTERS}/a", {"keys": False}, 401),
        (f"POST {CLUSTERS}/a/scale-out", {"keys": False}, 401),
        (f"POST {CLUSTERS}", {"Host": "example.com"}, 403),
        ("POST /v2/hadoop-eco/cluster", {}, 404),
        ("POST /", {"keys": False}, 404),
        (f"PUT {CLUSTERS}", {}, 405),
        (f"POST {CLUSTERS}", {"Cookie": "x" * LARGEST_HEADERS}, 431),
    ],
)
def test_a_refused_request_is_answered_before_its_body_is_sent(emulator, raw, announced, case):
    line, headers, status = case
    connection = raw(emulator)
    connection.send_head(*line.split(), **headers, **announced)
    response = connection.response()
    assert response.status == status
    assert set(json.loads(response.content)) == {"code", "message"}
    assert response.headers["Connection"] == "close"
    assert connection.is_closed()


@pytest.mark.usefixtures("at_once")
def test_a_write_with_the_read_only_key_is_answered_before_its_body_is_sent(emulator, raw):
    connection = raw(emulator)
    connection.send_head(keys=(emulator.read_only_id, emulator.read_only_secret), Content_Length=GIB)
    assert connection.response().status == 403
    assert connection.is_closed()


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("length", [LARGEST_BODY + 1, GIB, 10**30, "9" * 5000, f"{'0' * 100}{GIB}"])
def test_a_body_that_is_too_large_is_refused_before_it_is_sent(emulator, raw, length):
    connection = raw(emulator)
    connection.send_head(Content_Length=length)
    response = connection.response()
    assert response.status == 413
    assert str(LARGEST_BODY) in json.loads(response.content)["message"]
    assert connection.is_closed()


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("size", [100_000, LARGEST_BODY, GIB])
def test_a_chunked_body_is_refused_as_soon_as_too_much_of_it_has_arrived(emulator, raw, size):
    connection = raw(emulator)
    connection.send_head(Transfer_Encoding="chunked")
    if size == GIB:
        connection.socket.sendall(b"%x\r\n%s" % (size, b" " * (LARGEST_BODY + 1)))
    else:
        for _ in range(LARGEST_BODY // size + 1):
            connection.send_chunk(b" " * size)
    assert connection.response().status == 413
    assert connection.is_closed()


@pytest.mark.parametrize("is_chunked", [True, False])
def test_a_body_may_be_as_large_as_the_limit(emulator, raw, api, body, is_chunked):
    padded = json.dumps(body(name="large")).encode().ljust(LARGEST_BODY)
    connection = raw(emulator)
    if is_chunked:
        connection.send_head(Transfer_Encoding="chunked")
        for start in range(0, LARGEST_BODY, 100_000):
            connection.send_chunk(padded[start : start + 100_000])
        connection.socket.sendall(b"0\r\n\r\n")
    else:
        connection.send_head(Content_Length=len(padded))
        connection.socket.sendall(padded)
    assert connection.response().status == 200
    assert [item["name"] for item in api.items()] == ["large"]
    assert emulator.requests[0].body["name"] == "large"


@pytest.mark.parametrize(("announced", "keys"), [(ANNOUNCED[0], False), (ANNOUNCED[0], True), (ANNOUNCED[1], True)])
def test_a_body_that_is_sent_all_the_same_is_neither_read_to_its_end_nor_kept(emulator, raw, announced, keys):
    connection = raw(emulator)
    connection.send_head(keys=keys, **announced)
    if "Transfer_Encoding" in announced:
        connection.socket.sendall(b"%x\r\n" % GIB)
    block, sent = b" " * 65_536, 0
    tracemalloc.start()
    try:
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while sent < GIB:
                sent += connection.socket.send(block)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * LARGEST_BODY
    assert sent < 32 * LARGEST_BODY  # most of it lies in the buffers of the sockets


@pytest.mark.parametrize("size", [10, 60_000, 900_000])
def test_a_refused_client_that_sends_its_body_gets_the_answer_and_no_reset(emulator, caller, size):
    stranger = caller(emulator, "who", "ever")
    for _ in range(20):
        assert stranger.call("POST", data=b" " * size).status_code == 401
        assert stranger.call("PUT", data=iter([b" " * size])).status_code == 405


def test_a_refused_client_may_send_its_whole_body_before_it_reads(emulator, raw):
    for _ in range(20):
        connection = raw(emulator)
        connection.send_head(keys=False, Content_Length=900_000)
        connection.socket.sendall(b" " * 900_000)
        assert connection.response().status == 401
        assert connection.is_closed()


def test_a_client_that_waits_for_100_continue_is_asked_for_its_body_only_if_it_is_wanted(emulator, raw, body):
    refused, served = raw(emulator), raw(emulator)
    refused.send_head(keys=False, Content_Length=10, Expect="100-continue")
    assert refused.response().status == 401
    created = json.dumps(body()).encode()
    served.send_head(Content_Length=len(created), Expect="100-continue")
    assert served.socket.recv(100).startswith(b"HTTP/1.1 100 ")
    served.socket.sendall(created)
    assert served.response().status == 200


def test_a_slow_body_does_not_delay_others(emulator, raw, api, body):
    created = json.dumps(body(name="slow")).encode()
    slow = [raw(emulator) for _ in range(20)]
    for connection in slow:
        connection.send_head(Content_Length=len(created))
        connection.socket.sendall(created[:1])
    assert api.items() == []
    statuses = []
    for connection in slow:
        connection.socket.sendall(created[1:])
        statuses.append(connection.response().status)
    assert sorted(statuses) == [200] + [409] * 19


def test_a_body_in_tiny_chunks_does_not_delay_others(emulator, raw, api):
    """Tornado before 6.6 takes seconds over this one, and does nothing else meanwhile (CVE-2026-115927)."""
    served = _waits_beside_tiny_chunks(raw(emulator), api)
    refused = _waits_beside_tiny_chunks(raw(emulator), api, b" " * (LARGEST_BODY + 1))
    for waits in served, refused:
        assert max(waits, default=0) <= 2 / 3 * sum(served)  # none where the body was refused at once


def _waits_beside_tiny_chunks(connection, api, first=b" "):
    """How long each of the requests took that were answered while a body in tiny chunks was read."""
    connection.send_head(Transfer_Encoding="chunked", Connection="close")
    connection.send_chunk(first)
    connection.socket.settimeout(60)  # a busy machine takes long over so many chunks

    def exchange():
        with contextlib.suppress(ConnectionError):
            connection.socket.sendall(b"1\r\n \r\n" * 300_000 + b"0\r\n\r\n")
            while connection.socket.recv(65_536):
                pass

    exchanging = threading.Thread(target=exchange)
    answered = [time.perf_counter()]
    exchanging.start()
    while exchanging.is_alive():
        assert api.call("GET").status_code == 200
        answered.append(time.perf_counter())
    return [after - before for before, after in itertools.pairwise(answered)]


def test_a_body_that_takes_too_long_ends_the_connection(monkeypatch, make, raw):
    monkeypatch.setattr(server, "_BODY_SECONDS", 0.1)
    connection = raw(make())
    connection.send_head(Content_Length=10)
    connection.socket.sendall(b"{")
    assert connection.is_closed()


@pytest.mark.usefixtures("at_once")
def test_headers_without_end_are_not_kept(emulator, raw):
    connection = raw(emulator)
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        while True:
            connection.socket.sendall(b"X: " + b"x" * 65_536)


def test_a_refused_request_without_a_body_leaves_the_connection_open(emulator, raw):
    connection = raw(emulator)
    for headers, status in [({"keys": False}, 401), ({"Host": "example.com"}, 403), ({"Content_Length": "0"}, 200)]:
        connection.send_head("GET", **headers)
        assert connection.response().status == status


def test_refused_requests_are_recorded_without_their_bodies(emulator, raw, caller, body):
    connection = raw(emulator)
    connection.send_head(path=f"{CLUSTERS}?x=1", Content_Length=GIB)
    assert connection.response().status == 413
    assert caller(emulator, "who", "ever").call("POST", json=body()).status_code == 401
    assert caller(emulator).call("POST", json=body(name="served")).status_code == 200
    large, stranger, served = emulator.requests
    assert (large.method, large.query, large.body, large.status) == ("POST", [("x", "1")], None, 413)
    assert (stranger.body, stranger.status) == (None, 401)
    assert (served.body["name"], served.status) == ("served", 200)


@pytest.mark.parametrize("announced", [*ANNOUNCED, {}], ids=["length", "chunked", "none"])
def test_faults_happen_to_refused_requests_too(emulator, raw, announced):
    emulator.faults.add(
        Fault(status=503, times=1, headers={"Retry-After": "7"}),
        Fault(drop="before", times=1),
        Fault(drop="after", times=1),
        Fault(truncate=True, times=1, body="x" * 100),
        Fault(latency=0.2, times=1),
    )

    def ask():
        connection = raw(emulator)
        connection.send_head(keys=False, **announced)
        return connection

    failed = ask().response()
    assert (failed.status, failed.headers["Retry-After"]) == (503, "7")
    assert ask().is_closed()
    assert ask().is_closed()
    cut = b""
    connection = ask()
    while data := connection.socket.recv(1000):
        cut += data
    assert b"Content-Length: 100\r\n" in cut
    assert cut.endswith(b"\r\n\r\n" + b"x" * 50)
    began = time.perf_counter()
    assert ask().response().status == 401
    assert time.perf_counter() - began >= 0.2
    assert [request.status for request in emulator.requests] == [503, None, None, 401, 401]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("latency", [0, 60])
def test_a_stop_does_not_wait_for_refused_clients(emulator, raw, latency):
    if latency:
        emulator.faults.add(Fault(latency=latency))
    before = threading.active_count()
    for announced in ANNOUNCED:
        connection = raw(emulator)
        connection.send_head(keys=False, **announced)
        if not latency:
            connection.response()
    while len(emulator.requests) < len(ANNOUNCED):
        time.sleep(0.001)
    emulator.stop()
    assert threading.active_count() == before - 1
    assert connection.is_closed()
