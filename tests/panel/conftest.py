"""A fleet at rest, a connection to it, and a watcher that ticks when it is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import access_to, cluster_row

from heco_jupyter.api.client import Client
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.live import watcher as watching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heco_jupyter.emulator import Emulator


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have watchers tick only when they are told to."""
    monkeypatch.setattr(watching.Watcher, "_run", lambda self: None)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have watchers tick several times a second."""
    for name in ("MOVING", "STEADY", "FAILING"):
        monkeypatch.setattr(watching, name, 0.1)


@pytest.fixture
def fleet(emulator: Emulator) -> Emulator:
    """Return an emulator with three clusters at rest, and one that is terminated."""
    rows = [cluster_row(number, name=f"c{number}", config={"hdfsReplication": 2}) for number in (1, 2, 3)]
    emulator.load([*rows, cluster_row(4, name="gone", status="Terminated(User)", masterCnt=0, workerCnt=0)])
    return emulator


@pytest.fixture
def analyst(fleet: Emulator) -> Iterator[Client]:
    """Return a connection to the fleet."""
    return Client(access_to(fleet), Settings(timeout=10.0))


def id_of(number: int) -> str:
    return str(cluster_row(number)["id"])
