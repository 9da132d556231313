"""What becomes of an emulator when its process forks: it goes on in the parent, and is stopped in the child."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import pytest
import requests

from heco_jupyter.emulator import Emulator, Fault, forking
from heco_jupyter.emulator.store import StoreError

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

PROGRAM = Path(__file__).with_name("forking_program.py")


class Child:
    """A forked process that runs a function and reports what it returned."""

    def __init__(self, function):
        reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(writing)
            self._report = os.fdopen(reading, encoding="utf-8")
            return
        # From here on in the child, which must not go on as a second pytest.
        try:
            report = {"value": function()}
        except BaseException:  # noqa: BLE001 (told to the parent)
            report = {"failure": traceback.format_exc()}
        with os.fdopen(writing, "w", encoding="utf-8") as file:
            json.dump(report, file)
        os._exit(0)

    def result(self):
        with self._report:
            report = json.loads(self._report.read())
        os.waitpid(self.pid, 0)
        assert "failure" not in report, report["failure"]
        return report["value"]


@contextlib.contextmanager
def living_child():
    """Have a forked process that does nothing, until the end of the context."""
    asked, told = os.pipe()
    child = Child(lambda: os.close(told) or os.read(asked, 1).decode())
    try:
        yield
    finally:
        os.close(told)
        os.close(asked)
        assert child.result() == ""


@pytest.mark.parametrize("ending", ["_exit", "exit", "process"])
def test_parent_and_child_both_work_and_the_end_of_the_child_changes_nothing(ending, tmp_path):
    # Python warns of every fork of a process with threads from 3.12 on, which is what this test is about.
    options = ["-W", "error", "-W", "ignore::DeprecationWarning"]
    command = [sys.executable, *options, PROGRAM, ending]
    try:
        done = subprocess.run([*command, tmp_path], capture_output=True, text=True, check=False, timeout=50)
    except subprocess.TimeoutExpired:  # once in some hundred runs; it is not known where
        tmp_path /= "again"
        tmp_path.mkdir()
        done = subprocess.run([*command, tmp_path], capture_output=True, text=True, check=False, timeout=50)
    assert done.stderr == ""
    assert json.loads(done.stdout) == {
        "status": 0,
        "in child": [],
        "wrong": [],
        "foreign requests": [],
        "file": 20,
        "local": True,
    }
    with contextlib.closing(sqlite3.connect(tmp_path / "fleet.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT count(*) FROM cluster WHERE body LIKE '%\"loadedItem\": null%'").fetchone() == (10,)


def test_in_the_child_it_is_stopped_and_starts_again(emulator, caller):
    emulator.load([{"id": "parent", "name": "parent"}])
    url = emulator.url

    def in_child():
        with pytest.raises(RuntimeError, match="started"):
            _ = emulator.url
        emulator.stop()
        with emulator:
            emulator.load([{"id": "child", "name": "child"}])
            return emulator.url, [item["id"] for item in caller(emulator).items()], threading.active_count()

    child = Child(in_child)
    assert [item["id"] for item in caller(emulator).items()] == ["parent"]
    child_url, ids, threads = child.result()
    assert (ids, threads) == (["child"], 2)
    assert child_url != url
    assert [item["id"] for item in caller(emulator).items()] == ["parent"]


def test_one_that_was_not_running_works_in_the_child(make, caller):
    never, stopped = Emulator(seed="empty"), make()
    stopped.stop()

    def in_child():
        with never, stopped:
            return [caller(emulator).call("GET").status_code for emulator in (never, stopped)]

    assert Child(in_child).result() == [200, 200]


def test_a_child_can_fork_in_its_turn(emulator, caller):
    def in_grandchild():
        with emulator:
            return caller(emulator).call("GET").status_code

    def in_child():
        with emulator:
            status = Child(in_grandchild).result()
            return [status, caller(emulator).call("GET").status_code]

    assert Child(in_child).result() == [200, 200]
    assert caller(emulator).call("GET").status_code == 200


def test_connections_end_for_their_clients_while_a_child_lives(emulator, raw):
    """A connection ends only once every process has closed its copy of the socket, unless it is shut down."""
    connections = [raw(emulator) for _ in range(4)]
    for connection in connections:
        connection.send_head("GET")
        assert connection.response().status == 200
    closed, dropped, cut, left = connections
    with living_child():
        closed.send_head("GET", Connection="close")
        assert closed.response().status == 200
        emulator.faults.add(Fault(drop="after", times=1), Fault(truncate=True, times=1))
        dropped.send_head("GET")
        assert dropped.is_closed()
        cut.send_head("GET")
        while cut.socket.recv(1000):
            pass
        emulator.stop()
        for connection in (closed, left):
            assert connection.is_closed()


def test_the_port_is_free_after_a_stop_while_a_child_lives(emulator, make, caller):
    port = int(emulator.url.rsplit(":", 1)[1])
    with living_child():
        emulator.stop()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)
        assert caller(make(port=port)).call("GET").status_code == 200


def sockets_of_this_process():
    links = []
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            links.append(str(path.readlink()))
    return {link for link in links if link.startswith("socket:")}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux lists the open files of a process there")
def test_the_child_keeps_neither_the_listener_nor_a_connection(emulator, raw):
    before = sockets_of_this_process()
    connections = [raw(emulator) for _ in range(5)]
    for connection in connections:
        connection.send_head("GET")
        connection.response()
    ours = {f"socket:[{os.fstat(connection.socket.fileno()).st_ino}]" for connection in connections}
    in_parent = sockets_of_this_process() - before - ours
    assert len(in_parent) == 5
    in_parent.add(f"socket:[{os.fstat(emulator._server._listener.fileno()).st_ino}]")
    assert not in_parent & set(Child(lambda: list(sockets_of_this_process())).result())


def test_a_file_stays_the_parents(make, caller, tmp_path):
    path = tmp_path / "fleet.db"
    emulator = make(db=str(path))
    emulator.load([{"id": "a", "name": "a", "status": "Running"}])
    link = tmp_path / "link.db"
    link.symlink_to(path)

    def in_child():
        for again in (emulator, Emulator(db=str(path)), Emulator(db=str(link))):
            with pytest.raises(StoreError, match="was open when this process was forked"):
                again.start()
        with Emulator(seed="empty", db=str(tmp_path / "other.db")) as other:
            return caller(other).call("GET").status_code

    child = Child(in_child)
    assert caller(emulator).delete("a").status_code == 200
    assert child.result() == 200
    assert caller(emulator).item("a")["status"] == "Terminating"
    other = "from heco_jupyter.emulator import Emulator; import sys; Emulator(db=sys.argv[1]).start()"
    done = subprocess.run([sys.executable, "-c", other, path], capture_output=True, text=True, check=False, timeout=60)
    assert "another emulator may be using it" in done.stderr


def test_a_file_that_was_closed_before_the_fork_can_be_used_in_the_child(make, caller, tmp_path):
    emulator = make(db=str(tmp_path / "fleet.db"))
    emulator.load([{"id": "a", "name": "a"}])
    emulator.stop()

    def in_child():
        with emulator:
            return [item["id"] for item in caller(emulator).items()]

    assert Child(in_child).result() == ["a"]
    with emulator:
        assert [item["id"] for item in caller(emulator).items()] == ["a"]


def test_the_child_leaks_the_connection_to_the_database_and_the_server(make, tmp_path):
    emulator = make(db=str(tmp_path / "fleet.db"))
    belongings = {id(emulator._store._db), id(emulator._server)}
    assert Child(lambda: {id(thing) for thing in forking._leaked} >= belongings).result()


def test_the_end_of_the_child_leaves_the_journal_to_the_parent(tmp_path):
    """SQLite removes the journal when a connection is closed. The parent would go on without one."""
    code = """
