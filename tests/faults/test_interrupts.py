"""Ctrl-C, several threads and an outage: what is under way ends, and the client goes on."""

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
from operations import CREATED, NAMES, OPERATIONS, SUBJECT, populate
from otherserver import KEY_ID, KEY_SECRET, Habits, OtherServer
from support import spec

from heco_jupyter.api.client import Client
from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.model.access import Access, Credentials
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NEVER = 10**6
# How many requests are answered before the API falls silent: in the middle of every operation, once or several times.
CASES = [
    *((name, operation.prelude) for name, operation in OPERATIONS.items() if name != "wait"),
    *((name, answered) for name in ("list", "list, sorted", "vms") for answered in (1, 2)),
    *(("vms of all", answered) for answered in (1, 3, 5)),
    ("wait", NEVER),
    ("wait", 1),
]


def client_on(url: str, **settings: Any) -> Client:
    return Client(Access(url, Credentials(KEY_ID, Secret(KEY_SECRET), "the test")), Settings(**settings))


def interrupt(name: str, answered: int) -> str:
    """Press Ctrl-C in the middle of an operation; return what came of it. Only for the main thread."""
    operation = OPERATIONS[name]
    api = OtherServer(Habits(ids="short"))
    populate(api)
    if operation.waits:
        api.clusters[SUBJECT]["status"] = "Initializing"
    pressed = 0.0

    def press() -> None:
        nonlocal pressed
        pressed = time.monotonic()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    with FaultServer(api, FAULTS["silence"], lasting=True, acts=True, prelude=answered) as server:
        client = client_on(server.url, timeout=600, page_size=3)
        threading.Timer(0.4, press).start()
        try:
            operation.run(client) if not operation.waits else client.wait(SUBJECT)
            ended = "returned"
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 (told as it is)
            ended = f"{type(error).__name__} {' '.join(error.args)}"
        seconds = time.monotonic() - pressed
        writes = sum(method != "GET" for method in server.received)
        server._prelude = NEVER  # it answers again
        usable = set(CREATED) <= set(client.list_clusters()["id"])
    return f"{name}; after {answered}; {seconds:.2f}; {writes}; {usable}; {ended}"


def test_ctrl_c_ends_whatever_is_under_way_within_a_second_and_the_client_goes_on():
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
        assert float(seconds) < 10, line  # of the 600 that it would take; how soon it is, is for the table
        assert usable == "True", line
        if OPERATIONS[name].writes:
            assert writes == "1", line
            assert ended.startswith("UncertainError"), line
            assert "you interrupted it after it was sent" in line
        else:
            assert ended.strip() == "KeyboardInterrupt", line
    artifacts = folder.parents[1] / ".artifacts" / "faults"
    artifacts.mkdir(parents=True, exist_ok=True)
    (artifacts / "interrupts.txt").write_text(ran.stdout, "utf-8")


def test_a_client_is_safe_from_several_threads():
    with OtherServer(Habits(ids="short", first_try=503)) as api:
        populate(api)
        client = client_on(api.url, page_size=3, max_connections=4)
        calls: list[Callable[[int], Any]] = [
            lambda _: list(client.list_clusters()["id"]) == CREATED[::-1],
            lambda _: client.list_vms(SUBJECT).attrs["complete"],
            lambda n: client.get_cluster(CREATED[n % 7]).name == NAMES[n % 7],
            lambda n: client.find(NAMES[n % 7]).id == CREATED[n % 7],
            lambda n: client.create_cluster(spec(name=f"made-{n}")).name == f"made-{n}",
            lambda n: list(client.list_clusters(name=f"cluster-{n % 7 + 1}")["id"]) == [CREATED[n % 7]],
        ]
        # Lists of all would change under the creates, which is another test's subject.
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
        client = client_on(server.url)
        with pytest.raises(ServerError):
            client.list_all_vms()
        for _ in range(10):
            with pytest.raises(ServerError):
                client.list_clusters()
        # 200 lists and 10 calls of 5 tries each would be 1050; the budget allows 30 retries in a row.
        assert len(server.received) <= 1 + 8 + 10 + 30


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are started without
    for case in CASES:
        print(interrupt(*case), flush=True)  # noqa: T201 (a program of its own, see above)
