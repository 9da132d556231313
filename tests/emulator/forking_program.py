"""A program that forks while an emulator runs in it: `python forking_program.py ENDING WORK_FOLDER`.

It prints what the parent found as JSON. `ENDING` is how the child ends: `_exit`, `exit` or `process`.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import heco_jupyter
from heco_jupyter.emulator import Emulator
from heco_jupyter.emulator.store import StoreError

REQUESTS = 200


def ask(emulator, method="GET", path=""):
    request = urllib.request.Request(f"{emulator.url}/v2/hadoop-eco/clusters{path}", method=method)
    request.add_header("Credential-ID", emulator.credential_id)
    request.add_header("Credential-Secret", emulator.credential_secret)
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def names(emulator):
    return [item["name"] for item in ask(emulator)["content"]]


def in_child(emulators, client, report):
    """Use every emulator in the child, and write what went wrong, or nothing, to the file `report`."""
    problems = []
    memory, file = emulators
    if [repr(emulator) for emulator in emulators] != ["<Emulator stopped>"] * 2:
        problems.append("an emulator was not stopped")
    try:
        file.start()
        problems.append("the file was opened a second time")
    except StoreError as error:
        if "forked" not in str(error):
            problems.append(str(error))
    memory.load([{"id": "child", "name": "child"}])
    memory.start()
    if {tuple(names(memory)) for _ in range(REQUESTS)} != {("child",)}:
        problems.append("the child's emulator served something else")
    local = heco_jupyter.connect(local=True)
    if local.endpoint == client.endpoint:
        problems.append("the child connected to the parent's emulator")
    if len(local.list_clusters()) < 35:
        problems.append("the child's local emulator has no fleet")
    report.write_text(json.dumps(problems), encoding="utf-8")


def fork(ending, work):
    """Run `work` in a forked process that ends as `ending` says, and return its exit status once it has ended."""
    if ending == "process":
        process = multiprocessing.get_context("fork").Process(target=work)
        process.start()
        process.join()
        return process.exitcode
    child = os.fork()
    if child == 0:
        work()
        if ending == "_exit":
            os._exit(0)
        sys.exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(ending, folder):
    client = heco_jupyter.connect(local=True)
    with Emulator(seed="empty") as memory, Emulator(seed="empty", db=str(folder / "fleet.db")) as file:
        memory.load([{"id": "parent", "name": "parent"}])
        file.load([{"id": str(number), "name": "kept", "status": "Running"} for number in range(20)])
        child_has_ended = threading.Event()
        wrong = []

        def go_on():
            served = 0
            while served < REQUESTS or not child_has_ended.is_set():
                if names(memory) != ["parent"]:
                    wrong.append(served)
                served += 1

        asking = threading.Thread(target=go_on)
        asking.start()
        report = folder / "report.json"
        status = fork(ending, lambda: in_child((memory, file), client, report))
        for number in range(10):
            ask(file, "DELETE", f"/{number}")
        child_has_ended.set()
        asking.join()
        found = {
            "status": status,
            "in child": json.loads(report.read_text(encoding="utf-8")),
            "wrong": wrong,
            "foreign requests": [r.path for r in memory.requests if r.path != "/v2/hadoop-eco/clusters"],
            "file": len(names(file)),
            "local": len(client.list_clusters()) >= 35,
        }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
