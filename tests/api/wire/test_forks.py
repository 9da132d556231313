"""After a fork: a client, a watcher and a connection begin anew in the child, and the parent notices nothing."""

from __future__ import annotations

import os
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from support import access_to, cluster_row, run_python

from heco_jupyter.api.client import Client
from heco_jupyter.emulator import Emulator
from heco_jupyter.live.watcher import watcher_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


@pytest.fixture
def fleet() -> Iterator[Emulator]:
    with Emulator(seed="empty") as emulator:
        emulator.load([cluster_row(number) for number in range(40)])
        yield emulator


def fork(work: Callable[[], None]) -> int:
    """Do `work` in a child, and return its process id; the child ends with 0 if it went well."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001 (a child has nobody to raise it to)
        traceback.print_exc()
    finally:
        os._exit(code)


def ended_well(child: int) -> bool:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return False


def read_all(client: Client, times: int) -> None:
    """Read clusters from several threads, and hold every answer against its question."""
    ids = [cluster_row(number)["id"] for number in range(40)]
    with ThreadPoolExecutor(4) as executor:
        for asked, cluster in zip(ids * times, executor.map(client.get_cluster, ids * times), strict=True):
            assert cluster.id == asked


def test_children_and_parent_get_their_own_answers(fleet):
    client = Client(access_to(fleet))
    read_all(client, 1)  # idle connections, for the children to inherit
    children = [fork(lambda: read_all(client, 4)) for _ in range(3)]
    read_all(client, 4)
    for child in children:
        assert ended_well(child)
    read_all(client, 1)


def test_a_lock_that_another_thread_held_does_not_hold_up_the_child(fleet):
    client = Client(access_to(fleet))
    read_all(client, 1)
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with client._transport.throttle._lock, client._transport._budget._lock:
            held.set()
            go.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    try:
        assert ended_well(fork(lambda: read_all(client, 1)))
    finally:
        go.set()
        holder.join()


def test_a_watcher_has_no_thread_and_no_listener_in_the_child_until_somebody_listens(fleet):
    class Listener:
        interest = None

        def show(self, _: object) -> None: ...

    watcher = watcher_of(Client(access_to(fleet)))
    watcher._lock.acquire()
    watcher._listeners.append(Listener())

    def in_the_child() -> None:
        assert not watcher.is_running
        assert watcher._listeners == []
        watcher.read()
        assert len(watcher.fleet.clusters) == 40

    try:
        assert ended_well(fork(in_the_child))
    finally:
        watcher._lock.release()


def test_a_fork_while_pandas_is_being_loaded_leaves_the_child_with_all_of_it():
    code = (
        "import os, warnings, heco_jupyter\nwarnings.simplefilter('ignore')\n"
        "client = heco_jupyter.connect(local=True)\nchild = os.fork()\n"
        "os.write(1, b'ROWS %d\\n' % len(client.list_clusters()))\n"
        "if child:\n    os.write(1, b'CHILD %d' % os.waitpid(child, 0)[1])\nelse:\n    os._exit(0)"
    )
    said = run_python(code).stdout.split()
    assert said.count("ROWS") == 2
    assert said[-2:] == ["CHILD", "0"]
