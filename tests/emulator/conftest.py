"""An emulator with a clock that only tests advance, and a caller that sends plain HTTP requests."""

from __future__ import annotations

import base64
import json
import socket
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from heco_jupyter.emulator import Emulator

EXAMPLES = Path(__file__).parent.parent / "examples"
START = 1_750_000_000.0


class Clock:
    """The Unix time in seconds, which changes only by `advance`."""

    def __init__(self, now=START):
        self.now = now

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += seconds

    @property
    def ms(self):
        return round(self.now * 1000)


class Caller:
    """Sends requests as the vendor's documentation describes them, without our client."""

    def __init__(self, emulator, key_id=None, secret=None):
        self.emulator = emulator
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Credential-ID"] = key_id or emulator.credential_id
        self.session.headers["Credential-Secret"] = secret or emulator.credential_secret

    def call(self, method, path="", **options):
        return self.session.request(method, f"{self.emulator.url}/v2/hadoop-eco/clusters{path}", timeout=10, **options)

    def page(self, path="", **params):
        response = self.call("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def items(self, **params):
        return self.page(**{"size": 1000, **params})["content"]

    def item(self, cluster_id):
        (found,) = [item for item in self.items() if item["id"] == cluster_id]
        return found

    def get(self, cluster_id):
        response = self.call("GET", f"/{cluster_id}")
        assert response.status_code == 200, response.text
        return response.json()

    def vms(self, cluster_id, **params):
        return self.page(f"/{cluster_id}/vms", **{"size": 1000, "sort": "name,asc", **params})["content"]

    def create(self, body):
        response = self.call("POST", json=body)
        assert response.status_code == 200, response.text
        return response.json()["id"]

    def scale(self, cluster_id, direction, count):
        return self.call("POST", f"/{cluster_id}/scale-{direction}", json={"scaleCnt": count})

    def delete(self, cluster_id):
        return self.call("DELETE", f"/{cluster_id}")

    def refusal(self, body):
        response = self.call("POST", json=body)
        assert response.status_code == 400, response.text
        return response.json()["message"]


class RawConnection:
    """Sends bytes as they are, and reads the responses to them."""

    def __init__(self, emulator):
        self.emulator = emulator
        parts = urlsplit(emulator.url)
        self.host = parts.netloc
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=5)

    def send_head(self, method="POST", path="/v2/hadoop-eco/clusters", *, keys=True, version="HTTP/1.1", **headers):
        """Send a request without its body; `None` removes a header."""
        emulator = self.emulator
        values = {"Host": self.host, "Content-Type": "application/json"}
        if keys:
            key = (emulator.credential_id, emulator.credential_secret) if keys is True else keys
            values |= {"Credential-ID": key[0], "Credential-Secret": key[1]}
        values |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{name}: {value}\r\n" for name, value in values.items() if value is not None]
        self.socket.sendall(f"{method} {path} {version}\r\n{''.join(lines)}\r\n".encode("latin-1"))

    def send_chunk(self, data):
        self.socket.sendall(b"%x\r\n%s\r\n" % (len(data), data))

    def response(self, method="POST"):
        """Return the next response, read as a whole."""
        response = HTTPResponse(self.socket, method=method)
        response.begin()
        response.content = response.read()
        return response

    def is_closed(self):
        """Return whether the emulator has ended the connection: it must do so within the timeout of the socket."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def read_example(name):
    return json.loads((EXAMPLES / name).read_text(encoding="utf-8"))


def encode(text):
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def example():
    return read_example


@pytest.fixture
def b64():
    return encode


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make(clock):
    """Return a function that starts an emulator: by default empty, at the speed of a cloud, on the clock above."""
    started = []

    def start(**options):
        emulator = Emulator(**{"seed": "empty", "speed": 1.0, "clock": clock, **options})
        started.append(emulator)
        return emulator.start()

    yield start
    for emulator in started:
        emulator.stop()


@pytest.fixture
def emulator(make):
    return make()


@pytest.fixture
def caller():
    """Return a function that makes a caller for an emulator."""
    callers = []

    def make_caller(emulator, *key):
        callers.append(Caller(emulator, *key))
        return callers[-1]

    yield make_caller
    for one in callers:
        one.session.close()


@pytest.fixture
def raw():
    """Return a function that opens a raw connection to an emulator."""
    connections = []

    def connect(emulator):
        connections.append(RawConnection(emulator))
        return connections[-1]

    yield connect
    for one in connections:
        one.socket.close()


@pytest.fixture
def api(emulator, caller):
    return caller(emulator)


@pytest.fixture
def body():
    """Return a function that makes the smallest create request, with changes; `None` removes a field."""

    def make_body(**changes):
        config = {"hdfsReplication": 2, "hdfsBlockSize": 128, **changes.pop("config", {})}
        fields = {
            "name": "etl",
            "clusterType": "hadoop",
            "clusterVersion": "hde-2.0.1",
            "isHa": False,
            "keypairName": "key",
            "vpcId": "3ebb3020-d416-f1a4-534c-d3ad0fa1bec0",
            "subnetId": "5c1632bf-a7da-fdbf-a594-e6a7bedb328c",
            "securityGroupName": "group",
            "masterFlavorName": "m2a.xlarge",
            "masterVolumeSize": 50,
            "workerFlavorName": "m2a.2xlarge",
            "workerVolumeSize": 100,
            "workerCnt": 3,
            "monitoring": True,
            "config": {key: value for key, value in config.items() if value is not None},
            **changes,
        }
        return {key: value for key, value in fields.items() if value is not None}

    return make_body


@pytest.fixture
def running(api, clock, body):
    """Return the id of a cluster with one master and three workers that has just started to run."""
    cluster_id = api.create(body())
    clock.advance(330)
    return cluster_id
