"""The control panel in a real JupyterLab and a real Chromium, on an emulator that the test can inspect."""

from __future__ import annotations

import re
import time

import nbformat
import pytest
from lab import ARTIFACTS, lab_on, menu
from support import cluster_row

from heco_jupyter.emulator import Emulator, Fault

NASTY = "<img src=x onerror=document.title='owned'>"
CONNECT = """\
%load_ext heco_jupyter
from heco_jupyter.live import watcher
watcher.MOVING = watcher.STEADY = watcher.FAILING = 0.5
%heco connect"""
CELLS = (CONNECT, "panel = %heco panel alpha\npanel", "1 + 1")


@pytest.fixture
def emulator():
    with Emulator(seed="empty", speed=400) as running:
        rows = [
            cluster_row(1, name="alpha", config={"hdfsReplication": 2}),
            cluster_row(2, name="beta", owner="lee@example.com", config={"hdfsReplication": 1}),
            cluster_row(3, name=NASTY, owner=NASTY),
        ]
        running.load(rows)
        yield running


@pytest.fixture
def lab(tmp_path, emulator):
    folder = tmp_path / "folder"
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(notebook, folder / "panel.ipynb")
    keys = {"HECO_CREDENTIAL_ID": emulator.credential_id, "HECO_CREDENTIAL_SECRET": emulator.credential_secret}
    with lab_on(folder, tmp_path / "settings", HECO_ENDPOINT=emulator.url, **keys) as running:
        yield running


def requests(emulator, method="GET"):
    return sum(request.method == method for request in emulator.requests)


def until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"the condition did not hold within {seconds} s"
        time.sleep(0.1)