import os, sys
from heco_jupyter.emulator import Emulator
emulator = Emulator(seed="empty", db=sys.argv[1])
emulator.load([{"id": "a"}])
before = os.stat(f"{sys.argv[1]}-journal").st_ino
child = os.fork()
if child == 0:
    sys.exit(0)
os.waitpid(child, 0)
assert os.stat(f"{sys.argv[1]}-journal").st_ino == before
"""
    subprocess.run([sys.executable, "-c", code, tmp_path / "fleet.db"], check=True, timeout=60)


@pytest.mark.parametrize(("is_leaked", "printed"), [(False, "finalised"), (True, "")])
def test_what_is_leaked_is_not_finalised_at_the_end_of_the_interpreter(is_leaked, printed):
    code = f"""
import os
from heco_jupyter.emulator.forking import leak
class Thing:
    def __del__(self, write=os.write):
        write(1, b"finalised")
thing = Thing()
if {is_leaked}:
    leak(thing)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == printed


def test_children_forked_under_load_find_everything_whole(make, caller, body, tmp_path):
    """Threads hold every lock at some moment of these; a child that got one of them held would wait for ever."""
    emulators = [make(), make(db=str(tmp_path / "fleet.db"))]
    stopping = threading.Event()
    failures = []

    def hammer(emulator, number):
        api = caller(emulator)
        while not stopping.is_set():
            try:
                cluster_id = api.create(body(name=f"c{number}"))
                emulator.faults.add(Fault(status=500, times=1, path="nowhere"))
                emulator.load_vms(cluster_id, [{"name": "vm"}])
                assert emulator.requests
                assert api.delete(cluster_id).status_code == 200
                number += 10
            except Exception as error:
                failures.append(error)
                raise

    def in_child():
        statuses = []
        for emulator in (emulators[0], Emulator(seed="empty", db=str(tmp_path / f"{os.getpid()}.db"))):
            emulator.faults.clear()
            emulator.clear_requests()
            emulator.load([{"id": "a"}])
            with emulator:
                statuses.append(caller(emulator).call("GET").status_code)
        emulators[0].faults.add(*emulators[1].faults)
        return [*statuses, len(emulators[1].requests) > 0]

    threads = [threading.Thread(target=hammer, args=(emulators[n % 2], n)) for n in range(4)]
    for thread in threads:
        thread.start()
    while not all(emulator.requests for emulator in emulators):
        time.sleep(0.001)
    results = [Child(in_child).result() for _ in range(20)]
    stopping.set()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert results == [[200, 200, True]] * 20


