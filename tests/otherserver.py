"""A second server for the documented API, unlike the emulator on purpose: what it does beyond the documentation varies.

It is written from the vendor's documentation alone, with nothing but the standard library. A cluster changes when it is
read, not with the clock, so that tests need not sleep. The server records every request. One that the documentation
does not allow is answered with 400 and noted in `OtherServer.violations`.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import itertools
import json
import random
import re
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "/v2/hadoop-eco"
KEY_ID, KEY_SECRET = "OTHERKEYID0001", "other-secret-5f1e"
WORDS = {
    "starting": "Initializing",
    "running": "Running",
    "scaling": "Running(Scaling)",
    "leaving": "Terminating",
    "gone": "Terminated(User)",
}
LIST_FIELDS = (
    *("id", "name", "status", "owner", "clusterType", "clusterVersion", "isScalable", "apiKeyStatus"),
    *("masterCnt", "workerCnt", "nodeCnt", "createdAt", "runningAt", "elapsedTime"),
)
_SORTABLE = {*LIST_FIELDS} - {"isScalable", "nodeCnt"}
_VM_SORTABLE = {"name", "instanceId", "isMaster", "flavorName", "ip", "floatingIp", "createdAt", "status"}
_QUERY = {
    "clusters": {"size", "page", "includeTerminated", "sort", "name", "apiKeyStatus"},
    "vms": {"size", "page", "ip", "name", "instanceId", "sort"},
}
_REQUIRED = {
    **dict.fromkeys(("name", "clusterType", "clusterVersion", "keypairName", "masterFlavorName"), str),
    **dict.fromkeys(("workerFlavorName", "vpcId", "subnetId"), str),
    **dict.fromkeys(("masterVolumeSize", "workerCnt", "workerVolumeSize"), int),
    **dict.fromkeys(("isHa", "monitoring"), bool),
}
_PARTS = {
    "config": {"hdfsReplication": int, "hdfsBlockSize": int},
    "userTask": {"type": {"hive", "spark"}, "terminationPolicy": {"never", "onSuccess", "always"}},
    "hiveDbInfo": {"objectId": str, "dbName": str, "userId": str, "userPw": str},
    "dataCatalogInfo": {"catalogId": str},
    "dataCatalog": {"catalogId": str},
    "redisInfo": {"objectId": str},
}
_BASE64 = (("adminInfo", "userPw"), ("hiveDbInfo", "userPw"), ("config", "configText"), ("config", "userScript"))


@dataclass(frozen=True)
class Habits:
    """What the documentation leaves open, and a server may do as it likes."""

    largest_page: int = 10**6  # the most rows on a page, whatever size is requested
    refused_size: int = 10**6  # a larger page size is answered with 400
    reported_size: Literal["real", "requested", "none"] = "real"  # the page size that a page names
    without: frozenset[str] = frozenset()  # fields that pages and rows lack
    extra: dict[str, Any] = field(default_factory=dict)  # undocumented fields of every row and every page
    backwards: bool = False  # fields in reverse order
    ties: Literal["stable", "random"] = "stable"  # the order of rows that sort alike
    framing: Literal["length", "chunked", "close"] = "length"  # "chunked" in uneven pieces; "close" is HTTP/1.0
    keep_alive: bool = True
    gzip: bool = False
    content_type: str = "application/json"
    created: int = 200  # the status of the answer to a create
    ids: Literal["uuid", "short"] = "uuid"  # "short": kc-0001
    words: dict[str, str] = field(default_factory=lambda: WORDS)
    lag: int = 0  # reads after a write that still find the state before it
    busy: int = 1  # reads after those that find the cluster busy
    jumps: bool = False  # a busy cluster already has the new worker count
    count_lag: int = 0  # reads that find the cluster running again, with the old worker count
    forgets: bool = False  # a deleted cluster is not found any more
    hidden: int = 0  # reads that do not find a new cluster yet
    errors: str = "spring"  # the shape of an error body, see `error_body`
    first_try: int = 0  # the status of the first answer to every distinct read
    retry_after: str = ""
    loses: Literal["", "POST", "DELETE"] = ""  # the method that is carried out, but never answered
    ignores: Literal["", "POST", "DELETE"] = ""  # the method that is neither carried out nor answered
    clock: float = 0.0  # seconds by which the clock is ahead
    date_skew: float | None = 0.0  # seconds by which the Date header is ahead of the clock; None sends no header
    jitter: float = 0.0  # the longest random delay of an answer, in seconds, so that requests overtake one another


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class RefusedError(Exception):
    """The server answers with an error."""

    def __init__(self, status: int, words: str, *, violation: bool = False) -> None:
        super().__init__(words)
        self.status, self.words, self.violation = status, words, violation


def error_body(shape: str, status: int, words: str) -> tuple[str, bytes]:
    """Return the content type and the body of an error in one of the shapes that servers and gateways use."""
    spring = {"timestamp": "2024-07-24T05:00:00.000+00:00", "status": status, "error": "Error", "path": PREFIX}
    texts = {
        "empty": ("", ""),
        "html": ("text/html", f"<html><body><h1>{status}</h1><p>{words}</p></body></html>"),
        "text": ("text/plain; charset=utf-8", words),
    }
    trees: dict[str, Any] = {
        "spring": {**spring, "message": words},
        "spring-fields": {
            **spring,
            "message": "Validation failed",
            "errors": [{"field": "x", "defaultMessage": words}],
        },
        "nested": {"error": {"code": 1001, "message": words}},
        "list": {"errors": [{"code": "E1", "message": words}]},
        "flat": {"code": "E1", "errorMessage": words},
        "string": words,
    }
    if shape == "euc-kr":
        return "text/plain;charset=EUC-KR", words.encode("euc-kr")
    kind, text = texts.get(shape) or ("application/json", json.dumps(trees[shape], ensure_ascii=False))
    return kind, text.encode(errors="backslashreplace")  # JSON can hold half of a surrogate pair, UTF-8 cannot


class OtherServer:
    """The server: as a context manager over HTTP, otherwise only by calls of `answer`."""

    def __init__(self, habits: Habits | None = None) -> None:
        self.habits = habits or Habits()
        self.clusters: dict[str, dict[str, Any]] = {}
        self.created: list[Any] = []
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.refuse_next: list[tuple[int, str]] = []  # the status and words of the next answers, whatever the request
        self.vms: dict[str, list[dict[str, Any]]] = {}  # by cluster id, in place of those that follow from the counts
        self.after_page: Callable[[OtherServer, int], None] = lambda server, number: None
        self.before_write: Callable[[OtherServer], None] = lambda server: None
        self.after_write: Callable[[OtherServer], None] = lambda server: None
        self._steps: dict[str, deque[dict[str, Any]]] = {}
        self._seen: set[object] = set()
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def now(self) -> float:
        return time.time() + self.habits.clock

    def add(self, name: str, **fields: Any) -> str:
        """Add a cluster, running unless `fields` say otherwise, and return its id."""
        number = len(self.clusters) + 1
        cluster_id = fields.pop("id", f"kc-{number:04d}" if self.habits.ids == "short" else str(uuid.uuid4()))
        base = {
            "id": cluster_id,
            "name": name,
            "status": self.habits.words["running"],
            "owner": "user@example.com",
            "clusterType": "hadoop",
            "clusterVersion": "hde-2.0.1",
            "isScalable": True,
            "apiKeyStatus": "impossible",
            "masterCnt": 1,
            "workerCnt": 3,
            "isHa": False,
            "vpcId": "v",
            "createdAt": int(self.now) * 1000,
            "runningAt": int(self.now) * 1000 + 5,
            "elapsedTime": 60_000,
            "config": {"hdfsReplication": 2, "hdfsBlockSize": 128},
        }
        with self._lock:
            self.clusters[cluster_id] = base | fields
        return cluster_id

    # Reads

    def answer(self, request: Request) -> tuple[int, Any]:
        """Return the status and the JSON of the answer, or raise `RefusedError`."""
        if self.habits.jitter:
            time.sleep(random.uniform(0, self.habits.jitter))
        with self._lock:
            self.requests.append(request)
            if request.headers.get("credential-id") is None or request.headers.get("credential-secret") is None:
                raise RefusedError(401, "no credential headers", violation=True)
            if (request.headers["credential-id"], request.headers["credential-secret"]) != (KEY_ID, KEY_SECRET):
                raise RefusedError(401, "크리덴셜 인증 실패")
            if self.refuse_next:
                raise RefusedError(*self.refuse_next.pop(0))
            if (
                self.habits.first_try
                and request.method == "GET"
                and (key := (request.path, request.query)) not in self._seen
            ):
                self._seen.add(key)
                raise RefusedError(self.habits.first_try, "not now")
            if request.method != "POST" and (request.body or request.headers.get("content-length", "0") != "0"):
                raise RefusedError(400, f"{request.method} with a body", violation=True)
            if request.method == "POST" and request.headers.get("content-type") != "application/json":
                raise RefusedError(400, f"Content-Type {request.headers.get('content-type')}", violation=True)
            if request.query and request.method != "GET":
                raise RefusedError(400, "a write with a query", violation=True)
            return self._route(request, [unquote(part) for part in request.path.removeprefix(PREFIX).split("/")[1:]])

    def _route(self, request: Request, parts: list[str]) -> tuple[int, Any]:
        match request.method, parts:
            case "GET", ["clusters"]:
                return 200, self._list(request)
            case "POST", ["clusters"]:
                return self.habits.created, self._create(request.json)
            case "GET", ["clusters", cluster_id]:
                return 200, self._get(cluster_id)
            case "GET", ["clusters", cluster_id, "vms"]:
                return 200, self._list_vms(cluster_id, request)
            case "DELETE", ["clusters", cluster_id]:
                return 200, self._delete(self._existing(cluster_id))
            case "POST", ["clusters", cluster_id, ("scale-out" | "scale-in") as verb]:
                return 200, self._scale(self._existing(cluster_id), verb, request.json)
        raise RefusedError(404, f"no such call: {request.method} {request.path}", violation=True)

    def _existing(self, cluster_id: str) -> dict[str, Any]:
        if cluster_id not in self.clusters:
            raise RefusedError(404, "클러스터가 존재하지 않음")
        return self.clusters[cluster_id]

    def _get(self, cluster_id: str) -> dict[str, Any]:
        cluster = self._existing(cluster_id)
        if steps := self._steps.get(cluster_id):
            step = steps.popleft()
            if step.get("status") == self.habits.words["gone"] and self.habits.forgets:
                del self.clusters[cluster_id]
            elif "hidden" not in step:
                cluster |= step
            if self.habits.forgets or "hidden" in step:
                self._existing(cluster_id if cluster_id in self.clusters and "hidden" not in step else "")
        return self._shaped(cluster | {"nodeCnt": cluster["masterCnt"] + cluster["workerCnt"]})

    def _shaped(self, fields: dict[str, Any]) -> dict[str, Any]:
        kept = [(name, value) for name, value in fields.items() if name not in self.habits.without]
        return dict(kept[:: -1 if self.habits.backwards else 1]) | self.habits.extra

    def _list(self, request: Request) -> dict[str, Any]:
        query = _checked_query(request, "clusters")
        rows = list(self.clusters.values())
        if query.get("includeTerminated", "true") == "false":
            rows = [row for row in rows if row["status"] != self.habits.words["gone"]]
        for name in ("name", "apiKeyStatus"):
            rows = [row for row in rows if _like(query.get(name, ""), row[name])]
        rows = [row | {"nodeCnt": row["masterCnt"] + row["workerCnt"]} for row in rows]
        return self._page(request, query, [{name: row[name] for name in LIST_FIELDS} for row in rows], _SORTABLE)

    def _list_vms(self, cluster_id: str, request: Request) -> dict[str, Any]:
        query = _checked_query(request, "vms")
        cluster = self._existing(cluster_id)
        rows = [
            {
                "name": f"Hadoop{role}-{cluster['name']}-{index}",
                "instanceId": f"{cluster_id}/{role}{index}",
                "index": index,
                "isMaster": role == "MST",
                "status": "Running",
                "flavorName": "m2a.xlarge",
                "ip": f"10.0.{role == 'MST':d}.{index}",
                "createdAt": cluster["createdAt"],
            }
            for role, count in (("MST", cluster["masterCnt"]), ("WRK", cluster["workerCnt"]))
            for index in range(1, count + 1)
        ]
        if cluster_id in self.vms:
            rows = list(self.vms[cluster_id])
        for name in ("name", "ip", "instanceId"):
            rows = [row for row in rows if _like(query.get(name, ""), str(row.get(name)))]
        return self._page(request, query, rows, _VM_SORTABLE)

    def _page(self, request: Request, query: dict[str, str], rows: list[Any], sortable: set[str]) -> dict[str, Any]:
        requested, number = int(query.get("size", 20)), int(query.get("page", 0))
        if requested > self.habits.refused_size:
            raise RefusedError(400, f"size must be {self.habits.refused_size} or less")
        size = min(requested, self.habits.largest_page)
        sorts = [value.split(",") for name, value in request.query if name == "sort"] or [["createdAt", "desc"]]
        if self.habits.ties == "random":
            random.shuffle(rows)
        for name, direction in reversed(sorts):
            if name not in sortable:
                raise RefusedError(400, f"{name} 필드로 정렬할 수 없습니다")
            rows.sort(
                key=lambda row, name=name: (row.get(name) is not None, row.get(name)), reverse=direction == "desc"
            )
        content, order = rows[number * size : (number + 1) * size], {"sorted": True, "unsorted": False, "empty": False}
        reported = {"real": size, "requested": requested, "none": None}[self.habits.reported_size]
        pages = -(-len(rows) // size)
        page = {
            "content": [self._shaped(row) for row in content],
            "pageable": {
                "pageNumber": number,
                "pageSize": reported,
                "sort": order,
                "offset": number * size,
                "paged": True,
            },
            "totalPages": pages,
            "totalElements": len(rows),
            "last": number + 1 >= pages,
            "first": number == 0,
            "numberOfElements": len(content),
            "sort": order,
            "size": reported,
            "number": number,
            "empty": not content,
        }
        page = {name: value for name, value in page.items() if reported is not None or name not in ("size", "pageable")}
        shaped = self._shaped(page)
        self.after_page(self, number)
        return shaped

    # Writes

    def _create(self, body: Any) -> dict[str, Any]:
        if faults := faults_of_create(body):
            raise RefusedError(400, "; ".join(faults), violation=True)
        if any(c["name"] == body["name"] and c["status"] != self.habits.words["gone"] for c in self.clusters.values()):
            raise RefusedError(409, "이미 사용 중인 이름입니다")
        self.created.append(body)
        words = self.habits.words
        kept = {name: body[name] for name in ("clusterType", "clusterVersion", "isHa", "config", "workerCnt", "vpcId")}
        made = kept | {"masterCnt": 3 if body["isHa"] else 1, "status": words["starting"], "runningAt": None}
        cluster_id = self.add(body["name"], **made)
        steps = [{"hidden": True}] * self.habits.hidden + [{}] * self.habits.busy + [{"status": words["running"]}]
        self._steps[cluster_id] = deque(steps)
        return {"id": cluster_id, "name": body["name"], "status": words["starting"]}

    def _delete(self, cluster: dict[str, Any]) -> dict[str, Any]:
        words = self.habits.words
        gone = {"status": words["gone"], "masterCnt": 0, "workerCnt": 0, "isScalable": False}
        at_work = [{"status": words["leaving"]}] * self.habits.busy
        self._steps[cluster["id"]] = deque([{}] * self.habits.lag + at_work + [gone])
        return {"id": cluster["id"], "name": cluster["name"], "status": words["leaving"]}

    def _scale(self, cluster: dict[str, Any], verb: str, body: Any) -> dict[str, Any]:
        count = body.get("scaleCnt") if isinstance(body, dict) else None
        if type(count) is not int or count < 1 or set(body) != {"scaleCnt"}:
            raise RefusedError(400, f"scaleCnt is {count!r}", violation=True)
        target = cluster["workerCnt"] + (count if verb == "scale-out" else -count)
        if target < (cluster.get("config") or {}).get("hdfsReplication", 1):
            raise RefusedError(400, "hdfs.replication 보다 작을 수 없습니다")
        words, settled = self.habits.words, {"status": self.habits.words["running"]}
        at_work = {"status": words["scaling"]} | ({"workerCnt": target} if self.habits.jumps else {})
        steps = [{}] * self.habits.lag + [at_work] * self.habits.busy + [settled] * self.habits.count_lag
        self._steps[cluster["id"]] = deque([*steps, settled | {"workerCnt": target}])
        return {"id": cluster["id"], "name": cluster["name"], "status": words["scaling"]}


def faults_of_create(body: Any) -> list[str]:
    """Return how a create body breaks the documented rules."""
    if not isinstance(body, dict):
        return ["not an object"]
    faults = _faults(body, _REQUIRED, "")
    for name, rules in _PARTS.items():
        if name in body or name == "config":
            faults += _faults(body.get(name), rules, f"{name}.")
    if not faults and body["workerCnt"] < body["config"]["hdfsReplication"]:
        faults.append("workerCnt < config.hdfsReplication")
    if not body.get("securityGroupIds") and not body.get("securityGroupName"):
        faults.append("neither securityGroupIds nor securityGroupName")
    for part, name in _BASE64:
        value = (body.get(part) or {}).get(name)
        try:
            base64.b64decode(value or "", validate=True)
        except (binascii.Error, TypeError, ValueError):
            faults.append(f"{part}.{name} is not Base64")
    return faults


def _faults(value: Any, rules: dict[str, Any], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} is not an object"]
    return [
        f"{where}{name} is {value.get(name)!r}"
        for name, rule in rules.items()
        if (value.get(name) not in rule if isinstance(rule, set) else type(value.get(name)) is not rule)
    ]


def _checked_query(request: Request, what: str) -> dict[str, str]:
    query = {}
    for name, value in request.query:
        fine = {
            "sort": re.fullmatch(r"\w+,(asc|desc)", value),
            "page": value.isdecimal(),
            "size": value.isdecimal() and int(value) > 0,
            "includeTerminated": value in ("true", "false"),
        }.get(name, True)
        if name not in _QUERY[what] or not fine or (name in query and name != "sort"):
            raise RefusedError(400, f"query {name}={value}", violation=True)
        query[name] = value
    return query


def _like(pattern: str, text: str) -> bool:
    """Return whether `text` is LIKE %pattern% in SQL: % and _ are wildcards, and a backslash escapes."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return (
        re.search("".join(wild.get(p) or re.escape(p[-1]) for p in parts), text, re.IGNORECASE | re.DOTALL) is not None
    )


