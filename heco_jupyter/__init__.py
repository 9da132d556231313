"""See and control KakaoCloud Hadoop Eco clusters from a Jupyter notebook.

`%load_ext heco_jupyter` brings the `%heco` and `%%heco_create` magics. `connect` gives the same API to Python code,
`panel` the control panel. Importing this costs next to nothing: what is heavy is imported when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # what type checkers read as true, without the cost of importing typing
if TYPE_CHECKING:
    from typing import Any

    from IPython.core.interactiveshell import InteractiveShell

    from heco_jupyter import panel
    from heco_jupyter.api.connection import connect

__version__ = "0.1.0"
__all__ = ["__version__", "connect", "load_ipython_extension", "panel", "unload_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Give `shell` the magics; IPython calls this for `%load_ext heco_jupyter`."""
    from heco_jupyter.magics import load  # noqa: PLC0415

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away again; IPython calls this for `%unload_ext heco_jupyter`."""
    from heco_jupyter.magics import unload  # noqa: PLC0415

    unload(shell)


def __getattr__(name: str) -> Any:
    if name == "connect":
        from heco_jupyter.api.connection import connect  # noqa: PLC0415

        return connect
    if name == "panel":
        from importlib import import_module  # noqa: PLC0415

        return import_module("heco_jupyter.panel")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
