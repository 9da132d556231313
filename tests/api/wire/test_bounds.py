"""Bounds in memory and time: whatever a server sends, a read ends soon, with an error that says why."""

from __future__ import annotations

import gc
import gzip
import json
import resource
import subprocess
import sys
import textwrap
import time
import zlib
from typing import TYPE_CHECKING

import pytest
from support import client_at, cluster_row
from wire import WireServer, answer, page

from heco_jupyter.api.model.call import BodyError
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.api.wire import transport
from heco_jupyter.api.wire.bodies import parse_json
from heco_jupyter.errors import ApiError, CommandError, HecoError, TransportError

if TYPE_CHECKING:
    from heco_jupyter.api.client import Client


def client_of(server: WireServer, **settings: float) -> Client:
    return client_at(server.url, **({"timeout": 10.0} | settings))


@pytest.fixture(autouse=True)
def _one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heco_jupyter.api.wire.transport._MOST_TRIES", 1)


def listed(body: bytes, **headers: str) -> HecoError:
    """Return the error that a list ends with whose page is `body`."""
    with WireServer(answer(raw=body, headers=headers)) as server, pytest.raises(HecoError) as caught:
        client_of(server).list_clusters()
    return caught.value


def packed(times: int) -> bytes:
    """Return so many MiB, packed as gzip: the second one, which refers to nothing before it, again and again."""
    packer = zlib.compressobj(9, wbits=31)
    first, second = (packer.compress(b"[" * 2**20) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + second * (times - 1)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_small_body_that_unpacks_to_gigabytes_is_refused_within_memory(layers):
    body = packed(3000)
    for _ in range(layers - 1):
        body = gzip.compress(body)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = listed(body, **{"Content-Encoding": ", ".join(["gzip"] * layers)})
    assert isinstance(error, TransportError)
    assert "more than 32 MiB" in error.what
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024  # KiB


def test_a_new_field_in_every_row_is_refused():
    rows = [cluster_row(number) | {f"field{number}": 1} for number in range(600)]
    error = listed(json.dumps(page(*rows)).encode())
    assert "more than 500 different fields" in f"{error}"


def test_new_fields_on_every_page_are_refused(monkeypatch):
    def script(conversation):
        number = int(conversation.path.partition("page=")[2].partition("&")[0])
        rows = [cluster_row(number * 20 + n) | {f"field{number}-{n}": 1} for n in range(20)]
        answer(page(*rows, total=800, size=20))(conversation)

    with WireServer(script) as server, pytest.raises(ApiError, match="more than 500 different fields"):
        client_of(server).list_clusters()


def test_no_number_of_pages_holds_more_than_memory_bears(monkeypatch):
    monkeypatch.setattr("heco_jupyter.api.lists.reader._MOST_ROWS", 5000)

    def script(conversation):
        number = int(conversation.path.partition("page=")[2].partition("&")[0])
        answer(page(*({"id": f"{number}-{n}"} for n in range(500)), total=10**6, size=500))(conversation)

    with WireServer(script) as server, pytest.raises(ApiError, match="rows, more than can be held"):
        client_of(server).list_clusters()
    assert len(server.requests) < 100


def test_no_number_of_pages_holds_more_fields_than_memory_bears(monkeypatch):
    monkeypatch.setattr("heco_jupyter.api.lists.reader.MOST_CELLS", 20_000)

    def script(conversation):
        number = int(conversation.path.partition("page=")[2].partition("&")[0])
        rows = [{"id": f"{number}-{n}", f"field{n % 50}": 1} for n in range(100)]
        answer(page(*rows, total=10**6, size=100))(conversation)

    with WireServer(script) as server, pytest.raises(ApiError, match="values of fields that are not documented"):
        client_of(server).list_clusters()
    assert len(server.requests) < 100


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"content": [' + "{}," * 100_000 + '{}], "totalElements": 1}', "more than 100000 rows"),
        (
            json.dumps(page(*({"id": f"{n:x}", f"f{n % 400}": 1} for n in range(7000)))),
            "its 7000 rows have 401 different fields",
        ),
        (json.dumps(page(cluster_row(1) | {f"f{n}": n for n in range(300)})), "a row of more than 200 fields"),
        ('{"content": [' + "{}," * 1_500_000 + '{}], "totalElements": 1}', "more than 250000 objects"),
        (
            '{"content": [{"id": "a", "x": [' + "1," * 2_600_000 + '1]}], "totalElements": 1}',
            "more than 1500000 values",
        ),
        (
            '{"content": [{"id": "a", "x": ' + "[" * 90 + "]" * 90 + '}], "totalElements": 1}',
            "nested more than 64 deep",
        ),
        (
            '{"content": [{"id": "a", "x": ' + "[" * 9000 + "]" * 9000 + '}], "totalElements": 1}',
            "nested more than 64 deep",
        ),
    ],
)
def test_what_is_out_of_bounds_is_refused_in_words(body, words):
    assert words in f"{listed(body.encode())}"


