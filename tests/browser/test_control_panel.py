"""The control panel in a real JupyterLab and a real Chromium, on an emulator that the test can inspect.

A JupyterLab, a kernel and a page are dear: each test is a visit in which one thing after another is tried.
"""

from __future__ import annotations

import os
import signal

import nbformat
import pytest
from face import Face, kernel, use_theme
from lab import lab_on, menu
from support import cluster_row, until, writes

from heco_jupyter.emulator import Emulator, Fault

NASTY = "<img src=x onerror=document.title='owned'>"
CONNECT = """\
import os
open("kernel.pid", "w").write(str(os.getpid()))
%load_ext heco_jupyter
from heco_jupyter.live import watcher
watcher.MOVING = watcher.STEADY = watcher.FAILING = 0.5
%heco connect"""
CELLS = (CONNECT, "panel = %heco panel\npanel", "1 + 1")
PRICES = "flavorName,pricePerHour\nm2a.xlarge,0.25\n"
FLAVORS = {role: [{"flavorName": "m2a.xlarge"}] for role in ("masterInfo", "workerInfo")}


def rows():
    """Return 41 clusters of different ranges, some of which move, have failed or are gone."""
    odd = {7: "Running(Scaling-out)", 8: "Failed(Install)", 9: "Terminated(Error)", 10: "Terminated(User)"}
    made = [
        cluster_row(
            number,
            name=f"etl-{number:02d}",
            owner=("kim@example.com", "lee@example.com")[number % 2],
            status=odd.get(number, "Running"),
            workerCnt=0 if number in (9, 10) else 3 * number,
            masterCnt=0 if number in (9, 10) else 1,
            nodeCnt=0 if number in (9, 10) else 3 * number + 1,
            config={"hdfsReplication": 1 + number % 3},
            **FLAVORS,
        )
        for number in range(1, 40)
    ]
    big = cluster_row(40, name="big", workerCnt=1_200, nodeCnt=1_201, config={"hdfsReplication": 3})
    return [*made, big, cluster_row(41, name=NASTY, owner=NASTY)]


@pytest.fixture
def emulator():
    with Emulator(seed="empty", speed=60) as running:
        running.load(rows())
        yield running


@pytest.fixture
def lab(tmp_path, emulator):
    folder = tmp_path / "folder"
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(notebook, folder / "panel.ipynb")
    (folder / "prices.csv").write_text(PRICES)
    keys = {"HECO_CREDENTIAL_ID": emulator.credential_id, "HECO_CREDENTIAL_SECRET": emulator.credential_secret}
    with lab_on(folder, tmp_path / "settings", HECO_ENDPOINT=emulator.url, **keys) as running:
        yield running


def lose_first(page, *kinds):
    """Lose the first message of each kind that the page sends to the kernel, as JupyterLab may lose some."""
    left = {f'"kind":"{kind}"'.encode() for kind in kinds}

    def relay(socket):
        server = socket.connect_to_server()

        def pass_on(message):
            text = message if isinstance(message, bytes) else message.encode()
            lost = {kind for kind in left if kind in text}
            left.difference_update(lost)
            if not lost:
                server.send(message)

        socket.on_message(pass_on)

    page.route_web_socket("**/api/kernels/**", relay)
    return left


def opened(browser, lab, **size):
    page = lab.open(browser, "panel.ipynb", **size)
    page.keyboard.press("Control+B")  # no side bar
    run_all(page)
    return page, Face(page)


def run_all(page):
    menu(page, "Run", "Run All Cells")
    Face(page).is_state("live")


