"""A server whose own cost does not blur a measurement: a process that sends prepared bytes after a delay.

It serves what the contenders read: the lists of clusters and of VMs of Hadoop Eco, and `ListClusters` of EMR with as
many rows of the same kind.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import random
import subprocess
import sys
import time
import uuid
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

_PREFIX = "/v2/hadoop-eco/clusters"
_CREATED = 1_790_000_000_000
_VMS = 8  # per cluster


class PageServer:
    """The server, as the measuring process controls it. Use it as a context manager.

    Attributes
    ----------
    url : str
        Where it listens.
    """

    def __enter__(self) -> Self:
        self._process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def serve(self, *, rows: int, size: int, delay: float = 0.0, rate: float = 0.0, until: float = 0.0) -> None:
        """Serve a new fleet from now on.

        Parameters
        ----------
        rows
            How many clusters the fleet has.
        size
            The most rows on a page, whatever size is requested.
        delay
            Seconds before each answer.
        rate, until
            How many requests per second are answered, the rest with 429, for how many seconds; 0 for no limit.
        """
        self._request(f"/serve?rows={rows}&size={size}&delay={delay}&rate={rate}&until={until}")

    def log(self) -> list[tuple[float, int]]:
        """Return when each request arrived, in seconds since `serve`, and with which status it was answered."""
        return [(at, status) for at, status in json.loads(self._request("/log"))]

    def _request(self, path: str) -> bytes:
        with urlopen(self.url + path) as answer:
            return answer.read()


class _Fleet:
    """The pages that are served, and a log of the requests."""

    def __init__(self, rows: int, size: int, delay: float, rate: float, until: float) -> None:
        rng = random.Random(rows)
        self.total, self.size, self.delay, self.rate = rows, size, delay, rate
        self.clusters = [json.dumps(_cluster(rng, number)).encode() for number in range(rows)]
        self.emr_clusters = [json.dumps(_emr_cluster(rng, number)).encode() for number in range(rows)] if size else []
        self.log: list[tuple[float, int]] = []
        self.started = time.monotonic()
        self.until = self.started + until
        self.tokens, self.filled = rate / 10, self.started
        self.page = functools.cache(self._page)
        self.vms = functools.cache(self._vms)
        self.emr_page = functools.cache(self._emr_page)

    def status(self) -> int:
        """Return the status for a request that arrives now, and log it."""
        now = time.monotonic()
        status = 200
        if self.rate and now < self.until:
            self.tokens = min(self.rate / 10, self.tokens + (now - self.filled) * self.rate)
            self.filled = now
            status = 200 if self.tokens >= 1 else 429
            self.tokens -= status == 200
        self.log.append((now - self.started, status))
        return status

    def _page(self, number: int, size: int) -> bytes:
        return _listing(self.clusters[number * size : (number + 1) * size], self.total, number, size)

    def _vms(self, cluster_id: str, number: int) -> bytes:
        rng = random.Random(cluster_id)
        rows = [json.dumps(_vm(rng, index)).encode() for index in range(_VMS)] if number == 0 else []
        return _listing(rows, _VMS, number, 100)

    def _emr_page(self, start: int) -> bytes:
        rows = self.emr_clusters[start : start + self.size]
        more = b', "Marker": "%d"' % (start + self.size) if start + self.size < self.total else b""
        return _answer(b'{"Clusters": [' + b", ".join(rows) + b"]" + more + b"}")


def _cluster(rng: random.Random, number: int) -> dict[str, Any]:
    gone = rng.random() < 0.8
    workers = 0 if gone else rng.randrange(3, 40)
    created = _CREATED - 60_000 * number
    return {
        "id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "name": f"etl-{rng.randrange(5000):04d}-{number:06d}",
        "status": "Terminated(User)" if gone else "Running",
        "owner": f"user-{rng.randrange(200):03d}@example.com",
        "clusterType": rng.choice(["hadoop", "trino", "hbase"]),
        "clusterVersion": "hde-2.0.1",
        "isScalable": not gone,
        "apiKeyStatus": "impossible",
        "masterCnt": 0 if gone else 1,
        "workerCnt": workers,
        "nodeCnt": workers and workers + 1,
        "createdAt": created,
        "runningAt": created + 400_000,
        "elapsedTime": rng.randrange(10**9),
    }


def _vm(rng: random.Random, number: int) -> dict[str, Any]:
    return {
        "name": f"node-{number}",
        "instanceId": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "index": number,
        "isMaster": number == 0,
        "status": "Running",
        "flavorName": "m2a.xlarge",
        "ip": f"10.0.{rng.randrange(256)}.{rng.randrange(256)}",
        "floatingIp": None,
        "createdAt": _CREATED - number,
    }


def _emr_cluster(rng: random.Random, number: int) -> dict[str, Any]:
    """Return an item of a list of EMR."""
    name = f"j-{rng.getrandbits(60):013X}"
    return {
        "Id": name,
        "Name": f"etl-{rng.randrange(5000):04d}-{number:06d}",
        "Status": {
            "State": "TERMINATED",
            "StateChangeReason": {"Code": "USER_REQUEST", "Message": "Terminated by user request"},
            "Timeline": {"CreationDateTime": 1_790_000_000 - 60 * number, "ReadyDateTime": 1_790_000_400 - 60 * number},
        },
        "NormalizedInstanceHours": rng.randrange(1000),
        "ClusterArn": f"arn:aws:elasticmapreduce:ap-northeast-2:123456789012:cluster/{name}",
    }


def _listing(rows: list[bytes], total: int, number: int, size: int) -> bytes:
    tail = {"totalElements": total, "totalPages": -(-total // size), "size": size, "number": number}
    return _answer(b'{"content": [' + b", ".join(rows) + b"], " + json.dumps(tail).encode()[1:])


def _answer(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


_FAILED = _answer(b"{}", b"404 Not Found")
_SLOW_DOWN = _answer(b'{"message": "slow down"}', b"429 Too Many Requests")


class _Connection(asyncio.Protocol):
    fleet: _Fleet

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
        if not end or len(body) < length:
            return
        self.received = b""
        target = head.split(b" ", 2)[1].decode()
        asyncio.get_running_loop().call_later(*self.answer(urlsplit(target), body))

    def answer(self, url: Any, body: bytes) -> tuple[Any, ...]:
        """Return the delay, the function to call after it, and its arguments."""
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.path == "/serve":
            options = {name: float(value) for name, value in query.items()}
            type(self).fleet = _Fleet(**options | {"rows": int(options["rows"]), "size": int(options["size"])})
            return 0, self.transport.write, _answer(b"{}")
        fleet = self.fleet
        if url.path == "/log":
            return 0, self.transport.write, _answer(json.dumps(fleet.log).encode())
        return fleet.delay, self.transport.write, self.page(url.path, query, body)

    def page(self, path: str, query: dict[str, str], body: bytes) -> bytes:
        """Return a page of one of the lists."""
        fleet = self.fleet
        number = int(query.get("page", 0))
        if fleet.status() != 200:
            return _SLOW_DOWN
        if path == _PREFIX:
            return fleet.page(number, min(int(query.get("size", 20)), fleet.size))
        if path.startswith(_PREFIX) and path.endswith("/vms"):
            return fleet.vms(path.split("/")[-2], number)
        if path == "/":
            return fleet.emr_page(int(json.loads(body or b"{}").get("Marker", 0)))
        return _FAILED


async def _main() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    asyncio.run(_main())
