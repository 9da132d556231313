"""What test modules share besides fixtures: the vendor's examples, rows, specs, and a person at a notebook."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.utils.capture import capture_output

from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.model.access import Access, Credentials

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from heco_jupyter.emulator import Emulator

EXAMPLES = Path(__file__).parent / "examples"


def example(name: str) -> Any:
    """Return one of the vendor's JSON examples."""
    return json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))


def access_to(emulator: Emulator) -> Access:
    """Return how to reach `emulator`."""
    secret = Secret(emulator.credential_secret)
    return Access(emulator.url, Credentials(emulator.credential_id, secret, "the test"))


def cluster_row(number: int, **fields: Any) -> dict[str, Any]:
    """Return an item as a list of clusters holds it."""
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
    """Return a create spec that keeps every rule."""
    return copy.deepcopy(SPEC) | fields


@dataclass(frozen=True)
class Ran:
    """What running a cell brought."""

    value: Any
    error: BaseException | None
    shown: str
    printed: str

    @property
    def text(self) -> str:
        """Everything a person sees."""
        return f"{self.printed}\n{self.shown}"


class Notebook:
    """A shell with the extension loaded, and what a person does in it."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def run(self, cell: str) -> Ran:
        """Run a cell."""
        with capture_output() as captured:
            result = self.shell.run_cell(cell, store_history=True)
        shown = "\n".join(f"{output.data}" for output in captured.outputs)
        return Ran(
            result.result, result.error_in_exec or result.error_before_exec, shown, captured.stdout + captured.stderr
        )

    def value(self, cell: str) -> Any:
        """Run a cell that must not fail, and return its value."""
        ran = self.run(cell)
        assert ran.error is None, ran.text
        return ran.value

    def refusal(self, cell: str) -> str:
        """Run a cell that must fail with a short block, and return that."""
        ran = self.run(cell)
        assert ran.error is not None, ran.text
        assert "Traceback" not in ran.text
        assert type(ran.error).__name__ in ran.printed
        return ran.printed