def run_cell(page, code):
    """Run the last cell with other code in it."""
    page.locator(".jp-CodeCell").last.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.type(code)
    page.keyboard.press("Control+Enter")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_fleet_is_controlled_from_the_panel(browser, lab, emulator):  # noqa: PLR0915 (one visit, from end to end)
    page, panel = opened(browser, lab, height=1050)
    panel.check("start")
    assert panel.page.get_by_text("39 of 39").count() == 1
    assert panel.part("fleet").inner_text() == "37 running, 1 moving, 1 failed, 3,525 nodes"

    # 40 clusters of different ranges, one after the other: nothing is armed, and the count is as it is
    panel.watch_shifts()
    for number in [*range(1, 9), *range(11, 40)]:
        panel.pick(f"etl-{number:02d}")
        assert (panel.number.input_value(), panel.is_armed()) == (str(3 * number), False)
        assert panel.slider.input_value() == str(3 * number)
    panel.pick("big")
    assert (panel.number.input_value(), panel.slider.input_value(), panel.is_armed()) == ("1200", "1200", False)
    panel.check("big")

    # What cannot be aimed at says why
    panel.by("searchbox", "Filter clusters").fill("scaling-out")
    assert panel.names() == ["etl-07"]
    panel.pick("etl-07")
    panel.says("reason", "wait until it is running")
    panel.check("busy")
    panel.by("searchbox", "Filter clusters").fill("nobody")
    panel.wait("No cluster matches")
    panel.check("no-match")
    panel.by("switch", "Terminated").click()
    panel.by("searchbox", "Filter clusters").fill("terminated")
    panel.row("etl-09").wait_for()
    marks = panel.root.locator(".heco-rows .heco-mark").evaluate_all("marks => marks.map(mark => mark.dataset.tone)")
    assert sorted(marks) == ["bad", "faint"]
    panel.by("searchbox", "Filter clusters").fill("")
    panel.by("switch", "Terminated").click()

    # What is no number of workers is told, and changed into nothing else
    panel.pick("etl-02")
    for wrong, words in (("7.5", "not a whole number"), ("1", "too few"), ("10001", "too many"), ("", "whole number")):
        panel.number.fill(wrong)
        panel.says("reason", words)
        assert (panel.number.input_value(), panel.is_armed()) == (wrong, False)
    panel.check("wrong")

    # A scale, asked, cancelled, asked again, and followed
    panel.number.fill("9")
    panel.says("target", "6 → 9 (+3)")
    panel.check("aimed")
    panel.button("Apply").click()
    panel.root.get_by_role("alertdialog", name="Scale etl-02?").wait_for()
    for words in ("workers 6 → 9 (+3)", "nodes 7 → 10", "flavor m2a.xlarge"):
        panel.wait(words)
    panel.check("asks")
    panel.button("Cancel").click()
    panel.root.get_by_role("alertdialog").wait_for(state="detached")
    assert not writes(emulator)
    panel.button("Apply").click()
    panel.button("Confirm").click()
    panel.says("reason", "under way")
    panel.root.get_by_role("progressbar").wait_for()
    panel.check("under-way")
    panel.outcome("scale etl-02: 6 → 9 workers (+3): done")
    assert len(writes(emulator)) == 1
    assert not panel.is_armed()
    panel.by("tab", "Activity").click()
    panel.wait("took")
    panel.check("done")
    panel.by("tab", "Nodes").click()

    # Refused, overtaken and lost writes are seen without opening a tab
    emulator.faults.add(Fault(method="POST", status=409, body={"message": "quota is used up"}))
    panel.pick("etl-03")
    panel.number.fill("12")
    panel.button("Apply").click()
    panel.button("Confirm").click()
    panel.outcome("quota is used up")
    panel.check("refused")
    panel.button("Dismiss").click()
    panel.by("status", "Outcome").filter(has_text="quota").wait_for(state="detached")
    emulator.faults.clear()
    panel.number.fill("12")
    panel.button("Apply").click()
    panel.button("Confirm").wait_for()
    emulator.load([cluster_row(3, name="etl-03", workerCnt=10, nodeCnt=11, config={"hdfsReplication": 1}, **FLAVORS)])
    panel.outcome("nothing was sent: it has 10 workers now, not 9")
    emulator.faults.add(Fault(method="POST", drop="before"))
    panel.pick("etl-04")
    panel.number.fill("13")
    panel.button("Apply").click()
    panel.button("Confirm").click()
    panel.outcome("it may have been scaled")
    panel.check("uncertain")
    emulator.faults.clear()

    # Stale, then live again: nothing stays armed
    panel.pick("etl-05")
    panel.number.fill("16")
    panel.says("target", "15 → 16 (+1)")
    emulator.faults.add(Fault(status=500))
    panel.is_state("stale")
    panel.says("connection", "500")
    panel.says("reason", "stale")
    assert not panel.is_armed()
    panel.check("stale")
    emulator.faults.clear()
    panel.is_state("live")
    assert not panel.is_armed()

    # Delete by typing the name
    panel.button("Delete").click()
    panel.by("textbox", "Cluster name").fill("etl-0")
    assert panel.button("Confirm").is_disabled()
    panel.by("textbox", "Cluster name").fill("etl-05")
    panel.check("delete")
    panel.button("Confirm").click()
    panel.outcome("done")
    panel.by("searchbox", "Filter clusters").fill("etl-05")
    panel.row("etl-05").wait_for(state="detached")
    assert [request.method for request in writes(emulator)].count("DELETE") == 1
    assert panel.shifts() == {}
    assert page.title() != "owned"
    assert panel.root.locator("img").count() == 0