def collects_garbage(work):
    """Return whether garbage is collected during `work`, which makes few objects."""
    collected = {}
    thresholds = gc.get_threshold()
    gc.collect()
    gc.callbacks.append(collected.setdefault)  # called without a frame of Python's, for which there may be no stack
    gc.set_threshold(500)
    try:
        work()
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(collected.setdefault)
    return bool(collected)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 9000 + b"]" * 9000])
def test_no_garbage_is_collected_in_a_deep_nesting(body):
    """Finalizers run out of stack there, at which Python may abort."""
    said = set()

    def refuse():
        try:
            parse_json(body)
        except BodyError as error:
            said.add(f"{error}")

    assert not all(collects_garbage(refuse) for _ in range(5))  # another thread may, in between
    assert said == {"its body is nested more than 64 deep"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_other_encodings_than_utf8_are_refused(encoding):
    assert isinstance(listed(json.dumps(page(cluster_row(1))).encode(encoding)), ApiError)


def test_a_byte_order_mark_is_read_over():
    with WireServer(answer(raw=json.dumps(page(cluster_row(1))).encode("utf-8-sig"))) as server:
        assert len(client_of(server).list_clusters()) == 1


def test_unpacking_ends_with_the_deadline(monkeypatch):
    now = [time.monotonic()]
    monkeypatch.setattr("heco_jupyter.api.wire.deadline.time.monotonic", lambda: now[0])
    read = transport._read

    def read_late(*arguments):
        now[0] += 100
        return read(*arguments)

    monkeypatch.setattr(transport, "_read", read_late)
    with WireServer(answer(page(cluster_row(1)))) as server, pytest.raises(TransportError, match="in full within"):
        client_of(server).list_clusters()


@pytest.mark.parametrize("timeout", [float("inf"), float("nan"), 1e12, 0, -1])
def test_a_timeout_that_is_none_is_refused(timeout):
    with pytest.raises(CommandError, match="timeout"):
        Settings(timeout=timeout)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the most memory that a process had")
def test_the_whole_process_stays_small():
    """In a process of its own: `ru_maxrss` would begin with what the one that started it has."""
    code = textwrap.dedent("""
        import pandas  # noqa
        from wire import WireServer, answer
        from heco_jupyter.api.client import Client
        from heco_jupyter.api.display.masking import Secret
        from heco_jupyter.api.model.access import Access, Credentials
        body = b'{"content": [{"id": "a", "x": [' + b"1.5," * 1_400_000 + b'1]}], "totalElements": 1}'
        with WireServer(answer(raw=body)) as server:
            client = Client(Access(server.url, Credentials("an-id-of-a-key", Secret("a-secret-of-a-key"), "the test")))
            client.list_clusters()
        print(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])
    """)
    folder = __file__.rpartition("/api/")[0]
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    assert int(ran.stdout) < 300 * 1024  # KiB
