"""Fixtures that all tests share: a fresh emulator, a client of it, and a shell with the extension loaded."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from typing import TYPE_CHECKING

import fast
import pytest
from hypothesis import HealthCheck, settings
from IPython.core.interactiveshell import InteractiveShell
from support import Notebook, client_of
from traitlets.config import Config

from heco_jupyter.api import connection
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.api.wire import pacing, throttle, transport
from heco_jupyter.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from heco_jupyter.api.client import Client

# No test asserts how fast it runs, so a busy machine must not fail one.
settings.register_profile("full", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", settings.get_profile("full"), max_examples=10)


def runs_only_fast_tests(config: pytest.Config) -> bool:
    """Return whether this is a run of `pytest -m fast`."""
    return config.option.markexpr == "fast"


def pytest_configure(config: pytest.Config) -> None:
    """Try fewer examples of each property in a fast run, and let Ctrl-C interrupt, as it does in a kernel.

    Several workers begin with an equal share each, and who is done takes over a part of what another has left.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started this with SIGINT ignored
    if getattr(config.option, "dist", "no") == "load":  # what -n chooses
        config.option.dist = "worksteal"
    settings.load_profile("fast" if runs_only_fast_tests(config) else "full")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out modules without fast tests in a fast run: importing nbformat alone takes seconds."""
    is_left_out = collection_path.name.startswith("test_") and not fast.has_fast_tests(collection_path)
    return True if is_left_out and runs_only_fast_tests(config) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the fast tests, and put the slow ones last; first where there are several workers.

    There, the first worker spends its time waiting for kernels and browsers while the others use the processor.
    """
    for item in items:
        if fast.is_fast(item.path, item.nodeid):
            item.add_marker(pytest.mark.fast)
    has_workers = "PYTEST_XDIST_WORKER" in os.environ
    items.sort(key=lambda item: (item.get_closest_marker("slow") is None) == has_workers)


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide the developer's own home folder, keys and profile, and disconnect afterwards."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    for name in ("ENDPOINT", "CREDENTIAL_ID", "CREDENTIAL_SECRET", "PROFILE"):
        monkeypatch.delenv(f"HECO_{name}", raising=False)
    for name in ("ID", "SECRET"):
        monkeypatch.delenv(f"KAKAOCLOUD_APPLICATION_CREDENTIAL_{name}", raising=False)
    yield
    recorders = sys.modules.get("heco_jupyter.live.recorder")  # bringing it takes longer than most tests
    if recorders is not None and (recorder := recorders.recorder_here()) is not None:
        recorder.stop()
        recorders._Here.recorder = None
    connection.disconnect()
    connection.configure(
        **{name: getattr(Settings(), name) for name in Settings.__slots__} | {"timezone": None, "language": None}
    )


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Return an empty emulator that runs 2,000 times as fast as the clock."""
    with Emulator(seed="empty", speed=2000) as running:
        yield running


@pytest.fixture
def client(emulator: Emulator) -> Client:
    """Return a client of the empty emulator."""
    return client_of(emulator)


@pytest.fixture
def keys_in_environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment variables that name the emulator and its keys."""
    monkeypatch.setenv("HECO_ENDPOINT", emulator.url)
    monkeypatch.setenv("HECO_CREDENTIAL_ID", emulator.credential_id)
    monkeypatch.setenv("HECO_CREDENTIAL_SECRET", emulator.credential_secret)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses before a retry, of a wait, and between the reads that recover a lost answer."""
    monkeypatch.setattr("heco_jupyter.api.wire.transport.backoff", lambda attempt: 0.01 * attempt)
    monkeypatch.setattr("heco_jupyter.api.writes.waiting._FIRST_PAUSE", 0.01)
    monkeypatch.setattr("heco_jupyter.api.writes.recovery._PAUSES", (0.0, 0.01, 0.02, 0.05))


@pytest.fixture
def short_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a 429 hold requests for a twentieth of the time: by its `Retry-After`, and by the pace that is found.

    An API that refuses everything is believed after a twentieth of the time, too.
    """

    def shortened(value: str | None) -> float | None:
        seconds = throttle.retry_after(value)
        return None if seconds is None else seconds / 20

    monkeypatch.setattr(transport, "retry_after", shortened)
    monkeypatch.setattr(throttle, "_LATELY", throttle._LATELY / 20)
    for name in ("_LEAST", "_LEAST_GUESS"):
        monkeypatch.setattr(pacing, name, 20 * getattr(pacing, name))


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """Return a shell with the extension loaded and no connection."""
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(config=Config({"HistoryManager": {"hist_file": ":memory:"}}))
    made.run_line_magic("load_ext", "heco_jupyter")
    yield made
    made.run_line_magic("unload_ext", "heco_jupyter")
    made.history_manager.end_session()
    made.history_manager.db.close()
    atexit.unregister(made.atexit_operations)  # each would collect garbage once more, which adds up to a minute
    InteractiveShell.clear_instance()


@pytest.fixture
def unconnected(shell: InteractiveShell) -> Notebook:
    """Return a notebook with no connection."""
    return Notebook(shell)


@pytest.fixture
def notebook(shell: InteractiveShell, emulator: Emulator) -> Notebook:
    """Return a notebook that is connected to the empty emulator."""
    connection.connect(emulator.url, emulator.credential_id, emulator.credential_secret)
    emulator.clear_requests()
    return Notebook(shell)
