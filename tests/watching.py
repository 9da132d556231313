"""What tests of the watcher and of the widgets share: a fleet at rest, a connection to it, and control of the ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import access_to, cluster_row

from heco_jupyter.api.client import Client
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.live import watcher

if TYPE_CHECKING:
    from heco_jupyter.emulator import Emulator


@pytest.fixture
def manual_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let watchers read only when `read` is called."""
    monkeypatch.setattr(watcher.Watcher, "_run", lambda self: None)


@pytest.fixture
def fast_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let watchers tick several times a second."""
    for name in ("MOVING", "STEADY", "FAILING"):
        monkeypatch.setattr(watcher, name, 0.1)


@pytest.fixture
def fleet(emulator: Emulator) -> Emulator:
    """Return an emulator with three clusters at rest, and one that is terminated."""
    rows = [cluster_row(number, name=f"c{number}", config={"hdfsReplication": 2}) for number in (1, 2, 3)]
    emulator.load([*rows, cluster_row(4, name="gone", status="Terminated(User)", masterCnt=0, workerCnt=0)])
    return emulator


@pytest.fixture
def analyst(fleet: Emulator) -> Client:
    """Return a connection to the fleet."""
    return Client(access_to(fleet), Settings(timeout=10.0))


def paths(emulator: Emulator) -> list[str]:
    """Return the paths requested so far."""
    return [request.path.removeprefix("/v2/hadoop-eco") for request in emulator.requests]
