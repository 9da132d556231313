"""Measure the panel in a real JupyterLab over 10,000 clusters: `python tests/benchmarks/panel.py`; see `__main__`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import nbformat
from playwright.sync_api import sync_playwright

sys.path[:0] = [str(Path(__file__).parents[1] / "browser"), str(Path(__file__).parents[1])]

from conftest import CHROMIUM, FLAGS
from face import Face
from lab import lab_on, menu
from support import cluster_row

from heco_jupyter.emulator import Emulator

CLUSTERS = 10_000
CELL = """\
%load_ext heco_jupyter
%heco connect
import json, ipywidgets
sizes, send = [], ipywidgets.Widget._send
def count(widget, message, buffers=None):
    sizes.append(len(json.dumps(message, ensure_ascii=False).encode()))
    open("sizes.json", "w").write(json.dumps(sizes))
    send(widget, message, buffers)
ipywidgets.Widget._send = count
panel = %heco panel
open("whole.json", "w").write(json.dumps(panel.get_state(), ensure_ascii=False, default=str))
panel"""
_PAINTED = """() => new Promise(done => {
    const end = () => document.querySelectorAll(".heco-rows [role=row]").length
        ? requestAnimationFrame(() => done(performance.now())) : requestAnimationFrame(end);
    end();
})"""
_KEYSTROKE = """letters => new Promise(done => {
    const search = document.querySelector(".heco-filter input[type=search]");
    const begun = performance.now();
    search.value = letters;
    search.dispatchEvent(new Event("input"));
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
})"""
_LONG = """() => { window.long = []; new PerformanceObserver(list => list.getEntries().forEach(
    entry => window.long.push(entry.duration))).observe({type: "longtask"}); }"""


def main() -> None:
    """Print the table."""
    with Emulator(seed="empty") as emulator, tempfile.TemporaryDirectory() as name, sync_playwright() as started:
        rows = [cluster_row(number, name=f"etl-{number:05d}", workerCnt=number % 50 + 1) for number in range(CLUSTERS)]
        emulator.load(rows)
        folder = Path(name) / "folder"
        folder.mkdir()
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
        nbformat.write(notebook, folder / "panel.ipynb")
        keys = {"HECO_CREDENTIAL_ID": emulator.credential_id, "HECO_CREDENTIAL_SECRET": emulator.credential_secret}
        with lab_on(folder, Path(name) / "settings", HECO_ENDPOINT=emulator.url, **keys) as lab:
            browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = lab.open(browser, "panel.ipynb")
            menu(page, "Run", "Run All Cells")
            page.wait_for_function("() => document.querySelector('.heco-snapshot')", timeout=60_000)
            begun = page.evaluate("() => performance.now()")
            painted = page.evaluate(_PAINTED)
            panel = Face(page)
            panel.is_state("live")
            print(f"| {CLUSTERS:,} clusters, in a page | |\n| --- | --- |")
            whole = (folder / "whole.json").stat().st_size
            print(f"| first paint, after the table above it | {painted - begun:.0f} ms, {whole:,} bytes |")
            strokes = [page.evaluate(_KEYSTROKE, "etl-0012"[:length]) for length in (5, 6, 7, 8)]
            print(f"| a keystroke in the filter | {sorted(strokes)[2]:.0f} ms |")
            page.evaluate(_KEYSTROKE, "")
            page.wait_for_timeout(1000)
            page.evaluate(_LONG)
            before = len(json.loads((folder / "sizes.json").read_text()))
            emulator.load([{**row, "status": "Failed"} for row in rows[:5]])
            panel.button("Refresh").click()
            page.wait_for_function("() => document.querySelector('[data-part=fleet]').textContent.includes('5 failed')")
            page.wait_for_timeout(500)
            sizes = json.loads((folder / "sizes.json").read_text())[before:]
            longest = page.evaluate("() => Math.max(0, ...window.long)")
            print(f"| a tick that changes 5 rows | {longest:.0f} ms at most at once, {max(sizes):,} bytes |")
            before = len(json.loads((folder / "sizes.json").read_text()))
            page.wait_for_timeout(35_000)
            sizes = json.loads((folder / "sizes.json").read_text())[before:]
            print(f"| 35 s in which nothing changes | {len(sizes)} messages of {max(sizes)} bytes at most |")
            browser.close()


if __name__ == "__main__":
    main()
