"""What the tests share: a fresh emulator, a client on it, and a shell as an analyst has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from IPython.core.interactiveshell import InteractiveShell
from support import Notebook, access_to

from heco_jupyter.api import connection
from heco_jupyter.api.client import Client
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A busy machine is no failure: nothing here is asserted on seconds.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the fast tests first."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


@pytest.fixture(autouse=True)
def _nobody_else(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep whoever runs the tests, their keys and their profile, out of them."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    for name in ("ENDPOINT", "CREDENTIAL_ID", "CREDENTIAL_SECRET", "PROFILE"):
        monkeypatch.delenv(f"HECO_{name}", raising=False)
    for name in ("ID", "SECRET"):
        monkeypatch.delenv(f"KAKAOCLOUD_APPLICATION_CREDENTIAL_{name}", raising=False)
    yield
    connection.disconnect()
    connection.configure(**{name: getattr(Settings(), name) for name in Settings.__slots__})


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Return an empty emulator in which what takes minutes takes a tenth of a second or so."""
    with Emulator(seed="empty", speed=2000) as running:
        yield running


@pytest.fixture
def client(emulator: Emulator) -> Client:
    """Return a client on the empty emulator."""
    return Client(access_to(emulator))


@pytest.fixture
def make_client() -> Callable[..., Client]:
    """Return a function that makes a client with settings of its own."""

    def make(emulator: Emulator, **settings: Any) -> Client:
        return Client(access_to(emulator), Settings(**settings))

    return make


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """Return a shell with the extension loaded and no connection."""
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    made.run_line_magic("load_ext", "heco_jupyter")
    yield made
    made.run_line_magic("unload_ext", "heco_jupyter")
    made.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.fixture
def loose(shell: InteractiveShell) -> Notebook:
    """Return a notebook with no connection."""
    return Notebook(shell)


@pytest.fixture
def notebook(shell: InteractiveShell, emulator: Emulator) -> Notebook:
    """Return a notebook that is connected to the empty emulator."""
    connection.connect(emulator.url, emulator.credential_id, emulator.credential_secret)
    emulator.clear_requests()
    return Notebook(shell)
