"""A real JupyterLab, in which a test opens and runs notebooks as a person does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import ARTIFACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ARTIFACTS", "IDLE", "ROOT", "Lab", "lab_on", "menu"]

ROOT = Path(__file__).parents[2]
IDLE = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
_KERNEL_IDLE = """async () => {
    const sessions = await (await fetch("/api/sessions")).json();
    return sessions.some(session => session.kernel.execution_state == "idle");
}"""
_SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',  # every cell is in the page, visible or not
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab and the folder that it serves."""

    url: str
    folder: Path

    def open(self, browser, path, *, width=1280, height=1600):
        """Open a notebook, and wait until its kernel is ready."""
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(f"{self.url}/lab/tree/{path}?reset")
        page.wait_for_selector(IDLE, timeout=60_000)
        # The page shows idle before there is a kernel, and asks for one when cells are run too early.
        page.wait_for_function(_KERNEL_IDLE, timeout=60_000)
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
        return page


@contextmanager
def lab_on(folder: Path, settings: Path, **environment: str) -> Iterator[Lab]:
    """Start a JupyterLab that serves `folder`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name, text in _SETTINGS.items():
        path = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip", "127.0.0.1"]
    options = [f"--port={port}", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    with (settings / "lab.log").open("wb") as log:
        variables = os.environ | {"JUPYTERLAB_SETTINGS_DIR": str(settings)} | environment
        server = subprocess.Popen([*command, *options], stdout=log, stderr=log, env=variables)
        url = f"http://127.0.0.1:{port}"
        try:
            _await(url, settings / "lab.log")
            yield Lab(url, folder)
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:  # it waits for kernels, of which a test may have killed one
                server.kill()
                server.wait()


def _await(url: str, log: Path) -> None:
    """Wait until the server answers, and fail with its log if it does not."""
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/api/status", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(log.read_text("utf-8", "replace"))


def menu(page, *names: str) -> None:
    """Click one menu item after another."""
    for name in names:
        page.get_by_role("menuitem", name=name, exact=True).click()
