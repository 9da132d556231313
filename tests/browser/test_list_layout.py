"""A list in a real JupyterLab, in a window of 900 px: name first, ids in one piece and last, nothing to scroll."""

from __future__ import annotations

import nbformat
import pytest
from lab import ARTIFACTS, IDLE, lab_on, menu

CELLS = ("%load_ext heco_jupyter\n%heco connect --local", "%heco list", "%heco vms --all")

_LAYOUT = """table => ({
    heads: [...table.querySelectorAll("th")].map(head => head.textContent),
    fits: table.scrollWidth <= table.parentElement.clientWidth,
    left: table.querySelector("td").getBoundingClientRect().left,
    heights: [...table.querySelectorAll("td:last-child")].map(cell => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        return range.getClientRects().length;
    }),
})"""


@pytest.fixture
def lab(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(made, folder / "tables.ipynb")
    with lab_on(folder, tmp_path / "settings") as running:
        yield running


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_list_fits_a_window_of_900_pixels_with_ids_in_one_piece(browser, lab):
    page = lab.open(browser, "tables.ipynb", width=1280)
    menu(page, "Run", "Run All Cells")
    page.locator("table[aria-label=VMs]").wait_for(timeout=60_000)
    page.wait_for_selector(IDLE, timeout=60_000)
    page.keyboard.press("Control+B")  # no side bar
    page.set_viewport_size({"width": 900, "height": 1600})
    page.wait_for_timeout(500)
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "tables.png")
    clusters = page.locator("table[aria-label=Clusters]").evaluate(_LAYOUT)
    assert clusters["heads"] == ["name", "status", "workerCnt", "owner", "clusterType", "age", "id"]
    assert clusters["fits"]
    vms = page.locator("table[aria-label=VMs]").evaluate(_LAYOUT)
    for table in (clusters, vms):
        assert set(table["heights"]) == {1}
        assert 0 <= table["left"] < 300
