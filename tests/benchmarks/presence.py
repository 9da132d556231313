"""Measure imports, the first list, help, completion, and a panel that watches; see `__main__`."""

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

CLUSTERS = 10_000
SHELL = "from IPython.core.interactiveshell import InteractiveShell; shell = InteractiveShell.instance()"
IMPORTS = {
    "import pandas": ("", "import pandas"),
    "import heco_jupyter": ("", "import heco_jupyter"),
    "%load_ext heco_jupyter": (SHELL, "shell.run_line_magic('load_ext', 'heco_jupyter')"),
}


def imports(rounds: int) -> None:
    """Print how long imports take in new processes, as ratios to `import pandas`."""
    taken: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _ in range(rounds):
        for name, (before, code) in IMPORTS.items():
            script = f"import time\n{before}\nt = time.perf_counter()\n{code}\nprint(time.perf_counter() - t)"
            ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
            taken[name].append(float(ran.stdout))
    base = statistics.median(taken["import pandas"])
    for name, times in taken.items():
        print(f"| {name} | {statistics.median(times) / base:.3f} of import pandas |")


def at_the_keyboard(server: PageServer, rounds: int) -> None:
    """Print how long a person waits in a shell that knows many clusters."""
    server.serve(rows=CLUSTERS, size=1_000)
    shell = InteractiveShell.instance()
    heco_jupyter.connect(server.url, KEYS["Credential-ID"], KEYS["Credential-Secret"])

    def run(line: str) -> Any:
        with capture_output():
            return shell.run_cell(line).result

    def complete() -> int:
        line = "%heco show etl-00"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # IPython warns that its own completer is provisional
            return len(list(shell.Completer.completions(line, len(line))))

    run("%load_ext heco_jupyter")
    first = timed(lambda: run("%heco list"))
    lines = {"list": "%heco list", "help": "%heco --help"}
    taken = medians({name: partial(timed, partial(run, line)) for name, line in lines.items()}, rounds)
    print(f"| %heco list of {CLUSTERS:,} clusters: the first, later ones |", end=" ")
    print(f"{1000 * first:.0f} ms, {1000 * taken['list']:.0f} ms |")
    print(f"| %heco --help | {1000 * taken['help']:.1f} ms |")
    run("%heco list")
    before = len(server.log())
    first = timed(complete)
    later = medians({"complete": partial(timed, complete)}, rounds)["complete"]
    found = complete()
    print(f"| Tab on a cluster name, {found} of {CLUSTERS:,} names match: the first, later ones |", end=" ")
    print(f"{1000 * first:.1f} ms, {1000 * later:.1f} ms, {len(server.log()) - before} requests |")


def steady_panel(server: PageServer, rounds: int) -> None:
    """Print what one reading of a panel costs while nothing changes."""
    server.serve(rows=CLUSTERS, size=1_000)
    sent: list[int] = []
    send = ipywidgets.Widget._send

    def count(widget: Any, message: Any, buffers: Any = None) -> None:
        sent.append(len(json.dumps(message, default=str)))
        send(widget, message, buffers)

    ipywidgets.Widget._send = count
    panel = heco_jupyter.panel()
    panel.watcher.read()
    before, sent[:] = len(server.log()), []
    cpu = []
    for _ in range(rounds):
        started = time.process_time()
        panel.watcher.read()
        cpu.append(time.process_time() - started)
    requests = (len(server.log()) - before) / rounds
    print(f"| one reading of a panel over {CLUSTERS:,} steady clusters in {requests:.0f} pages |", end=" ")
    print(f"{1000 * statistics.median(cpu):.0f} ms of CPU, {sum(sent)} bytes sent to the browser |")
    panel.close()
    ipywidgets.Widget._send = send


def main(rounds: int) -> None:
    """Print the table of imports, completion and the panel."""
    print("\n| what | cost |\n| --- | --- |")
    with PageServer() as server:
        imports(rounds)
        at_the_keyboard(server, rounds)
        steady_panel(server, rounds)


if __name__ == "__main__":
    main(7)
