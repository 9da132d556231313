"""Ctrl-C, several threads, and an outage: calls end in time, and the client stays usable."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faults import FAULTS
from faultserver import FaultServer
from operations import IDS, NAMES, OPERATIONS, SUBJECT, populate
from otherserver import KEY_ID, KEY_SECRET, Habits, OtherServer
from support import ARTIFACTS, client_at, spec, until

from heco_jupyter.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NEVER = 10**6
# Operations, and after how many answers the API falls silent: in the middle of each, at one or several points.
CASES = [
    *((name, operation.prelude) for name, operation in OPERATIONS.items() if name != "wait"),
    *((name, answered) for name in ("list", "list, sorted", "vms") for answered in (1, 2)),
    *(("vms of all", answered) for answered in (1, 3, 5)),
    ("wait", NEVER),
    ("wait", 1),
]


def interrupt(name: str, answered: int) -> str:
    """Press Ctrl-C in the middle of an operation, and return a line about the outcome. Call it in the main thread."""
    operation = OPERATIONS[name]
    api = OtherServer(Habits(ids="short"))
    populate(api)
    if operation.waits:
        api.clusters[SUBJECT]["status"] = "Initializing"
    pressed = 0.0
    last = 0 if answered == NEVER else answered  # the request after it is in flight, or a wait pauses after its first

    def press() -> None:
        nonlocal pressed
        until(lambda: len(server.received) > last)
        time.sleep(0.05)
        pressed = time.monotonic()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    with FaultServer(api, FAULTS["silence"], lasting=True, acts=True, prelude=answered) as server:
        client = client_at(server.url, KEY_ID, KEY_SECRET, timeout=600, page_size=3)
        threading.Thread(target=press).start()
        try:
            operation.run(client) if not operation.waits else client.wait(SUBJECT)
            ended = "returned"
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 (any error is an outcome)
            ended = f"{type(error).__name__} {' '.join(error.args)}"
        seconds = time.monotonic() - pressed
        writes = sum(method != "GET" for method in server.received)
        server._prelude = NEVER  # from now on it answers
        usable = set(IDS) <= set(client.list_clusters()["id"])
    return f"{name}; after {answered}; {seconds:.2f}; {writes}; {usable}; {ended}"


def test_ctrl_c_ends_every_operation_at_once_and_the_client_stays_usable():
    folder = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": f"{folder.parent}{os.pathsep}{folder}"}
    command = [sys.executable, __file__]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
    assert ran.returncode == 0, ran.stderr
    assert not ran.stderr
    lines = ran.stdout.splitlines()
    assert len(lines) == len(CASES)
    for line, (name, _) in zip(lines, CASES, strict=True):
        _, _, seconds, writes, usable, ended = line.split("; ", 5)
        assert float(seconds) < 10, line  # not the 600 s of the timeout; the artifact has the exact figures
        assert usable == "True", line
        if OPERATIONS[name].writes:
            assert writes == "1", line
            assert ended.startswith("UncertainError"), line
            assert "you interrupted it after it was sent" in line
        else:
            assert ended.strip() == "KeyboardInterrupt", line
    artifact = ARTIFACTS / "faults" / "interrupts.txt"
    artifact.parent.mkdir(parents=True, exist_ok=True)
    artifact.write_text(ran.stdout, "utf-8")


def test_a_client_is_safe_for_use_by_several_threads():
    with OtherServer(Habits(ids="short", first_try=503)) as api:
        populate(api)
        client = client_at(api.url, KEY_ID, KEY_SECRET, page_size=3, max_connections=4)
        calls: list[Callable[[int], Any]] = [
            lambda _: list(client.list_clusters()["id"]) == IDS[::-1],
            lambda _: client.list_vms(SUBJECT).attrs["complete"],
            lambda n: client.get_cluster(IDS[n % 7]).name == NAMES[n % 7],
            lambda n: client.find(NAMES[n % 7]).id == IDS[n % 7],
            lambda n: client.create_cluster(spec(name=f"made-{n}")).name == f"made-{n}",
            lambda n: list(client.list_clusters(name=f"cluster-{n % 7 + 1}")["id"]) == [IDS[n % 7]],
        ]
        # The first of the calls is left out: the creates would change its list, which another test covers.
        numbers = [n for n in range(96) if n % 6 != 0]
        with ThreadPoolExecutor(16) as executor:
            results = list(executor.map(lambda n: calls[n % 6](n), numbers))
        assert all(results)
        assert sorted(body["name"] for body in api.created) == sorted(f"made-{n}" for n in numbers if n % 6 == 4)
        assert not api.violations


def test_an_outage_is_not_multiplied_by_pages_and_threads():
    api = OtherServer(Habits(ids="short"))
    for number in range(200):
        api.add(f"cluster-{number}")
    with FaultServer(api, FAULTS["502"], lasting=True, acts=True, prelude=1) as server:
        client = client_at(server.url, KEY_ID, KEY_SECRET)
        with pytest.raises(ServerError):
            client.list_all_vms()
        for _ in range(10):
            with pytest.raises(ServerError):
                client.list_clusters()
        # 200 lists and 10 calls, tried 5 times each, would be 1,050 requests; the budget allows 30 retries in a row.
        assert len(server.received) <= 1 + 8 + 10 + 30


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started this with SIGINT ignored
    for case in CASES:
        print(interrupt(*case), flush=True)  # noqa: T201 (the output of a program, see the first test)
