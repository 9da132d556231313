"""Notebooks with a panel where there is no kernel, and in other front ends than JupyterLab."""

from __future__ import annotations

import subprocess
import sys

import nbformat
import pytest
from face import Face
from lab import lab_on, menu
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from support import cluster_row

from heco_jupyter.emulator import Emulator

CELLS = ("%load_ext heco_jupyter\n%heco connect", "%heco panel etl-2")


@pytest.fixture
def emulator():
    with Emulator(seed="empty") as running:
        running.load([cluster_row(number, name=f"etl-{number}") for number in range(1, 6)])
        yield running


@pytest.fixture
def folder(tmp_path, emulator, monkeypatch):
    """Return a folder with a notebook that has been run, one that has not, and the emulator in the environment."""
    monkeypatch.setenv("HECO_ENDPOINT", emulator.url)
    monkeypatch.setenv("HECO_CREDENTIAL_ID", emulator.credential_id)
    monkeypatch.setenv("HECO_CREDENTIAL_SECRET", emulator.credential_secret)
    made = tmp_path / "folder"
    made.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook.cells[1].source += " --side"
    nbformat.write(notebook, made / "new.ipynb")
    notebook.cells[1].source = CELLS[1]
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": made}}).execute()
    nbformat.write(notebook, made / "saved.ipynb")
    return made


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_saved_panel_is_a_table_and_a_new_kernel_brings_the_widget(browser, folder, tmp_path):
    # nbconvert, offline, of a notebook that it or somebody else has run
    page, _ = HTMLExporter().from_filename(str(folder / "saved.ipynb"))
    shown = browser.new_page()
    shown.route("**/*", lambda route: route.abort())
    shown.set_content(page)
    assert shown.get_by_role("table", name="Clusters").count() == 1
    assert shown.get_by_role("cell", name="● etl-5").is_visible()
    shown.close()

    with lab_on(folder, tmp_path / "settings") as lab:
        for trust in (False, True):
            if trust:
                subprocess.run([sys.executable, "-m", "jupyter", "trust", str(folder / "saved.ipynb")], check=True)
            page = lab.open(browser, "saved.ipynb")
            table = page.locator("table", has_text="etl-5")  # the names of tables are not for those who are not trusted
            table.wait_for()
            page.wait_for_timeout(1000)
            assert table.get_by_text("etl-5").is_visible()
            assert Face(page).root.count() == 0
            if trust:
                menu(page, "Run", "Run All Cells")
                Face(page).is_state("live")
                assert not table.is_visible()
                assert Face(page).root.get_by_role("heading", name="etl-2").is_visible()
            page.close()

        # Notebook 7, by the same server; it has no tab for the panel, which so is in its cell
        page = browser.new_page(viewport={"width": 1280, "height": 1200})
        page.goto(f"{lab.url}/notebooks/new.ipynb")
        page.get_by_text("Python 3 (ipykernel)").wait_for(timeout=60_000)
        page.wait_for_timeout(2000)
        menu(page, "Run", "Run All Cells")
        panel = Face(page)
        panel.is_state("live", 60)
        panel.pick("etl-3")
        panel.check("notebook-7")
        page.close()

        # Voila, on the same server
        page = browser.new_page(viewport={"width": 1280, "height": 1200})
        page.goto(f"{lab.url}/voila/render/new.ipynb")
        panel = Face(page)
        panel.is_state("live", 90)
        panel.pick("etl-4")
        assert (
            page.get_by_role("table", name="Clusters").count() == 0
            or not page.get_by_role("table", name="Clusters").is_visible()
        )
        panel.check("voila")
