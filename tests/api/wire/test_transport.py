"""The transport against a server that breaks HTTP: retries, deadlines, lost answers, and no secret anywhere."""

from __future__ import annotations

import gc
import http.client
import json
import logging
import socket
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import client_at, cluster_row, run_python, until, writes
from wire import WireServer, answer, dripping, hang_up, page, raw, reset, silent

from heco_jupyter.api.wire import transport
from heco_jupyter.api.wire.bodies import parse_json
from heco_jupyter.api.wire.deadline import Deadline
from heco_jupyter.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    HecoError,
    NotFoundError,
    RateLimitError,
    ServerError,
    TransportError,
    UncertainError,
)

if TYPE_CHECKING:
    from heco_jupyter.api.client import Client

CANARY = "canary-secret-value"
GOOD = answer(page(cluster_row(1)))
CLUSTER = cluster_row(1) | {"config": {"hdfsReplication": 2}}
OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def client_on(server: WireServer, **settings: Any) -> Client:
    return client_at(server.url, "AKID-test-0001", CANARY, **{"timeout": 5.0} | settings)


def failure(server: WireServer, kind: type[HecoError] = HecoError, **settings: Any) -> Any:
    """Return the error of a list, which must not hold the secret."""
    with pytest.raises(kind) as caught:
        client_on(server, **settings).list_clusters()
    assert CANARY not in str(caught.value)
    return caught.value


BROKEN = {
    "hung up": hang_up,
    "reset": reset,
    "garbage": raw(b"\x00\x01garbage\r\n\r\n"),
    "half a body": raw(OK_HEAD + b"Content-Length: 500\r\n\r\n{"),
    "chunks cut off": raw(OK_HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"con'),
    "bad chunk": raw(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "html": answer(raw=b"<html>login</html>", content_type="text/html"),
    "nothing": answer(raw=b""),
    "null": answer(None),
    "a list": answer([1]),
    "rows without an id": answer(page(cluster_row(1, id=7))),
    "rows that are no objects": answer({"content": [1], "totalElements": 1}),
    "no total": answer({"content": []}),
    "bad utf-8": answer(raw=b'{"content": "\xff"}'),
    "bad utf-8 in a row": answer(raw=b'{"content": [{"id": "\xff"}], "totalElements": 1}'),
    "bad gzip": answer(raw=b"not gzip", headers={"Content-Encoding": "gzip"}),
    "429": answer({}, 429),
    "429 with retry-after": answer({}, 429, {"Retry-After": "1"}),
    "502": answer(raw=b"<html>", status=502, content_type="text/html"),
    "503": answer({}, 503, {"Retry-After": "0"}),
    "504": answer({}, 504),
}


@pytest.mark.usefixtures("short_holds")
@pytest.mark.parametrize("fault", BROKEN)
def test_a_read_succeeds_after_a_transient_fault(fault):
    with WireServer(BROKEN[fault], GOOD) as server:
        frame = client_on(server).list_clusters()
        assert frame["id"].tolist() == [cluster_row(1)["id"]]
        assert len(server.requests) == 2


@pytest.mark.usefixtures("short_holds")
@pytest.mark.parametrize("fault", BROKEN)
def test_a_lasting_fault_is_reported_in_three_lines_at_most(fault):
    with WireServer(BROKEN[fault]) as server:
        error = failure(server, timeout=2.0)
        assert 1 <= len(str(error).splitlines()) <= 3
        assert 1 < len(server.requests) <= 5


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (409, ConflictError),
        (500, ServerError),
        (418, ApiError),
    ],
)
def test_a_request_with_a_final_status_is_not_retried(status, kind):
    with WireServer(answer({"message": "because"}, status)) as server:
        with pytest.raises(kind) as caught:
            client_on(server).get_cluster("some-id")
        assert caught.value.status == status
        assert "the API says: because" in str(caught.value)
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message": "m"}, "m"),
        ({"error": "Bad Request", "message": "name is taken", "status": 400}, "name is taken"),
        ({"error": {"message": "inner", "code": 7}}, "inner (7)"),
        ({"errors": [{"detail": "one"}, {"detail": "two"}]}, "one; two"),
        ({"title": "t", "detail": "d"}, "d"),
        ("just text", "just text"),
        ({"message": "이름이 중복되었습니다"}, "이름이 중복되었습니다"),
    ],
)
def test_the_words_of_the_api_are_found_in_any_shape_of_error(body, said):
    with WireServer(answer(body, 400)) as server:
        with pytest.raises(BadRequestError) as caught:
            client_on(server).get_cluster("x")
        assert caught.value.said == f"the API says: {said}"