@pytest.mark.parametrize(("patience", "held"), [(60.0, 0.2), (0.2, 60.0)])
def test_a_fork_waits_for_a_change_under_way_but_not_for_ever(monkeypatch, emulator, caller, patience, held):
    monkeypatch.setattr(forking, "_PATIENCE_SECONDS", patience)
    holding, may_end = threading.Event(), threading.Event()

    def hold():
        with emulator._lock:
            holding.set()
            may_end.wait(held)

    def in_child():
        with emulator:
            return caller(emulator).call("GET").status_code

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait()
    began = time.perf_counter()
    child = Child(in_child)
    took = time.perf_counter() - began
    may_end.set()
    thread.join()
    assert 0.1 < took < 30
    assert child.result() == 200
    assert caller(emulator).call("GET").status_code == 200


def test_a_fork_and_a_start_do_not_wait_for_each_other():
    stopping = threading.Event()

    def start_and_stop():
        while not stopping.is_set():
            with Emulator(seed="empty"):
                pass

    thread = threading.Thread(target=start_and_stop)
    thread.start()
    began = time.perf_counter()
    for _ in range(40):
        assert Child(lambda: True).result()
    took = time.perf_counter() - began
    stopping.set()
    thread.join()
    assert took < forking._PATIENCE_SECONDS


def test_a_pool_of_forked_workers_reads_from_one_emulator(emulator, api):
    emulator.load([{"id": str(number)} for number in range(5)])
    url, headers = f"{emulator.url}/v2/hadoop-eco/clusters", dict(api.session.headers)
    with multiprocessing.get_context("fork").Pool(3) as pool:
        totals = pool.starmap(total_elements, [(url, headers)] * 30)
    assert totals == [5] * 30
    assert api.page()["totalElements"] == 5
    assert len(emulator.requests) == 31


def total_elements(url, headers):
    return requests.get(url, headers=headers, timeout=10).json()["totalElements"]
