"""The ways to read lists that are compared, each in a process of its own, so that each has a fresh heap.

`floor8` and `floor32` are the least that the requests can take: bare urllib3 requests all of them at once, over 8 or 32
connections that stay open, and orjson parses them; no frame is built. `new` is our client as it connects, `again` the
same client once more. `in turn` requests one page after another with requests, `boto3` is its paginator for EMR.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3
import orjson
import pandas as pd
import requests
import urllib3
from botocore.config import Config

from heco_jupyter.api.client import Client
from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.model.access import Access, Credentials
from heco_jupyter.api.model.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Work = Callable[[], Any]

PATH = "/v2/hadoop-eco/clusters"
KEYS = {"Credential-ID": "k" * 32, "Credential-Secret": "s" * 40}
PAGES_IN_TURN = 100
"""The most pages that are read one after another; the time for more is scaled."""
WHAT = ("list", "vms", "details", "mixed")
"""What is read: a list of clusters; the VMs of all; the details of all; a list while another thread reads details."""


def connect(url: str, **options: Any) -> Client:
    """Return a client with a checked connection, as `heco_jupyter.connect` returns it."""
    secret = Secret(KEYS["Credential-Secret"], "credential_secret")
    client = Client(Access(url, Credentials(KEYS["Credential-ID"], secret, "the benchmark")), Settings(**options))
    client.check_connection()
    return client


def pages(rows: int, size: int) -> list[str]:
    """Return the paths of all pages of a list."""
    return [f"{PATH}?page={number}&size={size}" for number in range(-(-rows // size))]


def paths(what: str, url: str, rows: int, size: int) -> list[str]:
    """Return what is requested."""
    if what == "list":
        return pages(rows, size)
    each = [f"{PATH}/{cluster_id}" for cluster_id in connect(url).list_clusters()["id"]]
    if what == "vms":
        return [*pages(rows, size), *(f"{path}/vms" for path in each)]
    return each if what == "details" else [*pages(rows, size), *each]


def ours(what: str, client: Client, ids: list[str]) -> Work:
    """Return a function that reads with our client."""
    if what == "list":
        return client.list_clusters
    if what == "vms":
        return client.list_all_vms
    if what == "details":
        return lambda: client.list_details(ids)

    def mixed() -> None:
        with ThreadPoolExecutor(1) as other:
            details = other.submit(client.list_details, ids)
            client.list_clusters()
            details.result()

    return mixed


def floor(url: str, connections: int) -> Callable[[list[str]], list[Any]]:
    """Return a function that reads many paths at once."""
    pool = urllib3.PoolManager(maxsize=connections, headers=KEYS)
    executor = ThreadPoolExecutor(connections)
    return lambda paths: list(executor.map(lambda path: orjson.loads(pool.request("GET", url + path).data), paths))


def in_turn(url: str, wanted: list[str]) -> pd.DataFrame:
    """Read one path after another with requests, and make a DataFrame of the dicts."""
    rows: list[Any] = []
    with requests.Session() as session:
        session.headers.update(KEYS)
        for path in wanted:
            page = session.get(url + path).json()
            rows += page.get("content", [page])
    return pd.DataFrame(rows)


def paginate(url: str, limit: int) -> Work:
    """Return a function that reads up to `limit` pages of EMR clusters with the paginator of boto3."""
    emr = boto3.client(
        "emr",
        endpoint_url=url,
        region_name="ap-northeast-2",
        aws_access_key_id="k",
        aws_secret_access_key="s",
        config=Config(retries={"max_attempts": 1}),
    )

    def read() -> pd.DataFrame:
        found = islice(emr.get_paginator("list_clusters").paginate(), limit)
        return pd.DataFrame([row for page in found for row in page["Clusters"]])

    return read


def rounds(name: str, what: str, url: str, rows: int, size: int) -> Iterator[dict[str, Any]]:
    """Yield what each round took, after one to warm up."""
    if name == "ours":
        ids = list(connect(url).list_clusters()["id"]) if what in ("details", "mixed") else []
        ours(what, connect(url), ids)()
        while True:
            client = connect(url)
            work = ours(what, client, ids)
            yield {"new": timed(work), "again": timed(work), "stats": client.stats()}
    wanted = paths(what, url, rows, size)
    if name.startswith("floor"):
        get = floor(url, int(name.removeprefix("floor")))
        work = lambda: get(wanted)  # noqa: E731
    elif name == "boto3":
        work = paginate(url, PAGES_IN_TURN)
    else:
        work = lambda: in_turn(url, wanted[:PAGES_IN_TURN])  # noqa: E731
    work()
    while True:
        yield {name: timed(work)}


def timed(work: Work) -> float:
    """Return how many seconds the work takes."""
    gc.collect()
    started = time.perf_counter()
    result = work()
    taken = time.perf_counter() - started
    del result
    return taken


def high_water() -> int:
    """Return the peak memory of this process in bytes, from Linux, whose getrusage includes the parent process."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])


class Contender:
    """One of the ways to read, in its own process. Use it as a context manager; a call is one round.

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

    def __call__(self) -> dict[str, Any]:
        print(file=self._process.stdin, flush=True)
        result, self.peak = json.loads(self._process.stdout.readline())
        return result


if __name__ == "__main__":
    which, what, at, *numbers = sys.argv[1:]
    for _, taken in zip(sys.stdin, rounds(which, what, at, *map(int, numbers)), strict=False):
        print(json.dumps([taken, high_water()]), flush=True)
