"""Answers that nobody would think of, for reads and writes: nothing but a `HecoError` leaves the client.

In the suite, a few for each operation; `HECO_FUZZ=2000 pytest tests/faults/test_fuzz.py` tries that many.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import time
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import client_at, cluster_row, spec
from wire import WireServer, answer, page

from heco_jupyter.api.lists import frames  # noqa: F401 (loads pandas: hypothesis trips over half of it)
from heco_jupyter.api.wire import throttle, transport
from heco_jupyter.api.writes import recovery
from heco_jupyter.errors import HecoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.api.client import Client

TRIES = int(os.environ.get("HECO_FUZZ", "40"))
TIMEOUT = 0.5
ID = cluster_row(1)["id"]
OPERATIONS: dict[str, Callable[[Client], Any]] = {
    "create": lambda client: client.create_cluster(spec()),
    "get": lambda client: repr(client.get_cluster(ID)) + client.get_cluster(ID)._repr_html_(),
    "list": lambda client: repr(client.list_clusters()),
    "list VMs": lambda client: repr(client.list_vms(ID)),
    "delete": lambda client: repr(client.delete_cluster(ID)),
    "scale out": lambda client: repr(client.scale_out(ID, 1)),
    "scale in": lambda client: repr(client.scale_in(ID, 1)),
}
WRITES = {"create": "POST", "delete": "DELETE", "scale out": "POST", "scale in": "POST"}

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.just(10**400)
    | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
GOOD = [page(cluster_row(1)), cluster_row(1), {"id": ID, "name": "etl-nightly", "status": "Running"}]


@st.composite
def changed(draw: st.DrawFn) -> Any:
    """Return something that is nearly right: a good body with a few values replaced."""
    body = json.loads(json.dumps(draw(st.sampled_from(GOOD))))
    for _ in range(draw(st.integers(0, 3))):
        place = body
        if isinstance(body.get("content"), list) and draw(st.booleans()) and body["content"]:
            place = body["content"][0]
        if isinstance(place, dict) and place:
            place[draw(st.sampled_from(sorted(place)) | st.text(max_size=8))] = draw(anything)
    return body


bodies = st.one_of(
    changed().map(lambda tree: json.dumps(tree).encode("utf-8", "surrogatepass")),
    anything.map(lambda tree: json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")),
    st.binary(max_size=200),
    changed().map(lambda tree: json.dumps(tree).encode("utf-16")),
    changed().map(lambda tree: gzip.compress(json.dumps(tree).encode())),
    st.sampled_from([b"", b"null", b"[" * 3000, b'{"a":' * 3000, b"NaN", b"\xef\xbb\xbf{}", b"-" + b"9" * 5000]),
)
words = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=30)
headers = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("Content-Type", "Content-Encoding", "Location", "Retry-After", "Date", "Set-Cookie", "Connection"),
                *("Transfer-Encoding", "WWW-Authenticate", "X-Odd", "Content-Length"),
            ]
        )
        | words,
        st.one_of(
            words,
            st.sampled_from(["gzip", "gzip, gzip", "deflate", "br", "chunked", "http://[", "9" * 400, "-1", "close"]),
            st.sampled_from(["text/html; charset=undefined", "application/json; charset=utf-32", "0x5", "Thu, 01 Jan"]),
        ),
    ),
    max_size=4,
)
statuses = st.one_of(
    st.sampled_from(["200 OK", "200 OK", "201 Made", "204 None", "302 F", "400 B", "401 U", "403 F", "404 N", "407 P"]),
    st.sampled_from(["409 C", "429 T", "500 E", "502 B", "503 S", "504 G", "99 X", "1000 Y", "abc", "", "200"]),
    words,
)
lengths = st.sampled_from(["right", "right", "right", "longer", "shorter", "none", "chunked"])


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Return the bytes of one answer."""
    body, length = draw(bodies), draw(lengths)
    lines = [f"HTTP/1.{draw(st.sampled_from('01'))} {draw(statuses)}"]
    lines += [f"{name}: {value}" for name, value in draw(headers)]
    sizes = {"right": len(body), "longer": len(body) + 7, "shorter": max(0, len(body) - 7)}
    if length in sizes:
        lines.append(f"Content-Length: {sizes[length]}")
    if length == "chunked":
        lines.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_nothing_but_our_errors_leaves_the_client(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "backoff", lambda attempt: 0.001)
    monkeypatch.setattr(transport, "_MOST_TRIES", 2)
    monkeypatch.setattr(throttle, "_LATELY", 0.1)  # an API that refuses everything after one answer is soon told of
    monkeypatch.setattr(recovery, "_PAUSES", (0.0, 0.0))
    write = WRITES.get(operation)
    good_reads = answer(page(cluster_row(1)) if operation == "create" else cluster_row(1))
    say = b""
    most_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def script(conversation: Any) -> None:
        """Answer a write, or every read of an operation that only reads, with what was made up."""
        if write and conversation.method != write:
            good_reads(conversation)
        else:
            conversation.send(say)

    with WireServer(script) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = client_at(server.url, timeout=TIMEOUT)

        @settings(max_examples=TRIES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(answers())
        def try_it(made_up: bytes) -> None:
            nonlocal say
            say = made_up
            server.requests.clear()
            started = time.monotonic()
            try:
                OPERATIONS[operation](client)
            except HecoError as error:
                assert len(str(error).splitlines()) <= 3
            assert time.monotonic() - started < (2 if write else 1) * TIMEOUT + 2  # a lost answer is recovered
            if write:
                assert [request.method for request in server.requests].count(write) <= 1

        try_it()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB
    assert most - most_before < 100 * 1024
    assert most < 300 * 1024 or "HECO_FUZZ" not in os.environ  # within the suite, the process holds more
