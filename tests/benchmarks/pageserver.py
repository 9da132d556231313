"""A page server that costs next to nothing: bytes made beforehand, sent after a delay, by a process of its own.

It speaks enough of three APIs to be read by what is compared: Hadoop Eco's lists of clusters and of VMs, and EMR's
`ListClusters`, with as many rows of the same kind.
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
_BORN = 1_790_000_000_000
_VMS = 8  # of each cluster


class PageServer:
    """The server, seen from the process that measures. Use it as a context manager.

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
        """Serve another fleet from now on.

        Parameters
        ----------
        rows
            Clusters.
        size
            Rows a page holds at most, whatever is asked for.
        delay
            Seconds before each answer.
        rate, until
            Requests a second to answer, the rest with 429, for so many seconds; 0 for no limit.
        """
        self._tell(f"/serve?rows={rows}&size={size}&delay={delay}&rate={rate}&until={until}")

    def log(self) -> list[tuple[float, int]]:
        """Return when each request came, in seconds since `serve`, and the status that it was answered with."""
        return [(at, status) for at, status in json.loads(self._tell("/log"))]

    def _tell(self, path: str) -> bytes:
        with urlopen(self.url + path) as answer:
            return answer.read()


class _Fleet:
    """What is served."""

    def __init__(self, rows: int, size: int, delay: float, rate: float, until: float) -> None:
        made = random.Random(rows)
        self.total, self.size, self.delay, self.rate = rows, size, delay, rate
        self.clusters = [json.dumps(_cluster(made, number)).encode() for number in range(rows)]
        self.others = [json.dumps(_other(made, number)).encode() for number in range(rows)] if size else []
        self.log: list[tuple[float, int]] = []
        self.started = time.monotonic()
        self.until = self.started + until
        self.tokens, self.at = rate / 10, self.started
        self.page = functools.cache(self._page)
        self.vms = functools.cache(self._vms)
        self.other = functools.cache(self._other)

    def status(self) -> int:
        """Return what to answer a request with that comes now."""
        now = time.monotonic()
        status = 200
        if self.rate and now < self.until:
            self.tokens = min(self.rate / 10, self.tokens + (now - self.at) * self.rate)
            self.at = now
            status = 200 if self.tokens >= 1 else 429
            self.tokens -= status == 200
        self.log.append((now - self.started, status))
        return status

    def _page(self, number: int, size: int) -> bytes:
        return _listing(self.clusters[number * size : (number + 1) * size], self.total, number, size)

    def _vms(self, cluster_id: str, number: int) -> bytes:
        made = random.Random(cluster_id)
        rows = [json.dumps(_vm(made, index)).encode() for index in range(_VMS)] if number == 0 else []
        return _listing(rows, _VMS, number, 100)

    def _other(self, start: int) -> bytes:
        rows = self.others[start : start + self.size]
        more = b', "Marker": "%d"' % (start + self.size) if start + self.size < self.total else b""
        return _answer(b'{"Clusters": [' + b", ".join(rows) + b"]" + more + b"}")


def _cluster(made: random.Random, number: int) -> dict[str, Any]:
    gone = made.random() < 0.8
    workers = 0 if gone else made.randrange(3, 40)
    born = _BORN - 60_000 * number
    return {
        "id": str(uuid.UUID(int=made.getrandbits(128), version=4)),
        "name": f"etl-{made.randrange(5000):04d}-{number:06d}",
        "status": "Terminated(User)" if gone else "Running",
        "owner": f"user-{made.randrange(200):03d}@example.com",
        "clusterType": made.choice(["hadoop", "trino", "hbase"]),
        "clusterVersion": "hde-2.0.1",
        "isScalable": not gone,
        "apiKeyStatus": "impossible",
        "masterCnt": 0 if gone else 1,
        "workerCnt": workers,
        "nodeCnt": workers and workers + 1,
        "createdAt": born,
        "runningAt": born + 400_000,
        "elapsedTime": made.randrange(10**9),
    }


def _vm(made: random.Random, number: int) -> dict[str, Any]:
    return {
        "name": f"node-{number}",
        "instanceId": str(uuid.UUID(int=made.getrandbits(128), version=4)),
        "index": number,
        "isMaster": number == 0,
        "status": "Running",
        "flavorName": "m2a.xlarge",
        "ip": f"10.0.{made.randrange(256)}.{made.randrange(256)}",
        "floatingIp": None,
        "createdAt": _BORN - number,
    }


def _other(made: random.Random, number: int) -> dict[str, Any]:
    """Return a cluster as EMR lists it."""
    name = f"j-{made.getrandbits(60):013X}"
    return {
        "Id": name,
        "Name": f"etl-{made.randrange(5000):04d}-{number:06d}",
        "Status": {
            "State": "TERMINATED",
            "StateChangeReason": {"Code": "USER_REQUEST", "Message": "Terminated by user request"},
            "Timeline": {"CreationDateTime": 1_790_000_000 - 60 * number, "ReadyDateTime": 1_790_000_400 - 60 * number},
        },
        "NormalizedInstanceHours": made.randrange(1000),
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
        """Return the delay, and what is then called with what."""
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.path == "/serve":
            made = {name: float(value) for name, value in query.items()}
            type(self).fleet = _Fleet(**made | {"rows": int(made["rows"]), "size": int(made["size"])})
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
            return fleet.other(int(json.loads(body or b"{}").get("Marker", 0)))
        return _FAILED


async def _main() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    asyncio.run(_main())
