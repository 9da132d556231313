"""The quickstart in a real JupyterLab, in a real Chromium."""

from __future__ import annotations

import shutil

import pytest
from lab import ARTIFACTS, IDLE, ROOT, lab_on, menu


@pytest.fixture
def lab(tmp_path):
    """Return a JupyterLab that serves a copy of the notebooks."""
    folder = tmp_path / "folder"
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    with lab_on(folder, tmp_path / "settings") as running:
        yield running


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_quickstart_runs_in_jupyterlab_and_shows_its_results(browser, lab):
    page = lab.open(browser, "notebooks/quickstart.ipynb")
    menu(page, "Run", "Run All Cells")
    page.wait_for_function(
        """() => {
            const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(p => p.textContent);
            const failed = document.querySelector('[data-mime-type="application/vnd.jupyter.error"]');
            return failed || prompts.length > 10 && prompts.every(p => /\\d/.test(p));
        }""",
        timeout=180_000,
    )
    page.wait_for_selector(IDLE, timeout=60_000)
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
