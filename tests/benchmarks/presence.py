"""What it costs to be there: imports, the first list, help, completion, a panel that watches; see `__main__`."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
import warnings
from functools import partial
from typing import Any

import ipywidgets
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from lists import KEYS, medians, timed
from pageserver import PageServer

import heco_jupyter

MANY = 10_000
SHELL = "from IPython.core.interactiveshell import InteractiveShell; shell = InteractiveShell.instance()"
BEGINNINGS = {
    "import pandas": ("", "import pandas"),
    "import heco_jupyter": ("", "import heco_jupyter"),
    "%load_ext heco_jupyter": (SHELL, "shell.run_line_magic('load_ext', 'heco_jupyter')"),
}


def beginnings(rounds: int) -> None:
    """Print what imports cost in new processes, against pandas."""
    taken: dict[str, list[float]] = {name: [] for name in BEGINNINGS}
    for _ in range(rounds):
        for name, (before, code) in BEGINNINGS.items():
            script = f"import time\n{before}\nt = time.perf_counter()\n{code}\nprint(time.perf_counter() - t)"
            ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
            taken[name].append(float(ran.stdout))
    base = statistics.median(taken["import pandas"])
    for name, times in taken.items():
        print(f"| {name} | {statistics.median(times) / base:.3f} of import pandas |")


def at_the_keyboard(server: PageServer, rounds: int) -> None:
    """Print what a person waits for in a shell that knows many clusters."""
    server.serve(rows=MANY, size=1_000)
    shell = InteractiveShell.instance()
    heco_jupyter.connect(server.url, KEYS["Credential-ID"], KEYS["Credential-Secret"])

    def run(line: str) -> Any:
        with capture_output():
            return shell.run_cell(line).result

    def complete() -> int:
        line = "%heco show etl-00"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # IPython calls its own completer provisional
            return len(list(shell.Completer.completions(line, len(line))))

    run("%load_ext heco_jupyter")
    first = timed(lambda: run("%heco list"))
    lines = {"list": "%heco list", "help": "%heco --help"}
    taken = medians({name: partial(timed, partial(run, line)) for name, line in lines.items()}, rounds)
    print(f"| %heco list of {MANY:,}: the first, later ones | {1000 * first:.0f} ms, {1000 * taken['list']:.0f} ms |")
    print(f"| %heco --help | {1000 * taken['help']:.1f} ms |")
    run("%heco list")
    asked = len(server.log())
    first = timed(complete)
    later = medians({"complete": partial(timed, complete)}, rounds)["complete"]
    found = complete()
    print(f"| a cluster name among {MANY:,}, {found} of them fit: first Tab, later ones |", end=" ")
    print(f"{1000 * first:.1f} ms, {1000 * later:.1f} ms, {len(server.log()) - asked} requests |")


def a_tick(server: PageServer, rounds: int) -> None:
    """Print what a panel costs while nothing happens."""
    server.serve(rows=MANY, size=1_000)
    sent: list[int] = []
    send = ipywidgets.Widget._send

    def count(widget: Any, message: Any, buffers: Any = None) -> None:
        sent.append(len(json.dumps(message, default=str)))
        send(widget, message, buffers)

    ipywidgets.Widget._send = count
    panel = heco_jupyter.panel()
    panel.watcher.read()
    asked, sent[:] = len(server.log()), []
    cpu = []
    for _ in range(rounds):
        started = time.process_time()
        panel.watcher.read()
        cpu.append(time.process_time() - started)
    requests = (len(server.log()) - asked) / rounds
    print(f"| a tick over {MANY:,} steady clusters in {requests:.0f} pages |", end=" ")
    print(f"{1000 * statistics.median(cpu):.0f} ms of CPU, {sum(sent)} bytes to the browser |")
    panel.close()
    ipywidgets.Widget._send = send


def main(rounds: int) -> None:
    """Print all of it."""
    print("\n| what | costs |\n| --- | --- |")
    with PageServer() as server:
        beginnings(rounds)
        at_the_keyboard(server, rounds)
        a_tick(server, rounds)


if __name__ == "__main__":
    main(7)
