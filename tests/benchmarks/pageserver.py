"""A server whose own cost does not blur a measurement: a process that sends prepared bytes after a delay.

It serves what the contenders read: the lists of clusters and of VMs of Hadoop Eco, and `ListClusters` of EMR with as
many rows of the same kind.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import heapq
import json
import random
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, urlencode, urlsplit
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
        with self._process:  # closes its pipe too
            self._process.kill()

    def serve(self, *, rows: int, size: int, **behaviour: float) -> None:
        """Serve a new fleet from now on.

        Parameters
        ----------
        rows
            How many clusters the fleet has.
        size
            The most rows on a page, whatever size is requested.
        **behaviour
            What a `Behaviour` is made of.
        """
        self._request(f"/serve?{urlencode({'rows': rows, 'size': size, **behaviour})}")

    def log(self) -> list[Arrival]:
        """Return what arrived since `serve`."""
        return [Arrival(*arrival) for arrival in json.loads(self._request("/log"))]

    def _request(self, path: str) -> bytes:
        with urlopen(self.url + path) as answer:
            return answer.read()


class Arrival(NamedTuple):
    """A request.

    Parameters
    ----------
    at
        Seconds since `serve`.
    status
        How it was answered.
    in_flight
        Requests that had arrived and were not answered then, itself included.
    """

    at: float
    status: int
    in_flight: int


@dataclass
class Behaviour:
    """How the API answers.

    Parameters
    ----------
    delay
        Seconds before each answer.
    bears
        Requests that it works on at once, the others wait in a queue; 0 for any number.
    slow_pages
        How many times as long a page takes as any other answer.
    noise, noisy
        Seconds that an answer takes now and then, and the share of those that do.
    first
        Seconds more for the first answer on a connection.
    rate, burst, until
        Requests that it allows a second, how many at once after a rest (a tenth of the rate if 0), and for how many
        seconds; the others are refused with 429. A rate of 0 for no limit.
    hold
        The `Retry-After` of a refusal, in seconds; 0 for none.
    """

    delay: float = 0.0
    bears: float = 0.0
    slow_pages: float = 1.0
    noise: float = 0.0
    noisy: float = 0.0
    first: float = 0.0
    rate: float = 0.0
    burst: float = 0.0
    until: float = 1e9
    hold: float = 0.0

    def __post_init__(self) -> None:
        self._rng = random.Random(1)
        self._busy: list[float] = []
        self._most = self.burst or max(1.0, self.rate / 10)
        self._tokens, self._filled_at = self._most, 0.0

    def refuses(self, at: float) -> bool:
        """Return whether a request that arrives now is one too many."""
        if not self.rate or at > self.until:
            return False
        self._tokens = min(self._most, self._tokens + (at - self._filled_at) * self.rate)
        self._filled_at = at
        if self._tokens < 1:
            return True
        self._tokens -= 1
        return False

    def wait(self, at: float, *, is_page: bool, is_first: bool) -> float:
        """Return how many seconds pass before a request that arrives now is answered."""
        taken = self.delay * (self.slow_pages if is_page else 1.0)
        if self._rng.random() < self.noisy:
            taken = self.noise
        ends = at + taken
        if self.bears:
            if len(self._busy) >= self.bears:
                ends = max(at, heapq.heappop(self._busy)) + taken
            heapq.heappush(self._busy, ends)
        return ends - at + (self.first if is_first else 0.0)


class _Fleet:
    """The pages that are served, and a log of the requests."""

    def __init__(self, rows: int, size: int, behaviour: Behaviour) -> None:
        rng = random.Random(rows)
        self.total, self.size, self.behaviour = rows, size, behaviour
        self.clusters = [json.dumps(_cluster(rng, number)).encode() for number in range(rows)]
        self.emr_clusters = [json.dumps(_emr_cluster(rng, number)).encode() for number in range(rows)] if size else []
        self.log: list[tuple[float, int, int]] = []
        self.in_flight = 0
        self.started = time.monotonic()
        self.page = functools.cache(self._page)
        self.vms = functools.cache(self._vms)
        self.detail = functools.cache(self._detail)
        self.emr_page = functools.cache(self._emr_page)

    def arrive(self, *, is_page: bool, is_first: bool) -> float | None:
        """Return how many seconds pass before a request that arrives now is answered, or None if it is refused."""
        at = time.monotonic() - self.started
        self.in_flight += 1
        is_refused = self.behaviour.refuses(at)
        self.log.append((at, 429 if is_refused else 200, self.in_flight))
        return None if is_refused else self.behaviour.wait(at, is_page=is_page, is_first=is_first)

    def _detail(self, cluster_id: str) -> bytes:
        return _answer(json.dumps({"id": cluster_id, "name": "etl", "status": "Running", "workerCnt": 3}).encode())

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


def _slow_down(hold: float) -> bytes:
    answer = _answer(b'{"message": "slow down"}', b"429 Too Many Requests")
    return answer.replace(b"\r\n", b"\r\nRetry-After: %d\r\n" % hold, 1) if hold else answer


class _Connection(asyncio.Protocol):
    fleet: _Fleet

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.received = b""
        self.is_first = True

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
        if not end or len(body) < length:
            return
        self.received = b""
        url = urlsplit(head.split(b" ", 2)[1].decode())
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.path == "/serve":
            rows, size = int(query.pop("rows")), int(query.pop("size"))
            behaviour = Behaviour(**{name: float(value) for name, value in query.items()})
            type(self).fleet = _Fleet(rows, size, behaviour)
            self.transport.write(_answer(b"{}"))
        elif url.path == "/log":
            self.transport.write(_answer(json.dumps(self.fleet.log).encode()))
        else:
            self.answer(url.path, query, body)

    def answer(self, path: str, query: dict[str, str], body: bytes) -> None:
        """Send what was asked for, when it is time."""
        fleet = self.fleet
        wait = fleet.arrive(is_page=path in (_PREFIX, "/"), is_first=self.is_first)
        self.is_first = False
        content = _slow_down(fleet.behaviour.hold) if wait is None else self.content(path, query, body)

        def send() -> None:
            fleet.in_flight -= 1
            self.transport.write(content)

        asyncio.get_running_loop().call_later(fleet.behaviour.delay if wait is None else wait, send)

    def content(self, path: str, query: dict[str, str], body: bytes) -> bytes:
        """Return a page of one of the lists, or a cluster."""
        fleet = self.fleet
        number = int(query.get("page", 0))
        if path == _PREFIX:
            return fleet.page(number, min(int(query.get("size", 20)), fleet.size))
        if path.startswith(_PREFIX) and path.endswith("/vms"):
            return fleet.vms(path.split("/")[-2], number)
        if path.startswith(_PREFIX):
            return fleet.detail(path.rsplit("/", maxsplit=1)[-1])
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