class _Handler(BaseHTTPRequestHandler):
    """Speaks HTTP with the habits of the server."""

    disable_nagle_algorithm: ClassVar[bool] = True

    def __init__(self, server: OtherServer, *args: Any) -> None:
        self._other, self._habits = server, server.habits
        self.protocol_version = "HTTP/1.0" if server.habits.framing == "close" else "HTTP/1.1"
        super().__init__(*args)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(self._other.now + (self._habits.date_skew or 0.0), usegmt=True)

    def send_header(self, keyword: str, value: str) -> None:
        if keyword != "Date" or self._habits.date_skew is not None:
            super().send_header(keyword, value)

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        split, length = urlsplit(self.path), int(self.headers.get("Content-Length") or 0)
        query = tuple(parse_qsl(split.query, keep_blank_values=True, strict_parsing=bool(split.query)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, split.path, query, headers, self.rfile.read(length))
        try:
            if self.command != "GET":
                self._other.before_write(self._other)
            if self._habits.ignores == self.command:
                self._other.requests.append(request)
                self._other.after_write(self._other)
                self.close_connection = True
                return
            status, tree = self._other.answer(request)
            if self.command != "GET":
                self._other.after_write(self._other)
            kind, body = (
                self._habits.content_type,
                json.dumps(tree, ensure_ascii=False).encode(errors="backslashreplace"),
            )
        except RefusedError as refused:
            status = refused.status
            kind, body = error_body(self._habits.errors, status, refused.words)
            if refused.violation:
                self._other.violations.append(f"{self.command} {self.path}: {refused.words}")
        self.close_connection = self.close_connection or not self._habits.keep_alive
        if status < 300 and self._habits.loses == self.command:
            self.close_connection = True
            return
        self._send(status, kind, body)

    do_POST = do_DELETE = do_GET

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        if self._habits.retry_after and status in (429, 503):
            self.send_header("Retry-After", self._habits.retry_after)
        if self._habits.gzip:
            self.send_header("Content-Encoding", "gzip")
            body = gzip.compress(body)
        if not self._habits.keep_alive:
            self.send_header("Connection", "close")
        if self._habits.framing == "length":
            self.send_header("Content-Length", str(len(body)))
        elif self._habits.framing == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            cuts = [0, 1, 4, 11, len(body)]
            pieces = [body[start:end] for start, end in itertools.pairwise(cuts) if body[start:end]]
            body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        self.end_headers()
        cut = 1 + len(body) // 3 if self._habits.framing == "length" else 7
        for piece in (body[:cut], body[cut:]):
            self.wfile.write(piece)
