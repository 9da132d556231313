"""Measure imports, the first list, help, completion, and a panel that watches; see `__main__`."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets
from contenders import KEYS, timed
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from pageserver import PageServer

import heco_jupyter

if TYPE_CHECKING:
    from collections.abc import Callable

CLUSTERS = 10_000
SHELL = "import ipykernel.kernelapp, IPython\nshell = IPython.core.interactiveshell.InteractiveShell.instance()"
IMPORTS = {
    "import heco_jupyter": "import heco_jupyter",
    "%load_ext heco_jupyter": "shell.run_line_magic('load_ext', 'heco_jupyter')",
}
FIRST_FRAME = (
    "shell.run_line_magic('load_ext', 'heco_jupyter'); assert len(shell.run_line_magic('heco', 'list')) == 400"
)
ROUND_TRIP = 0.02


def in_new_process(code: str, **environment: str) -> float:
    """Return how many seconds `code` takes in a new shell."""
    script = f"import time\n{SHELL}\nt = time.perf_counter()\n{code}\nprint(); print(time.perf_counter() - t)"
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **environment})
    return float(ran.stdout.split()[-1])


def imports(rounds: int) -> None:
    """Print how long imports take in new processes, as ratios to `import pandas`."""
    codes = {"import pandas": "import pandas", **IMPORTS}
    taken: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(rounds):
        for name, code in codes.items():
            taken[name].append(in_new_process(code))
    base = statistics.median(taken["import pandas"])
    for name in IMPORTS:
        print(f"| {name} | {statistics.median(taken[name]) / base:.3f} of import pandas |")


def first_frame(server: PageServer, rounds: int) -> None:
    """Print how long it takes from `%load_ext` to the first frame."""
    server.serve(rows=400, size=1_000, delay=ROUND_TRIP)
    keys = {"HECO_CREDENTIAL_ID": KEYS["Credential-ID"], "HECO_CREDENTIAL_SECRET": KEYS["Credential-Secret"]}
    pandas, ours = [], []
    for _ in range(rounds):
        pandas.append(in_new_process("import pandas") + ROUND_TRIP)
        ours.append(in_new_process(FIRST_FRAME, HECO_ENDPOINT=server.url, **keys))
    each = [mine / theirs for mine, theirs in zip(ours, pandas, strict=True)]
    found = statistics.median(ours) / statistics.median(pandas)
    print(
        f"| %load_ext to the first frame, 20 ms a round trip | {found:.2f} ({min(each):.2f} to {max(each):.2f})",
        end=" ",
    )
    print("of import pandas and one round trip; goal 1.25 |")


def median(work: Callable[[], Any], rounds: int) -> float:
    """Return the median of the seconds that the work takes."""
    return statistics.median(timed(work) for _ in range(rounds))


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
    taken = {name: median(partial(run, line), rounds) for name, line in lines.items()}
    print(f"| %heco list of {CLUSTERS:,} clusters: the first, later ones |", end=" ")
    print(f"{1000 * first:.0f} ms, {1000 * taken['list']:.0f} ms |")
    print(f"| %heco --help | {1000 * taken['help']:.1f} ms |")
    run("%heco list")
    before = len(server.log())
    first = timed(complete)
    later = median(complete, rounds)
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
    print(f"{1000 * statistics.median(cpu):.0f} ms of CPU, {max(sent)} bytes sent to the browser |")
    panel.close()
    ipywidgets.Widget._send = send


def main(rounds: int) -> None:
    """Print the table of imports, completion and the panel."""
    print("\n| what | cost |\n| --- | --- |")
    with PageServer() as server:
        imports(rounds)
        first_frame(server, rounds)
        at_the_keyboard(server, rounds)
        steady_panel(server, rounds)


if __name__ == "__main__":
    main(7)
