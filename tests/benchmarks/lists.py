"""Measure how long lists take, compared with a floor and with other ways to read them; see `__main__`.

Each contender is a separate process. They take turns to read from one server on loopback, and their medians are given
as ratios to the floor: the time that it takes to request the same pages at once, over as many connections, and to parse
them.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3
import orjson
import pandas as pd
import requests
import urllib3
from botocore.config import Config
from pageserver import PageServer

from heco_jupyter.api.client import Client
from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.model.access import Access, Credentials
from heco_jupyter.api.model.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Work = Callable[[], Any]

ROWS = (200, 2_000, 20_000, 100_000)
SIZES = (20, 100, 1_000)
DELAYS = (0.0, 0.02, 0.08)
CONNECTIONS = 8
FLEET = 500  # clusters whose VMs are read
ROWS_FOR_MEMORY = 10_000  # the fewest rows whose memory is more than the noise of a process
PAGES_IN_TURN = 100  # the most pages that are read one after another; the time for more is scaled
PATH = "/v2/hadoop-eco/clusters"
KEYS = {"Credential-ID": "k" * 32, "Credential-Secret": "s" * 40}


def connect(url: str, **options: Any) -> Client:
    """Return a client with a checked connection, as `heco_jupyter.connect` returns it."""
    secret = Secret(KEYS["Credential-Secret"], "credential_secret")
    client = Client(Access(url, Credentials(KEYS["Credential-ID"], secret, "the benchmark")), Settings(**options))
    client.check_connection()
    return client


def floor(url: str) -> Callable[[Sequence[str]], list[Any]]:
    """Return a function that reads many pages at once: bare urllib3, connections that stay open, and orjson."""
    pool = urllib3.PoolManager(maxsize=CONNECTIONS, headers=KEYS)
    executor = ThreadPoolExecutor(CONNECTIONS)
    return lambda paths: list(executor.map(lambda path: orjson.loads(pool.request("GET", url + path).data), paths))


def pages(rows: int, size: int) -> list[str]:
    """Return the paths of all pages of a list."""
    return [f"{PATH}?page={number}&size={size}" for number in range(-(-rows // size))]


def in_turn(url: str, size: int, limit: int = 10**6, path: str = PATH) -> pd.DataFrame:
    """Read up to `limit` pages one after another with requests, and make a DataFrame of the dicts."""
    rows: list[Any] = []
    with requests.Session() as session:
        session.headers.update(KEYS)
        for number in range(limit):
            page = session.get(url + path, params={"page": number, "size": size}).json()
            rows += page["content"]
            if len(rows) >= page["totalElements"]:
                break
    return pd.DataFrame(rows)


def boto(url: str) -> Any:
    """Return a boto3 client of EMR."""
    return boto3.client(
        "emr",
        endpoint_url=url,
        region_name="ap-northeast-2",
        aws_access_key_id="k",
        aws_secret_access_key="s",
        config=Config(retries={"max_attempts": 1}),
    )


def paginate(emr: Any, limit: int) -> pd.DataFrame:
    """Read up to `limit` pages of EMR clusters with the paginator of boto3."""
    found = emr.get_paginator("list_clusters").paginate()
    return pd.DataFrame([row for page in islice(found, limit) for row in page["Clusters"]])


def clusters(name: str, url: str, rows: int, size: int) -> Work:
    """Return a function that reads the list of clusters as this contender does."""
    if name == "floor":
        paths = pages(rows, size)
        get = floor(url)
        return lambda: get(paths)
    if name == "ours":
        return connect(url).list_clusters
    if name == "in turn":
        return lambda: in_turn(url, size, PAGES_IN_TURN)
    emr = boto(url)
    return lambda: paginate(emr, PAGES_IN_TURN)


def vms(name: str, url: str, rows: int, size: int) -> Work:
    """Return a function that reads the VMs of all clusters as this contender does."""
    client = connect(url)
    if name == "ours":
        return client.list_all_vms
    paths = [f"{PATH}/{cluster_id}/vms" for cluster_id in client.list_clusters()["id"]]
    if name == "floor":
        get = floor(url)
        return lambda: [get(pages(rows, size)), get(paths)]
    first = paths[: PAGES_IN_TURN - 1]
    return lambda: pd.concat([in_turn(url, size), *(in_turn(url, size, path=path) for path in first)])


class Contender:
    """One of the ways to read a list, in its own process, so that each has a fresh heap.

    Use it as a context manager. A call reads the list once and returns how many seconds that took.

    Attributes
    ----------
    peak : int
        The peak memory of the process so far, in bytes.
    """

    def __init__(self, *case: object) -> None:
        self._command = [sys.executable, __file__, *map(str, case)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def __call__(self) -> float:
        print(file=self._process.stdin, flush=True)
        seconds, peak = self._process.stdout.readline().split()
        self.peak = int(peak)
        return float(seconds)


def contend(work: Work) -> None:
    """Do the work for each line of input, and print the seconds and the peak memory; the process of a `Contender`."""
    for _ in sys.stdin:
        gc.collect()
        print(timed(work), high_water(), flush=True)


def timed(work: Work) -> float:
    """Return how many seconds the work takes."""
    started = time.perf_counter()
    result = work()
    taken = time.perf_counter() - started
    del result
    return taken


def high_water() -> int:
    """Return the peak memory of this process in bytes, from Linux, whose getrusage includes the parent process."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])


