"""Helpers that many test modules share: the vendor's examples, rows, specs, clients, waiting, and a notebook."""

from __future__ import annotations

import base64
import copy
import errno
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from IPython.utils.capture import capture_output

from heco_jupyter.api.client import Client
from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.model.access import Access, Credentials
from heco_jupyter.api.model.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell
    from otherserver import OtherServer
    from wire import WireServer

    from heco_jupyter.emulator import Emulator

EXAMPLES = Path(__file__).parent / "examples"
ARTIFACTS = Path(__file__).parents[1] / ".artifacts"
CREATE_REQUESTS = ("1-hive-job", "2-spark-job", "3-mysql-metastore")


def example(name: str) -> Any:
    """Return one of the vendor's JSON examples."""
    return json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))


def create_request(name: str, password: str = "s3cret-Pw") -> dict[str, Any]:
    """Return one of the vendor's create requests, with Base64 of `password` and a region for the placeholders."""
    text = json.dumps(example(f"create-request-{name}"), ensure_ascii=False)
    return json.loads(text.replace("<base_64_string>", base64_of(password)).replace("{리전명}", "kr-central-2"))


def base64_of(text: str) -> str:
    """Return the Base64 of a text."""
    return base64.b64encode(text.encode()).decode()


def as_yaml(value: Any) -> str:
    """Return a value as YAML, with its keys in order."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True)


def cluster_row(number: int, **fields: Any) -> dict[str, Any]:
    """Return an item of a cluster list."""
    return {
        "id": f"{number:08x}-0000-4000-8000-{number:012x}",
        "name": f"cluster-{number:03d}",
        "status": "Running",
        "owner": "kim@example.com",
        "clusterType": "hadoop",
        "clusterVersion": "hde-2.0.1",
        "isScalable": True,
        "apiKeyStatus": "impossible",
        "masterCnt": 1,
        "workerCnt": 3,
        "nodeCnt": 4,
        "createdAt": 1_720_000_000_000 + number,
        "runningAt": 1_720_000_400_000 + number,
        "elapsedTime": 1_000 * number,
    } | fields


SPEC: dict[str, Any] = {
    "name": "etl-nightly",
    "clusterType": "hadoop",
    "clusterVersion": "hde-2.0.1",
    "isHa": False,
    "masterFlavorName": "m2a.xlarge",
    "masterVolumeSize": 50,
    "workerCnt": 3,
    "workerFlavorName": "m2a.xlarge",
    "workerVolumeSize": 100,
    "monitoring": True,
    "keypairName": "keypair",
    "vpcId": "3ebb3020-d416-f1a4-534c-d3ad0fa1bec0",
    "subnetId": "5c1632bf-a7da-fdbf-a594-e6a7bedb328c",
    "securityGroupName": "etl",
    "config": {"hdfsReplication": 2, "hdfsBlockSize": 128},
}


def spec(**fields: Any) -> dict[str, Any]:
    """Return a valid create spec, with some fields replaced or added."""
    return copy.deepcopy(SPEC) | fields


def access(url: str, credential_id: str, credential_secret: str) -> Access:
    """Return an endpoint with its keys."""
    return Access(url, Credentials(credential_id, Secret(credential_secret), "the test"))


def access_to(emulator: Emulator) -> Access:
    """Return the endpoint and the keys of an emulator."""
    return access(emulator.url, emulator.credential_id, emulator.credential_secret)


def client_at(
    url: str, credential_id: str = "AKID-test-0001", credential_secret: str = "canary-secret-value", **settings: Any
) -> Client:
    """Return a client of the API at `url`, which has not sent anything yet."""
    return Client(access(url, credential_id, credential_secret), Settings(**settings))


def client_of(emulator: Emulator, **settings: Any) -> Client:
    """Return a client of an emulator, which has not sent anything yet."""
    return Client(access_to(emulator), Settings(**settings))


def start_in_vain(emulator: Emulator) -> Emulator:
    """Fail as an emulator's start does when the machine has no port left."""
    raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))


def writes(server: Emulator | OtherServer | WireServer) -> list[Any]:
    """Return the requests that a server received, except reads."""
    return [request for request in server.requests if request.method != "GET"]


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until `condition` holds, and fail when it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"the condition did not hold within {seconds} s"
        time.sleep(0.02)


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new Python process, which must exit with 0."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)


@dataclass(frozen=True)
class CellResult:
    """What running a cell produced."""

    value: Any
    error: BaseException | None
    shown: str
    printed: str

    @property
    def text(self) -> str:
        """Everything that a person sees."""
        return f"{self.printed}\n{self.shown}"


class Notebook:
    """A shell with the extension loaded, used as a person uses a notebook."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def run(self, cell: str) -> CellResult:
        """Run a cell."""
        with capture_output() as captured:
            result = self.shell.run_cell(cell, store_history=True)
        return CellResult(
            value=result.result,
            error=result.error_in_exec or result.error_before_exec,
            shown="\n".join(f"{output.data}" for output in captured.outputs),
            printed=captured.stdout + captured.stderr,
        )

    def value(self, cell: str) -> Any:
        """Run a cell that must succeed, and return its value."""
        ran = self.run(cell)
        assert ran.error is None, ran.text
        return ran.value

    def refusal(self, cell: str) -> str:
        """Run a cell that must fail with a short block instead of a traceback, and return the block."""
        ran = self.run(cell)
        assert ran.error is not None, ran.text
        assert "Traceback" not in ran.text
        assert type(ran.error).__name__ in ran.printed
        return ran.printed
