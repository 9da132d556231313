"""What makes lists fast, measured without a clock: how many requests they make, and how much memory they take."""

from __future__ import annotations

import gc
import re
import tracemalloc
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import requests
from benchmarks.pageserver import PageServer
from support import client_at

from heco_jupyter.errors import RateLimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from heco_jupyter.api.client import Client


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    with PageServer() as server:
        yield server


def connect(server: PageServer) -> Client:
    client = client_at(server.url)
    client.check_connection()
    return client


def test_a_list_requests_each_page_once(server):
    server.serve(rows=2_000, size=100)
    client = connect(server)
    for _ in range(3):  # the first list does not know yet that a page holds 100 rows
        before = len(server.log())
        frame = client.list_clusters()
        assert frame["id"].nunique() == len(frame) == 2_000
        assert frame.attrs["complete"]
        assert len(server.log()) - before == 20


def test_all_pages_are_requested_together(server):
    server.serve(rows=800, size=100, delay=0.3)
    client = connect(server)
    client.list_clusters()
    before = len(server.log())
    client.list_clusters()
    times = [arrival.at for arrival in server.log()[before:]]
    assert len(times) == 8
    assert max(times) - min(times) < 0.3  # each arrived before any was answered


def test_the_vms_of_a_fleet_take_one_request_per_cluster(server):
    server.serve(rows=50, size=1_000)
    client = connect(server)
    client.list_clusters()
    before = len(server.log())
    frame = client.list_all_vms()
    assert frame["clusterId"].nunique() == 50
    assert len(frame) == 400
    assert len(server.log()) - before == 51


def test_a_row_takes_less_memory_than_as_a_dict(server):
    server.serve(rows=10_000, size=1_000)
    client = client_at(server.url, max_connections=1)  # how many pages lie about at once is another matter

    def of_dicts() -> pd.DataFrame:
        rows: list[Any] = []
        with requests.Session() as session:
            for page in range(10):
                rows += session.get(f"{server.url}/v2/hadoop-eco/clusters?page={page}&size=1000").json()["content"]
        return pd.DataFrame(rows)

    assert peak(client.list_clusters) < 0.7 * peak(of_dicts)


def peak(work: Callable[[], object]) -> int:
    """Return the most bytes that Python has allocated during a second run of `work`."""
    work()
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_list_on_an_api_that_allows_20_requests_a_second_is_slow_and_whole(server):
    server.serve(rows=2_000, size=20, delay=0.02, rate=20)
    client = client_at(server.url, timeout=0.4)  # a list may take 4 s, unless the API itself sets the pace
    said = []
    frame = client.list_clusters(report=lambda text, _: said.append(text))
    assert frame["id"].nunique() == 2_000
    assert frame.attrs["complete"]
    assert any(re.fullmatch(r"list clusters; the API allows \d+ requests a second", text) for text in said)
    late = [arrival.status for arrival in server.log() if arrival.at > 3]
    assert late.count(429) <= max(4, 0.1 * len(late))
    stats = client.stats()
    assert stats["requests"] == len(server.log()) == 100 + stats["refused"]
    assert 10 < stats["allowed_per_second"] < 30


def test_every_request_is_held_for_a_retry_after(server):
    server.serve(rows=800, size=20, delay=0.02, rate=20, hold=1)
    client = connect(server)
    assert len(client.list_clusters()) == 800
    log = server.log()
    for refusal in (arrival.at for arrival in log if arrival.status == 429):
        # What was in flight then arrives a moment later.
        assert not [arrival for arrival in log if refusal + 0.3 < arrival.at < refusal + 0.95]


@pytest.mark.usefixtures("short_holds")
def test_an_api_that_refuses_everything_is_not_asked_for_ever(server):
    server.serve(rows=800, size=20, rate=0.001, burst=3)
    client = connect(server)
    with pytest.raises(RateLimitError):
        client.list_clusters()
    assert len(server.log()) < 50


def test_as_many_requests_are_in_flight_as_the_api_bears(server):
    def most(bears: int) -> int:
        server.serve(rows=4_000, size=20, delay=0.05, bears=bears)
        client = connect(server)
        client.list_clusters()
        before = len(server.log())
        client.list_clusters()
        found = max(arrival.in_flight for arrival in server.log()[before:])
        assert client.stats()["allowed_in_flight"] <= max(found, 8)
        return found

    # Bounds are held in simulated time; here a busy machine makes answers slow that did not wait.
    assert any(most(8) <= 14 and most(64) >= 24 for _ in range(4))