@pytest.mark.parametrize("raw_body", [b"", b"\xff\xfe", b"{", b"<html><body>" + b"x" * 10_000, b"[" * 10_000, b"plain"])
def test_an_error_with_a_meaningless_body_is_explained_by_its_status(raw_body):
    with WireServer(answer(raw=raw_body, status=400, content_type="text/plain")) as server:
        with pytest.raises(BadRequestError) as caught:
            client_on(server).get_cluster("x")
        assert "400, the API does not accept the request" in str(caught.value)
        assert len(str(caught.value)) < 800


def test_an_error_with_a_truncated_body_is_still_that_error():
    broken = raw(b"HTTP/1.1 404 X\r\nContent-Length: 500\r\n\r\n{")
    with WireServer(broken) as server, pytest.raises(NotFoundError):
        client_on(server).get_cluster("x")


DRIPS = {
    "headers": dripping(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "one header": dripping(b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "body": dripping(OK_HEAD + b"Content-Length: 100000\r\n\r\n"),
    "body to the end of the connection": dripping(OK_HEAD + b"\r\n"),
    "chunks": dripping(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "chunk size": dripping(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "error body": dripping(b"HTTP/1.1 400 X\r\nContent-Length: 100000\r\n\r\n"),
    "nothing at all": silent,
}


@pytest.mark.parametrize("drip", DRIPS)
def test_the_deadline_holds_however_slowly_an_answer_drips(drip):
    with WireServer(DRIPS[drip]) as server:
        started = time.monotonic()
        error = failure(server, timeout=0.5)
        assert time.monotonic() - started < 10
        assert "did not answer in full within 0.5 s" in str(error)


def test_an_endless_body_is_cut_off():
    def endless(conversation):
        conversation.send(OK_HEAD + b"\r\n")
        while True:
            conversation.send(b"x" * 2**20)

    with WireServer(endless) as server:
        error = failure(server, TransportError, timeout=60.0)
        assert "more than 32 MiB" in str(error)
        assert len(server.requests) == 1


def test_a_refused_connection_is_reported_as_such():
    with WireServer(GOOD) as server:
        pass
    error = failure(server, TransportError, timeout=2.0)
    assert "no connection" in str(error)
    assert not error.sent


def test_a_connection_that_comes_too_late_is_closed(monkeypatch):
    """One that is only dropped gives a ResourceWarning, which is an error here."""
    is_late = threading.Event()
    look_up = socket.getaddrinfo

    def look_up_late(*arguments):
        is_late.wait(30)
        return look_up(*arguments)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_late)
    with WireServer(GOOD) as server:
        failure(server, TransportError, timeout=0.2)
        is_late.set()
        until(lambda: server._open and server._open[0].fileno() == -1)  # closed here, since the client has closed it
        assert not server.requests


def test_a_response_that_is_given_up_is_closed():
    two_lengths = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10, 20\r\n\r\n{}")
    with WireServer(two_lengths) as server:
        assert "unmatching" in str(failure(server, TransportError))
    gc.collect()  # what is still open gives a ResourceWarning, which is an error here


def test_a_retry_after_beyond_the_deadline_is_not_waited_for():
    with WireServer(answer({}, 429, {"Retry-After": "3600"})) as server:
        started = time.monotonic()
        error = failure(server, RateLimitError, timeout=20.0)
        assert time.monotonic() - started < 10
        assert "wait 3600 s" in str(error)
        assert len(server.requests) == 1


def test_an_api_that_refuses_everything_for_a_while_is_asked_until_it_answers_again():
    with WireServer(GOOD, *([answer({}, 429)] * 6), GOOD) as server:
        client = client_on(server)
        client.list_clusters()
        assert len(client.list_clusters()) == 1
        assert len(server.requests) == 8


def test_all_calls_share_one_retry_budget_during_an_outage():
    with WireServer(answer({}, 503)) as server:
        client = client_on(server, timeout=0.4)
        for _ in range(40):
            with pytest.raises((ServerError, TransportError)):
                client.get_cluster("x")
        assert len(server.requests) <= 40 + 30


def test_a_redirect_is_not_followed():
    with WireServer(GOOD) as elsewhere:
        location = {"Location": f"{elsewhere.url}/v2/hadoop-eco/clusters"}
        for status in (301, 302, 303, 307, 308):
            with WireServer(answer({}, status, location)) as server:
                assert "is not followed" in str(failure(server, ApiError))
                assert len(server.requests) == 1
        assert not elsewhere.requests


def test_netrc_and_cookies_are_not_used(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with WireServer(answer(page(), headers={"Set-Cookie": "a=b"}), GOOD) as server:
        client = client_on(server)
        client.list_clusters()
        client.list_clusters()
        for request in server.requests:
            assert "authorization" not in request.headers
            assert "cookie" not in request.headers


def test_a_proxy_from_the_environment_is_not_used_for_loopback(monkeypatch):
    with WireServer(GOOD) as proxy, WireServer(GOOD) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        client_on(server).list_clusters()
        assert not proxy.requests
        assert server.requests


def test_every_request_carries_the_keys_and_reads_carry_no_body():
    with WireServer(GOOD) as server:
        client_on(server).list_clusters()
        (request,) = server.requests
        assert request.headers["credential-id"] == "AKID-test-0001"
        assert request.headers["credential-secret"] == CANARY
        assert not request.body


def test_a_connection_is_reused():
    with WireServer(GOOD) as server:
        client = client_on(server)
        for _ in range(5):
            client.list_clusters()
        assert (len(server.requests), server.connections) == (5, 1)


def test_a_read_survives_the_loss_of_an_idle_connection():
    def last_answer(conversation):
        GOOD(conversation)
        conversation.keep = False

    with WireServer(last_answer) as server:
        client = client_on(server)
        for _ in range(3):
            assert len(client.list_clusters()) == 1


LOST = {
    "hung up": hang_up,
    "reset": reset,
    "garbage": raw(b"garbage\r\n\r\n"),
    "half a body": raw(OK_HEAD + b"Content-Length: 500\r\n\r\n{"),
    "html": answer(raw=b"<html>", content_type="text/html"),
    "nothing": answer(raw=b"", status=204),
    "no id": answer({"name": "x"}),
    "500": answer({}, 500),
    "502": answer({}, 502),
    "503": answer({}, 503, {"Retry-After": "0"}),
    "504": answer({}, 504),
    "silence": silent,
}


def written(server: WireServer) -> list[str]:
    """Return the methods of the requests that write."""
    return [request.method for request in writes(server)]


@pytest.mark.parametrize("fault", LOST)
def test_a_scale_with_a_lost_answer_is_recovered_by_the_worker_count(fault):
    after = answer(CLUSTER | {"workerCnt": 5, "status": "Running"})
    with WireServer(answer(CLUSTER), LOST[fault], after) as server:
        cluster = client_on(server, timeout=1.0).scale_out(CLUSTER["id"], 2)
        assert cluster.workerCnt == 5
        assert written(server) == ["POST"]


@pytest.mark.parametrize("fault", LOST)
def test_a_scale_that_cannot_be_recovered_is_uncertain_and_not_sent_again(fault):
    with WireServer(answer(CLUSTER), LOST[fault], answer(CLUSTER)) as server:
        with pytest.raises(UncertainError) as caught:
            client_on(server, timeout=1.0).scale_out(CLUSTER["id"], 2)
        assert "may have been scaled" in str(caught.value)
        assert "%heco show cluster-001" in str(caught.value)
        assert written(server) == ["POST"]


@pytest.mark.parametrize(
    ("after", "recovered"),
    [
        (answer(CLUSTER | {"status": "Terminating"}), True),
        (answer(CLUSTER | {"status": "Terminated(User)"}), True),
        (answer({}, 404), False),  # nobody has seen it: it may never have been there
        (answer(CLUSTER), False),
    ],
)
def test_a_delete_with_a_lost_answer_is_recovered_by_the_status(after, recovered):
    with WireServer(hang_up, after) as server:
        client = client_on(server)
        if recovered:
            assert client.delete_cluster(CLUSTER["id"]).id == CLUSTER["id"]
        else:
            with pytest.raises(UncertainError, match="may have been deleted"):
                client.delete_cluster(CLUSTER["id"])
        assert written(server) == ["DELETE"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 422])
def test_a_refused_write_is_neither_sent_again_nor_looked_for(status):
    with WireServer(answer({"message": "no"}, status, {"Retry-After": "0"})) as server:
        with pytest.raises(ApiError):
            client_on(server).delete_cluster("x")
        assert len(server.requests) == 1


def test_a_write_that_was_never_sent_is_sent_once_the_server_is_back(monkeypatch):
    with WireServer(hang_up) as gone:
        port = int(gone.url.rpartition(":")[2])
    with ExitStack() as stack:
        servers = []

        def come_back(attempt):
            if attempt == 2:
                server = WireServer(answer({"id": "x", "status": "Terminating"}), port=port)
                servers.append(stack.enter_context(server))
            return 0.0

        monkeypatch.setattr(transport, "backoff", come_back)
        assert client_on(gone).delete_cluster("x").id == "x"
        assert written(servers[0]) == ["DELETE"]


def test_the_pauses_between_tries_are_those_of_the_backoff(monkeypatch):
    monkeypatch.setattr(transport, "backoff", lambda attempt: 0.1 * attempt)
    slept = []
    monkeypatch.setattr(Deadline, "sleep", lambda _, seconds: slept.append(seconds))
    with WireServer(answer({}, 503)) as server:
        failure(server, ServerError)
    assert slept == pytest.approx([0.1, 0.2, 0.3, 0.4])


INTERRUPTED = """
import signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started this with SIGINT ignored
from heco_jupyter.api.client import Client
from heco_jupyter.api.model.access import Access, Credentials
from heco_jupyter.api.display.masking import Secret
client = Client(Access(sys.argv[1], Credentials("AKID-test-0001", Secret("canary-secret-value"), "the test")))
for call in (client.list_clusters, lambda: client.delete_cluster("some-id")):
    threading.Timer(0.5, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT]).start()
    try:
        call()
    except BaseException as error:
        print(type(error).__name__, repr(str(error)))
"""


def test_ctrl_c_ends_a_read_at_once_and_makes_a_sent_write_uncertain():
    with WireServer(silent) as server:
        started = time.monotonic()
        ran = run_python(INTERRUPTED, server.url)
        assert time.monotonic() - started < 20
        read, write = ran.stdout.splitlines()
        assert read.startswith("KeyboardInterrupt")
        assert "you interrupted it after it was sent; it may have been deleted" in write
        assert written(server) == ["DELETE"]


def test_a_write_opens_a_new_connection():
    with WireServer(answer(CLUSTER), answer({"id": "x"})) as server:
        client = client_on(server)
        client.get_cluster("x")
        client.delete_cluster("x")
        assert server.connections == 2


class TestSecrets:
    def test_no_log_record_and_no_debug_output_shows_the_secret(self, caplog, capfd, monkeypatch):
        monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
        with caplog.at_level(logging.DEBUG), WireServer(GOOD) as server:
            client_on(server).list_clusters()
        out, err = capfd.readouterr()
        assert CANARY not in caplog.text + out + err

    @pytest.mark.parametrize("fault", [hang_up, answer({"message": f"bad key {CANARY}"}, 401), silent])
    def test_no_stack_frame_and_no_cause_of_an_error_shows_the_secret(self, fault):
        with WireServer(fault) as server, pytest.raises(HecoError) as caught:
            client_on(server, timeout=0.5).list_clusters()
        error: BaseException | None = caught.value
        while error is not None:
            assert CANARY not in f"{error} {error!r} {vars(error)}"
            trace = error.__traceback__
            while trace is not None:
                if "heco_jupyter" in trace.tb_frame.f_code.co_filename:
                    assert CANARY not in repr(trace.tb_frame.f_locals)
                assert "/requests/" not in trace.tb_frame.f_code.co_filename
                assert "/urllib3/" not in trace.tb_frame.f_code.co_filename
                trace = trace.tb_next
            error = error.__cause__ or error.__context__

    def test_a_body_that_repeats_the_secret_is_shown_masked(self):
        with WireServer(answer(raw=f"<p>{CANARY}</p>".encode(), content_type="text/html")) as server:
            assert "••••••" in str(failure(server, timeout=1.0))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(json_values, st.booleans())
def test_json_is_read_exactly_as_python_reads_it(value, in_ascii):
    text = json.dumps(value, ensure_ascii=in_ascii)
    assert repr(parse_json(text.encode("utf-8", "surrogatepass"))) == repr(json.loads(text))
