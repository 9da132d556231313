"""Fixtures of the magics: somebody who answers questions, and a running cluster."""

from __future__ import annotations

import builtins
import getpass
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from support import spec

from heco_jupyter.api import connection

if TYPE_CHECKING:
    from support import Notebook

    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.emulator import Emulator


@dataclass
class Person:
    """Somebody at the keyboard, who answers as many questions as there are answers, and then has left."""

    answers: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def ask(self, question: str = "") -> str:
        """Return the next answer."""
        self.questions.append(question)
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    """Return the person whom `input` and `getpass` ask."""
    made = Person()
    monkeypatch.setattr(builtins, "input", made.ask)
    monkeypatch.setattr(getpass, "getpass", made.ask)
    return made


@pytest.fixture
def running_cluster(notebook: Notebook, emulator: Emulator) -> Cluster:
    """Return a running cluster of 3 workers and replication 2, called etl-nightly."""
    client = connection.current()
    cluster = client.wait(client.create_cluster(spec()).id, timeout=60)
    emulator.clear_requests()
    return cluster
