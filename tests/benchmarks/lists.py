"""How long the lists take, against what the wire allows and against how others do it; see `__main__`.

All contenders read from one server of its own process on loopback, alternating, and their medians are given as ratios
to the floor: the same pages over as many connections, all asked for at once, parsed and thrown together.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import orjson
import pandas as pd
import requests
import urllib3
from botocore.config import Config
from pageserver import PageServer

from heco_jupyter.api.client import Client
from heco_jupyter.api.credentials import Access, Credentials
from heco_jupyter.api.secrets import Secret
from heco_jupyter.api.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Work = Callable[[], Any]

ROWS = (200, 2_000, 20_000, 100_000)
SIZES = (20, 100, 1_000)
DELAYS = (0.0, 0.02, 0.08)
CONNECTIONS = 8
SHOWS = 10_000  # rows that show in a process's memory
IN_TURN = 100  # pages that whoever reads one after the other is made to read; for more its time is scaled
PATH = "/v2/hadoop-eco/clusters"
KEYS = {"Credential-ID": "k" * 32, "Credential-Secret": "s" * 40}


def connect(url: str, **options: Any) -> Client:
    """Return a client that is connected, as `heco_jupyter.connect` leaves it."""
    secret = Secret(KEYS["Credential-Secret"], "credential_secret")
    client = Client(Access(url, Credentials(KEYS["Credential-ID"], secret, "the benchmark")), Settings(**options))
    client.check_connection()
    return client


def floor(url: str, paths: Sequence[str]) -> list[Any]:
    """Get all pages at once over bare urllib3, and parse them with orjson."""
    with urllib3.PoolManager(maxsize=CONNECTIONS, headers=KEYS) as pool, ThreadPoolExecutor(CONNECTIONS) as executor:
        return list(executor.map(lambda path: orjson.loads(pool.request("GET", url + path).data), paths))


def pages(rows: int, size: int) -> list[str]:
    """Return the paths of all pages of a list."""
    return [f"{PATH}?page={number}&size={size}" for number in range(-(-rows // size))]


def in_turn(url: str, size: int, most: int = 10**6, path: str = PATH) -> pd.DataFrame:
    """Read page after page with requests, and make a DataFrame of the dicts."""
    rows: list[Any] = []
    with requests.Session() as session:
        session.headers.update(KEYS)
        for number in range(most):
            page = session.get(url + path, params={"page": number, "size": size}).json()
            rows += page["content"]
            if len(rows) >= page["totalElements"]:
                break
    return pd.DataFrame(rows)


def boto(url: str, most: int = 10**6) -> pd.DataFrame:
    """Read as many rows with boto3's paginator of EMR clusters."""
    emr = boto3.client(
        "emr",
        endpoint_url=url,
        region_name="ap-northeast-2",
        aws_access_key_id="k",
        aws_secret_access_key="s",
        config=Config(retries={"max_attempts": 1}),
    )
    found = emr.get_paginator("list_clusters").paginate()
    return pd.DataFrame([row for page in islice(found, most) for row in page["Clusters"]])