MANY = [number for number in range(1, 40) if not 7 <= number <= 10][:20]  # 20 clusters of different ranges
PRESET = """\
import heco_jupyter.widgets
for number in {numbers}: display(heco_jupyter.widgets.ScaleControl(f"etl-{{number:02d}}"))
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_is_armed_that_nobody_aimed_at(browser, lab, emulator):
    page, panel = opened(browser, lab, height=1050)

    def at_rest(face, number):
        face.root.get_by_role("heading", name=f"etl-{number:02d}", exact=True).wait_for()
        until(lambda: face.number.input_value() == str(3 * number))
        return face.slider.input_value() == str(3 * number) and not face.is_armed()

    # 20 controls, each begun with another cluster
    run_cell(page, PRESET.format(numbers=MANY))
    controls = [Face(page, place) for place in range(1, 21)]
    for control, number in zip(controls, MANY, strict=True):
        assert at_rest(control, number)

    # A reload shows them at rest, whatever was typed or asked before, and also where first messages get lost
    left = lose_first(page, "open", "aim", "pick")
    for control, number, wrong in zip(controls, MANY, ("", "x", "1", None) * 5, strict=True):
        until(control.number.is_enabled)
        control.number.fill(str(3 * number + 5) if wrong is None else wrong)
    for control in controls[3], controls[19]:
        control.button("Apply").click()
        control.root.get_by_role("alertdialog").wait_for()
    page.keyboard.press("Control+S")
    until(lambda: f"etl-{MANY[19]:02d}" in (lab.folder / "panel.ipynb").read_text("utf-8"))
    page.reload()
    for control, number in zip(controls, MANY, strict=True):
        control.is_state("live", 60)
        assert at_rest(control, number)
        assert control.root.get_by_role("alertdialog").count() == 0
    run_cell(page, 'other = heco_jupyter.panel("etl-01"); display(other)')
    page.get_by_role("region", name="Hadoop Eco").nth(20).wait_for(state="detached")
    other = Face(page, 1)
    assert at_rest(other, 1)

    # Two panels: what one aims at arms no other, also on the same cluster
    panel.by("searchbox", "Filter clusters").fill("etl-2")
    other.by("searchbox", "Filter clusters").fill("etl-2")
    for case in range(20):
        one, other_one = 20 + case % 10, 20 + (case + case // 10) % 10
        panel.row(f"etl-{one}").click()
        assert at_rest(panel, one)
        until(panel.number.is_enabled)
        panel.number.fill(str(3 * one + 1))
        panel.says("target", f"{3 * one} → {3 * one + 1} (+1)")
        other.row(f"etl-{other_one}").click()
        assert at_rest(other, other_one)
        panel.says("target", "(+1)")

    # Answers that come late, to what was typed before another cluster was picked, arm nothing
    panel.by("searchbox", "Filter clusters").fill("etl-1")
    for case in range(20):
        one, next_one = 11 + case % 9, 11 + (case + 4) % 9
        panel.row(f"etl-{one}").click()
        panel.root.get_by_role("heading", name=f"etl-{one}", exact=True).wait_for()
        until(panel.number.is_enabled)
        panel.number.press_sequentially("234", delay=5)
        panel.row(f"etl-{next_one}").click()
        assert at_rest(panel, next_one)
    assert not left
    assert not writes(emulator)


NOTEBOOK_KEYS = "abcdfhijklmoprsvxyz123456LMJKZ"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_everything_works_by_keyboard_alone_and_no_key_reaches_the_notebook(browser, lab, emulator):  # noqa: PLR0915
    page, panel = opened(browser, lab, height=1050)
    cells = page.locator(".jp-Cell").all_inner_texts()[0], page.locator(".jp-Cell").count()
    panel.by("searchbox", "Filter clusters").focus()
    for focus in (
        panel.grid.focus,
        lambda: panel.button("Refresh").focus(),
        lambda: panel.by("tab", "Nodes").focus(),
        lambda: panel.part("fleet").click(),
    ):
        focus()
        for key in [
            *NOTEBOOK_KEYS,
            *(["d", "d", "0", "0"]),
            "Shift+Enter",
            "Control+Enter",
            "Alt+Enter",
            "Shift+M",
            "Delete",
        ]:
            page.keyboard.press(key)
            assert panel.is_focus_inside(), key
        assert page.locator(".jp-Cell").count() == cells[1]
        assert page.locator(".jp-Cell").all_inner_texts()[0] == cells[0]

    # The list: arrows, Home, End, type-ahead, Enter
    panel.grid.focus()
    page.keyboard.press("Home")
    active = panel.root.locator(".heco-active [role=gridcell]").first.inner_text
    assert active() == NASTY
    page.keyboard.press("ArrowDown")
    assert active() == "big"
    page.keyboard.press("End")
    assert active() == "etl-01"
    page.wait_for_timeout(1100)  # a word typed ahead ends with a pause
    page.keyboard.type("etl-3")
    assert active() == "etl-39"
    page.keyboard.press("Enter")
    panel.root.get_by_role("heading", name="etl-39").wait_for()
    assert panel.root.locator("[role=row][aria-selected=true]").count() == 1
    assert panel.focus() == ("grid", "Clusters")
    assert not panel.is_armed()

    # The slider, the question, and back
    until(panel.slider.is_enabled)  # its details have been read
    panel.slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    panel.says("target", "117 → 119 (+2)")
    panel.button("Apply").focus()
    page.keyboard.press("Enter")
    panel.root.get_by_role("alertdialog").wait_for()
    assert panel.focus()[1] == "Confirm"
    page.keyboard.press("Escape")
    panel.root.get_by_role("alertdialog").wait_for(state="detached")
    assert panel.focus()[1] == "Apply"
    page.keyboard.press("Space")
    panel.root.get_by_role("alertdialog").wait_for()
    page.keyboard.press("Enter")
    panel.says("reason", "under way")
    assert panel.is_focus_inside()
    assert panel.focus()[1] == "Apply"
    page.keyboard.press("Escape")
    assert panel.focus() == ("grid", "Clusters")
    panel.button("Delete").focus()
    until(panel.slider.is_enabled, 60)
    page.keyboard.press("Enter")
    panel.by("textbox", "Cluster name").wait_for()
    assert panel.focus() == ("text", "Cluster name")
    page.keyboard.press("Escape")
    panel.root.get_by_role("alertdialog").wait_for(state="detached")
    assert panel.focus()[1] == "Delete"
    panel.button("Dismiss").focus()
    page.keyboard.press("Enter")
    panel.button("Dismiss").wait_for(state="hidden")
    assert panel.is_focus_inside()

    # Sorting, and the tabs
    panel.by("columnheader", "age").get_by_role("button").focus()
    panel.by("columnheader", "workerCnt").get_by_role("button").click()
    assert panel.by("columnheader", "workerCnt").get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert panel.by("columnheader", "workerCnt").get_attribute("aria-sort") == "descending"
    assert panel.names()[0] == "big"
    page.keyboard.press("ArrowLeft")
    assert panel.focus()[1] == "status"
    panel.by("tab", "Nodes").focus()
    page.keyboard.press("ArrowRight")
    panel.root.locator("[role=tab][aria-selected=true]", has_text="Activity").wait_for()
    assert len(writes(emulator)) == 1


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_says_live_only_while_it_is(browser, lab, emulator):
    page, panel = opened(browser, lab, height=1050)
    panel.pick("etl-02")
    panel.number.fill("9")
    panel.says("target", "6 → 9 (+3)")

    # A busy kernel is not a gone one
    run_cell(page, "import time; time.sleep(5)")
    page.wait_for_timeout(4500)
    panel.is_state("live", 1)

    # A frozen one is
    pid = int((lab.folder / "kernel.pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        panel.is_state("stale", 10)
        panel.says("connection", "nothing heard from the kernel")
        assert not panel.is_armed()
        panel.check("frozen")
    finally:
        os.kill(pid, signal.SIGCONT)
    panel.is_state("live", 10)
    assert not panel.is_armed()

    # A reload restores, in the other theme
    page.keyboard.press("Control+S")
    until(lambda: "heco-snapshot" in (lab.folder / "panel.ipynb").read_text("utf-8"))
    use_theme(page, "JupyterLab Dark")
    page.reload()
    panel.is_state("live", 60)
    assert panel.root.get_by_role("heading", name="etl-02").count() == 1
    assert not panel.is_armed()
    panel.check("dark")
    for width in (600, 900, 1400):
        page.set_viewport_size({"width": width, "height": 1500 if width == 600 else 1050})
        page.wait_for_timeout(400)
        assert panel.root.evaluate("root => root.scrollWidth <= root.clientWidth")
        panel.check(f"dark-{width}")

    # Restarted from another tab, killed, shut down from another tab: each says so, and a new kernel has a new panel
    for end in ("restarted", "killed", "shut down"):
        panel.pick("etl-03")
        panel.number.fill("12")
        panel.says("target", "9 → 12 (+3)")
        if end == "killed":
            os.kill(int((lab.folder / "kernel.pid").read_text()), signal.SIGKILL)
        else:
            kernel(page, *(("POST", "/restart") if end == "restarted" else ("DELETE",)))
        panel.is_state("gone", 10)
        assert not panel.is_armed()
        assert panel.button("Delete").is_disabled()
        panel.says("reason", "run the cell again")
        if end != "shut down":
            page.close()
            page, panel = opened(browser, lab, height=1050)
    panel.check("gone")
    assert not writes(emulator)


MODELS = "from ipywidgets.widgets import widget; {type(each).__name__ for each in widget._instances.values()}"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_panel_beside_the_notebook_is_one_tab_and_its_end_leaves_nothing(browser, lab, emulator):
    page = lab.open(browser, "panel.ipynb", width=1400, height=1050)
    page.keyboard.press("Control+B")  # no side bar on the left
    panel, tabs = Face(page), page.locator(".jupyterlab-sidecar")
    last = page.locator(".jp-CodeCell").last

    def show(name):
        run_cell(page, f"panel = %heco panel {name} --side\npanel")
        panel.root.get_by_role("heading", name=name).wait_for(timeout=60_000)
        tabs.get_by_role("region", name="Hadoop Eco").wait_for()
        last.get_by_text("The panel is beside the notebook").wait_for()
        assert (tabs.count(), panel.root.count()) == (1, 1)

    page.locator(".jp-CodeCell").first.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.get_by_text("from environment").wait_for(timeout=60_000)
    show("etl-02")
    show("etl-03")
    assert not last.get_by_role("table").is_visible()
    assert panel.root.evaluate("root => root.scrollWidth <= root.clientWidth")
    panel.part("fleet").click()
    for key in NOTEBOOK_KEYS:
        page.keyboard.press(key)
    assert page.locator(".jp-Cell").count() == len(CELLS)
    panel.number.fill("12")
    panel.button("Apply").click()
    panel.check("beside")

    # Whoever closes the tab has the panel in its cell, with nothing aimed at
    close = page.locator(".jp-SideBar.jp-mod-right .lm-TabBar-tabCloseIcon").last.bounding_box()
    page.mouse.click(close["x"] + 4, close["y"] + 4)
    last.get_by_role("heading", name="etl-03").wait_for()
    panel.says("reason", "move the slider")
    assert (tabs.count(), panel.is_armed()) == (0, False)
    run_cell(page, MODELS)
    last.get_by_text("{'ClusterPanel', 'Layout'}").wait_for()
    run_cell(page, f"panel.open_beside(); panel.close(); {MODELS}")
    last.get_by_text("set()").wait_for()
    tabs.wait_for(state="detached")

    # A kernel that was restarted cannot close its tab: the next panel does
    show("etl-04")
    kernel(page, "POST", "/restart")
    panel.is_state("gone", 10)
    page.locator(".jp-CodeCell").first.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    panel.is_state("gone")
    show("etl-05")
    panel.is_state("live")
    assert not writes(emulator)
