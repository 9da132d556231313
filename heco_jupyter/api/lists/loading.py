"""Loads pandas, and what else frames are made with, while the first request is under way: it takes longer than that."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from importlib import import_module

_loading: list[threading.Thread] = []


def begin_loading() -> None:
    """Begin, if nobody has, and return at once."""
    if not _loading:
        _loading.append(threading.Thread(target=_load, name="heco loading", daemon=True))
        _loading[0].start()


def _load() -> None:
    with suppress(Exception):  # whatever is wrong with it is raised again where it is used
        import_module("heco_jupyter.api.lists.frames")


def _finish() -> None:
    """Wait for the end: a process that forks now would leave its child with a module that is never loaded."""
    for thread in _loading:
        if thread is not threading.current_thread():
            thread.join()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(before=_finish)