def medians(works: dict[str, Work], rounds: int) -> dict[str, float]:
    """Return the median seconds of each, alternating, there and back, after one time for nothing."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in list(works.items())[:: 1 if number % 2 else -1]:
            gc.collect()  # nobody is to clear away what another left
            started = time.perf_counter()
            result = work()
            if number:
                taken[name].append(time.perf_counter() - started)
            del result
    return {name: statistics.median(times) for name, times in taken.items()}


def compare(server: PageServer, rows: int, size: int, delay: float, rounds: int) -> None:
    """Print one line of the table."""
    server.serve(rows=rows, size=size, delay=delay)
    client = connect(server.url)
    paths = pages(rows, size)
    share = max(1.0, len(paths) / IN_TURN)
    taken = medians(
        {
            "floor": lambda: floor(server.url, paths),
            "ours": client.list_clusters,
            "in turn": lambda: in_turn(server.url, size, IN_TURN),
            "boto3": lambda: boto(server.url, IN_TURN),
        },
        rounds,
    )
    assert len(client.list_clusters()) == rows
    taken["in turn"] *= share
    taken["boto3"] *= share
    show(f"| {rows:,} | {size:,} | {delay * 1000:.0f} ms | {len(paths):,} |", taken, "~" if share > 1 else "")


def compare_vms(server: PageServer, clusters: int, delay: float, rounds: int) -> None:
    """Print the line of all VMs of a fleet."""
    server.serve(rows=clusters, size=1_000, delay=delay)
    client = connect(server.url)
    ids = list(client.list_clusters()["id"])
    vms = [f"{PATH}/{cluster_id}/vms" for cluster_id in ids]

    def one_by_one() -> pd.DataFrame:
        in_turn(server.url, 1_000)
        return pd.concat([in_turn(server.url, 1_000, path=path) for path in vms[:IN_TURN]])

    share = len(vms) / IN_TURN
    taken = medians(
        {
            "floor": lambda: [floor(server.url, pages(clusters, 1_000)), floor(server.url, vms)],
            "ours": client.list_all_vms,
            "in turn": one_by_one,
        },
        rounds,
    )
    taken["in turn"] *= share
    show(f"| VMs of {clusters:,} clusters | | {delay * 1000:.0f} ms | {len(vms) + 1:,} |", taken, "~")


def show(case: str, taken: dict[str, float], mark: str) -> None:
    """Print a line of times as ratios to the floor."""
    base = taken["floor"]
    ratios = [f"{taken['ours'] / base:.2f}"]
    ratios += [f"{mark}{taken[name] / base:.1f}" if name in taken else "" for name in ("in turn", "boto3")]
    ratios += [f"{mark}{taken[name] / taken['ours']:.1f}" if name in taken else "" for name in ("in turn", "boto3")]
    print(case, " | ".join(ratios), f"| {base * 1000:.0f} ms |", flush=True)


def table(server: PageServer, rounds: int) -> None:
    """Print the table."""
    print("time as ratio to the floor; ~ scaled from the first 100 pages\n")
    print("| clusters | page size | delay | pages | ours | in turn | boto3 | in turn/ours | boto3/ours | floor |")
    print("| ---: " * 10 + "|", flush=True)
    for delay in DELAYS:
        for rows in ROWS:
            for size in SIZES:
                compare(server, rows, size, delay, rounds)
        compare_vms(server, 500, delay, rounds)


def growth(server: PageServer, rounds: int) -> None:
    """Print what a row costs as the list grows."""
    print("\n| clusters | us a row | peak bytes a row | of dicts: us a row | of dicts: peak bytes a row |")
    print("| ---: " * 5 + "|", flush=True)
    for rows in ROWS:
        server.serve(rows=rows, size=1_000)
        client = connect(server.url)
        taken = medians({"ours": client.list_clusters, "dicts": lambda: in_turn(server.url, 1_000)}, rounds)
        cells = []
        for name in ("ours", "dicts"):
            cells += [
                f"{1e6 * taken[name] / rows:.2f}",
                f"{peak(server, name, rows) / rows:,.0f}" if rows > 10**4 else "",
            ]
        print(f"| {rows:,} | " + " | ".join(cells) + " |", flush=True)


def peak(server: PageServer, name: str, rows: int) -> float:
    """Return the bytes that a new process needs at most for the list, beyond what it had for a small one."""

    def measure() -> int:
        server.serve(rows=20, size=1_000)
        process = subprocess.Popen(
            [sys.executable, __file__, name, server.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin
        assert process.stdout
        before = int(process.stdout.readline())
        server.serve(rows=rows, size=1_000)
        process.stdin.write("go\n")
        process.stdin.flush()
        after = int(process.stdout.readline())
        process.wait()
        return after - before

    return statistics.median(measure() for _ in range(3))


def measure_memory(name: str, url: str) -> None:
    """Print the most memory that was used so far: after a small list, and after the list that is there by then."""
    client = connect(url)
    read = client.list_clusters if name == "ours" else lambda: in_turn(url, 1_000)
    for _ in range(2):
        read()
    print(high_water(), flush=True)
    sys.stdin.readline()
    frame = read()
    print(high_water(), flush=True)
    del frame


def high_water() -> int:
    """Return the most memory that this process had so far, in bytes; of Linux, whose getrusage counts the parent in."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])


def throttle(server: PageServer) -> None:
    """Print how many requests a second a server gets that answers 429 for a while to more than it bears."""
    bears, seconds, step = 100.0, 4.0, 0.5
    server.serve(rows=50_000, size=20, delay=0.02, rate=bears, until=seconds)
    connect(server.url).list_clusters()
    log = server.log()
    print(
        f"\nrequests a second while the API bears {bears:.0f} of them, for its first {seconds:.0f} s; then any number"
    )
    print("| second | answered | refused with 429 |\n| ---: | ---: | ---: |")
    for number in range(int(log[-1][0] / step)):
        here = [status for at, status in log if number * step <= at < (number + 1) * step]
        print(f"| {(number + 1) * step:.1f} | {here.count(200) / step:.0f} | {here.count(429) / step:.0f} |")


def main(rounds: int) -> None:
    """Print all of it."""
    with PageServer() as server:
        table(server, rounds)
        growth(server, rounds)
        throttle(server)


if __name__ == "__main__":
    measure_memory(*sys.argv[1:])
