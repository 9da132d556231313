"""Panels in a real kernel: cells run as fast as without them, and saved notebooks are readable without widgets."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from support import cluster_row

from heco_jupyter.emulator import Emulator, Fault

CELLS = 50
CONNECT = """
%load_ext heco_jupyter
import heco_jupyter
from heco_jupyter.live import watcher
watcher.MOVING = watcher.STEADY = 0.05
client = heco_jupyter.connect({0.url!r}, {0.credential_id!r}, {0.credential_secret!r})
"""


@pytest.fixture
def emulator():
    with Emulator(seed="empty") as running:
        running.load([cluster_row(number) for number in range(100)])
        yield running


def median_time(client):
    """Return the median time of a cell that runs `1 + 1`."""
    times = []
    for _ in range(CELLS):
        started = time.perf_counter()
        client.execute_interactive("1 + 1", silent=False, output_hook=lambda _: None, timeout=60)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


@pytest.mark.slow
def test_cells_stay_fast_while_panels_wait_for_a_slow_api(emulator):
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        run = lambda code: client.execute_interactive(code, output_hook=lambda _: None, timeout=60)  # noqa: E731
        assert run(CONNECT.format(emulator))["content"]["status"] == "ok"
        median_time(client)
        without = median_time(client)
        made = run("one, other = heco_jupyter.panel(), heco_jupyter.panel(cluster='cluster-007')")
        assert made["content"]["status"] == "ok"
        emulator.faults.add(Fault(latency=2.0))
        before = len(emulator.requests)
        time.sleep(1)
        beside = median_time(client)
        while len(emulator.requests) < before + 2:
            time.sleep(0.2)  # the panels keep reading
        ratio = beside / without
        artifacts = Path(__file__).parents[2] / ".artifacts"
        artifacts.mkdir(exist_ok=True)
        words = f"a cell beside two panels on an API of 2 s: {ratio:.2f} of a cell without ({1000 * without:.1f} ms)"
        (artifacts / "panel-kernel.txt").write_text(words + "\n", "utf-8")
        assert ratio < 3  # a blocked kernel makes it hundreds
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.slow
def test_a_converted_notebook_has_a_readable_static_form_beside_it_or_not(emulator):
    cells = [CONNECT.format(emulator), "heco_jupyter.panel('cluster-042', client=client)", "%heco panel --side"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3", store_widget_state=False).execute()
    page, _ = HTMLExporter().from_notebook_node(notebook)
    shown = page[page.index("<main") :]
    assert "cluster-042</b>" in shown
    assert "● cluster-099" in shown
    assert "kim@example.com" in shown
    assert "Hadoop Eco" in shown
    assert "application/vnd.jupyter.widget-view+json" not in shown
    for cell in notebook.cells[1:]:
        texts = [output.data["text/plain"] for output in cell.outputs]
        assert "● cluster-099  Running  3 workers" in texts[0]