class Panel:
    """The panel as a person sees it: controls by their accessible names."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".jp-OutputArea-output .widget-vbox").first

    def button(self, name):
        return self.root.get_by_role("button", name=name)

    def textbox(self, name):
        return self.root.get_by_role("textbox", name=name)

    @property
    def clusters(self):
        return self.root.get_by_role("listbox", name="Clusters")

    def says(self, words, seconds=30):
        self.root.get_by_text(words).first.wait_for(timeout=seconds * 1000)

    def shot(self, name):
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"panel-{name}.png")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_fleet_is_controlled_from_the_panel(browser, lab, emulator):  # noqa: PLR0915 (one visit, from end to end)
    page = lab.open(browser, "panel.ipynb", height=1200)
    menu(page, "Run", "Run All Cells")
    panel = Panel(page)
    panel.says("live")
    panel.says("hdfsReplication 2 is the floor")
    panel.shot("live")

    # Filter and pick
    panel.textbox("Filter").fill("lee")
    panel.root.get_by_text("1 of 3").wait_for()
    assert "alpha" in panel.root.locator("b", has_text="alpha").inner_text()
    panel.clusters.select_option(label=re.sub(r"\s+", " ", panel.clusters.locator("option").first.inner_text()))
    panel.root.locator("b", has_text="beta").wait_for()
    panel.textbox("Filter").fill("")

    # Scale with the slider, by keyboard
    panel.says("hdfsReplication 1 is the floor")
    panel.root.locator(".noUi-handle").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    panel.says("3 → 5")
    panel.button("Apply…").click()
    panel.says("Scale beta: 3 -> 5 workers, +2?")
    panel.shot("asks")
    panel.button("Scale beta to 5").click()
    panel.says("under way")
    panel.shot("under-way")
    panel.root.locator("option", has_text="beta Running 5 workers").wait_for(state="attached")
    panel.button("Activity").click()
    panel.says("done")
    panel.shot("done")

    # Stale, then live again
    emulator.faults.add(Fault(status=500))
    panel.says("stale")
    panel.says("stale: refresh first")
    panel.shot("stale")
    emulator.faults.clear()
    panel.says("live")

    # Delete by typing the name
    panel.button("Delete…").click()
    panel.textbox("Name").fill("bet")
    assert panel.button("Delete").last.is_disabled()
    panel.textbox("Name").fill("beta")
    panel.shot("delete")
    panel.root.get_by_role("button", name="Delete", exact=True).click()
    panel.root.locator("option", has_text="beta").wait_for(state="detached")
    assert requests(emulator, "DELETE") == requests(emulator, "POST") == 1
    assert page.title() != "owned"
    assert panel.root.locator("img").count() == 0

    # Reload the page: the panel comes back from the kernel
    page.keyboard.press("Control+S")
    page.wait_for_timeout(500)
    page.reload()
    panel.says("live", 60)
    assert panel.clusters.locator("option").count() == 2

    # Run the cell again: one panel is updated, not two
    page.locator(".jp-CodeCell .cm-content", has_text="%heco panel").click()
    page.keyboard.press("Shift+Enter")
    page.wait_for_timeout(1500)
    panel.says("live")
    before = requests(emulator)
    page.wait_for_timeout(3000)
    assert 0 < requests(emulator) - before <= 16  # two panels share a watcher, but two watchers would double it

    # Close it: readings stop
    last = page.locator(".jp-CodeCell").last
    last.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("panel.close()")
    page.keyboard.press("Shift+Enter")
    until(lambda: page.locator(".widget-slider").count() == 0)
    page.wait_for_timeout(1500)
    before = requests(emulator)
    page.wait_for_timeout(2000)
    assert requests(emulator) == before


_FOCUSED = """() => {
    const element = document.activeElement;
    return [element.tagName, element.className, element.textContent.trim().slice(0, 20)];
}"""
_NAMED = {"textbox", "checkbox", "slider", "button", "listbox", "spinbutton", "combobox", "radio"}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_everything_works_by_keyboard_alone_and_controls_have_names(browser, lab, emulator):
    page = lab.open(browser, "panel.ipynb", height=1400)
    menu(page, "Run", "Run All Cells")
    page.keyboard.press("Control+B")  # no side bar
    page.set_viewport_size({"width": 760, "height": 1400})
    panel = Panel(page)
    panel.says("hdfsReplication 2 is the floor")
    panel.shot("narrow")
    assert panel.root.bounding_box()["width"] <= 760

    panel.textbox("Filter").focus()
    seen = []
    for _ in range(30):
        seen.append(page.evaluate(_FOCUSED))
        page.keyboard.press("Tab")
    tags = [tag for tag, _, _ in seen]
    assert {"INPUT", "SELECT", "BUTTON"} <= set(tags)
    assert any("noUi-handle" in name for _, name, _ in seen)
    words = [text for _, _, text in seen]
    assert {"Nodes", "Activity", "Delete…"} <= set(words)

    names = page.context.new_cdp_session(page)
    names.send("Accessibility.enable")
    tree = names.send("Accessibility.getFullAXTree")["nodes"]
    controls = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if node.get("role", {}).get("value") in _NAMED
    ]
    for control in (
        ("textbox", "Filter"),
        ("listbox", "Clusters"),
        ("checkbox", "show terminated"),
        ("checkbox", "auto"),
        ("button", "Refresh"),
        ("spinbutton", "Target workers"),
        ("button", "Apply…"),
        ("button", "Nodes"),
        ("button", "Activity"),
        ("button", "Delete…"),
    ):
        assert control in controls

    spin = panel.root.get_by_role("spinbutton", name="Target workers")
    spin.focus()
    page.keyboard.press("ArrowUp")
    panel.says("3 → 4")
    panel.button("Apply…").focus()
    page.keyboard.press("Enter")
    panel.says("Scale alpha: 3 -> 4 workers, +1?")
    panel.button("Scale alpha to 4").focus()
    page.keyboard.press("Space")
    panel.root.locator("option", has_text="alpha Running 4 workers").wait_for(state="attached", timeout=30_000)
    assert requests(emulator, "POST") == 1
