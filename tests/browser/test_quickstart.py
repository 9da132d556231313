"""The quickstart in a real JupyterLab, in a real Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api")

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / ".artifacts"
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]


@pytest.fixture
def browser():
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium, and CI must not go without it")
        pytest.skip("there is no Chromium on this machine (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def lab(tmp_path):
    """Return the URL of a JupyterLab that serves a copy of the notebooks."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip", "127.0.0.1"]
    options = [f"--port={port}", "--IdentityProvider.token=", f"--ServerApp.root_dir={tmp_path}"]
    settings = {
        "notebook-extension/tracker": '{"windowingMode": "none"}',  # every cell is in the page, seen or not
        "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
    }
    for name, text in settings.items():
        path = tmp_path / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    log = (tmp_path / "lab.log").open("wb")
    environment = os.environ | {"JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings")}
    server = subprocess.Popen([*command, *options], stdout=log, stderr=log, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/api/status", timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        else:
            pytest.fail((tmp_path / "lab.log").read_text("utf-8", "replace"))
        yield url
    finally:
        server.terminate()
        server.wait(30)
        log.close()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_quickstart_runs_in_jupyterlab_and_shows_what_it_promises(browser, lab):
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    page.goto(f"{lab}/lab/tree/notebooks/quickstart.ipynb?reset")
    idle = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
    page.wait_for_selector(idle, timeout=60_000)
    # The page says idle before there is a kernel, and asks which one is wanted when cells are run too early.
    page.wait_for_function(
        """async () => (await (await fetch("/api/sessions")).json()).some(s => s.kernel.execution_state == "idle")""",
        timeout=60_000,
    )
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(
        """() => {
            const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(p => p.textContent);
            const failed = document.querySelector('[data-mime-type="application/vnd.jupyter.error"]');
            return failed || prompts.length > 10 && prompts.every(p => /\\d/.test(p));
        }""",
        timeout=180_000,
    )
    page.wait_for_selector(idle, timeout=60_000)
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "quickstart-end.png")
    failures = page.locator(
        ", ".join(f'[data-mime-type="application/vnd.jupyter.{kind}"]' for kind in ("error", "stderr"))
    )
    assert failures.count() == 0, failures.all_inner_texts()
    assert "Terminated(User)" in page.locator(".jp-CodeCell").last.inner_text()
    text = page.locator(".jp-Notebook").inner_text()
    assert "local emulator" in text
    assert "nothing was sent" in text
    for name, words in (("list", "fleet.head()"), ("show", "%heco show {name}"), ("scale", "%heco scale quickstart 5")):
        page.locator(".jp-CodeCell", has_text=words).first.scroll_into_view_if_needed()
        page.wait_for_timeout(200)
        page.screenshot(path=ARTIFACTS / f"quickstart-{name}.png")