def medians(runs: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Return the median of what each run returns. They take turns, in both directions, after one round to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in list(runs.items())[:: 1 if number % 2 else -1]:
            seconds = run()
            if number:
                taken[name].append(seconds)
    return {name: statistics.median(times) for name, times in taken.items()}


def compare(
    server: PageServer, rounds: int, names: Sequence[str], what: str, *, rows: int, size: int, delay: float = 0.0
) -> dict[str, float]:
    """Return the median seconds of each contender."""
    server.serve(rows=rows, size=size, delay=delay)
    with ExitStack() as running:
        return medians(
            {name: running.enter_context(Contender(what, name, server.url, rows, size)) for name in names}, rounds
        )


def show(case: str, requests: int, taken: dict[str, float]) -> None:
    """Print one row of the table, with times as ratios to the floor."""
    scale = max(1.0, requests / PAGES_IN_TURN)
    mark = "~" if scale > 1 else ""
    floor_seconds, ours = taken["floor"], taken["ours"]
    others = [scale * taken[name] if name in taken else None for name in ("in turn", "boto3")]
    ratios = [f"{ours / floor_seconds:.2f}"]
    for base in (floor_seconds, ours):
        ratios += ["" if other is None else f"{mark}{other / base:.1f}" for other in others]
    print(f"{case} {requests:,} |", " | ".join(ratios), f"| {floor_seconds * 1000:.0f} ms |", flush=True)


def table(server: PageServer, rounds: int) -> None:
    """Print the table of times."""
    print(f"times as ratios to the floor; ~ scaled up from the first {PAGES_IN_TURN} pages\n")
    print("| clusters | page size | delay | requests | ours | in turn | boto3 | in turn/ours | boto3/ours | floor |")
    print("| ---: " * 10 + "|", flush=True)
    for delay in DELAYS:
        for rows in ROWS:
            for size in SIZES:
                taken = compare(
                    server, rounds, ("floor", "ours", "in turn", "boto3"), "clusters", rows=rows, size=size, delay=delay
                )
                show(f"| {rows:,} | {size:,} | {delay * 1000:.0f} ms |", -(-rows // size), taken)
        taken = compare(server, rounds, ("floor", "ours", "in turn"), "vms", rows=FLEET, size=1_000, delay=delay)
        show(f"| VMs of {FLEET:,} | | {delay * 1000:.0f} ms |", FLEET + 1, taken)


def growth(server: PageServer, rounds: int) -> None:
    """Print the time and the memory per row for lists of growing length."""
    dicts = "list of dicts: µs per row | list of dicts: peak bytes per row"
    print(f"\n| clusters | µs per row | peak bytes per row | {dicts} |")
    print("| ---: " * 5 + "|", flush=True)
    for rows in ROWS:
        taken = compare(server, rounds, ("ours", "in turn"), "clusters", rows=rows, size=1_000)
        cells = []
        for name, seconds in taken.items():
            cells += [
                f"{1e6 * seconds / rows:.2f}",
                f"{peak(server, name, rows) / rows:,.0f}" if rows >= ROWS_FOR_MEMORY else "",
            ]
        print(f"| {rows:,} | " + " | ".join(cells) + " |", flush=True)


def peak(server: PageServer, name: str, rows: int) -> float:
    """Return the peak bytes that a new process needs for a list, beyond those for a small one."""

    def measure() -> int:
        server.serve(rows=20, size=1_000)
        with Contender("clusters", name, server.url, rows, 1_000) as contender:
            contender()
            contender()
            before = contender.peak
            server.serve(rows=rows, size=1_000)
            contender()
            return contender.peak - before

    return statistics.median(measure() for _ in range(3))


def throttle(server: PageServer) -> None:
    """Print how many requests per second reach a server that answers more than so many with 429 for a while."""
    rate, seconds, step = 100.0, 4.0, 0.5
    server.serve(rows=50_000, size=20, delay=0.02, rate=rate, until=seconds)
    connect(server.url).list_clusters()
    log = server.log()
    print(f"\nrequests per second; for {seconds:.0f} s the API answers {rate:.0f} per second, after that any number")
    print("| second | answered | refused with 429 |\n| ---: | ---: | ---: |")
    for number in range(int(log[-1][0] / step)):
        statuses = [status for at, status in log if number * step <= at < (number + 1) * step]
        print(f"| {(number + 1) * step:.1f} | {statuses.count(200) / step:.0f} | {statuses.count(429) / step:.0f} |")


def main(rounds: int) -> None:
    """Print all tables of lists."""
    with PageServer() as server:
        table(server, rounds)
        growth(server, rounds)
        throttle(server)


if __name__ == "__main__":
    what, name, url, *case = sys.argv[1:]
    contend({"clusters": clusters, "vms": vms}[what](name, url, *map(int, case)))
