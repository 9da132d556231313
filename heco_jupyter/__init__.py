"""See and control KakaoCloud Hadoop Eco clusters from a Jupyter notebook.

`%load_ext heco_jupyter` brings the `%heco` and `%%heco_create` magics. From Python, `connect` gives a `Client` with the
same operations, `panel` the control panel, `fleet` the analysis of who used what, `errors` what can go wrong. Importing
this costs next to nothing: what is heavy is imported when it is first used.

Examples
--------
>>> import heco_jupyter
>>> client = heco_jupyter.connect(local=True)
>>> client.find("etl-nightly").status
'Running'
>>> client.close()
"""

from __future__ import annotations

from heco_jupyter._version import __version__

TYPE_CHECKING = False  # what type checkers read as true, without the cost of importing typing
if TYPE_CHECKING:
    from typing import Any

    from IPython.core.interactiveshell import InteractiveShell

    from heco_jupyter import errors, fleet, widgets
    from heco_jupyter.api.client import Client
    from heco_jupyter.api.connection import connect
    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.widgets.panel import panel

__all__ = [
    "Client",
    "Cluster",
    "__version__",
    "connect",
    "errors",
    "fleet",
    "load_ipython_extension",
    "panel",
    "unload_ipython_extension",
    "widgets",
]

# Where each name of the face is defined; a module itself where no name follows.
_HOMES = {
    "Client": ("heco_jupyter.api.client", "Client"),
    "Cluster": ("heco_jupyter.api.model.cluster", "Cluster"),
    "connect": ("heco_jupyter.api.connection", "connect"),
    "errors": ("heco_jupyter.errors", ""),
    "fleet": ("heco_jupyter.fleet", ""),
    "panel": ("heco_jupyter.widgets.panel", "panel"),
    "widgets": ("heco_jupyter.widgets", ""),
}


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Give `shell` the magics; IPython calls this for `%load_ext heco_jupyter`."""
    from heco_jupyter.magics import load  # noqa: PLC0415

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away again; IPython calls this for `%unload_ext heco_jupyter`."""
    from heco_jupyter.magics import unload  # noqa: PLC0415

    unload(shell)


if not TYPE_CHECKING:  # a checker knows the names by the imports above, and finds a mistyped one

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415

        module, attribute = _HOMES[name]
        value = import_module(module)
        if attribute:
            value = globals()[name] = getattr(value, attribute)
        return value


def __dir__() -> list[str]:
    return __all__
