"""Starting, stopping, and running beside another event loop."""

from __future__ import annotations

import asyncio
import gc
import socket
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from heco_jupyter.emulator import Emulator, Fault


def test_it_starts_and_stops_within_a_running_event_loop(caller):
    async def kernel():
        with Emulator(seed="empty") as emulator:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(None, lambda: caller(emulator).call("GET").status_code)

    assert asyncio.run(kernel()) == 200


def test_nothing_is_left_after_a_stop(caller):
    before = set(threading.enumerate())
    gc.collect()  # what other tests left
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        emulator = Emulator(seed="empty").start()
        port = int(emulator.url.rsplit(":", 1)[1])
        api = caller(emulator)
        api.call("GET")
        emulator.stop()
        gc.collect()
    assert set(threading.enumerate()) <= before  # a thread of another test may have ended meanwhile
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_stop_does_not_wait_for_slow_responses(emulator, api):
    emulator.faults.add(Fault(latency=60))
    failures = []

    def call():
        try:
            api.call("GET")
        except requests.ConnectionError as error:
            failures.append(error)

    waiting = threading.Thread(target=call)
    waiting.start()
    while not emulator.requests:
        pass
    emulator.stop()
    waiting.join(5)
    assert len(failures) == 1


def test_starting_and_stopping_twice_is_the_same_as_once(caller):
    emulator = Emulator(seed="empty")
    emulator.stop()
    assert emulator.start() is emulator.start()
    assert caller(emulator).call("GET").status_code == 200
    emulator.stop()
    emulator.stop()
    with pytest.raises(RuntimeError, match="started"):
        _ = emulator.url
    with emulator:
        assert caller(emulator).call("GET").status_code == 200


def test_many_concurrent_clients_all_get_responses(make, caller, body):
    emulator = make()

    def work(number):
        api = caller(emulator)
        statuses = [api.call("POST", json=body(name=f"c{number}")).status_code for _ in range(2)]
        return [*statuses, api.call("GET").status_code]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(16))) == [[200, 409, 200]] * 16
    assert len(caller(emulator).items()) == 16


def test_of_many_concurrent_equal_creates_one_succeeds(make, caller, body):
    emulator = make()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: caller(emulator).call("POST", json=body()).status_code, range(8)))
    assert sorted(statuses) == [200] + [409] * 7


def test_a_connection_is_reused_for_the_next_request(emulator, api):
    api.call("GET")
    api.call("POST", json={})
    api.call("GET", "/nobody")
    pools = api.session.get_adapter(emulator.url).poolmanager.pools
    assert [pools[key].num_connections for key in pools.keys()] == [1]  # noqa: SIM118 (not a plain mapping)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.1", "::", "example.com", ""])
def test_any_host_but_loopback_is_refused(host):
    with pytest.raises(ValueError, match="loopback only"):
        Emulator(host=host)


@pytest.mark.parametrize(
    "options",
    [
        {"speed": 0},
        {"speed": -1},
        {"speed": float("nan")},
        {"port": 70000},
        {"max_page_size": 0},
        {"credential_id": "x"},
        {"credential_secret": "x"},
    ],
)
def test_invalid_options_are_refused(options):
    with pytest.raises(ValueError, match="must"):
        Emulator(**options)


def test_a_port_in_use_is_an_error_and_leaves_nothing_open(make):
    port = int(make().url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match=r"[Aa]ddress"):
        Emulator(port=port).start()


def test_importing_the_emulator_imports_nothing_heavy():
    code = (
        "import sys, heco_jupyter.emulator; print([m for m in ('pandas', 'requests', 'IPython') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
