"""A widget beside the notebook: in a tab at the side of JupyterLab, which the package sidecar opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

from heco_jupyter.api.model.errors import CommandError

if TYPE_CHECKING:
    from ipywidgets import Output

_TITLE = "Hadoop Eco"


def check_side() -> None:
    """Do nothing where there is a notebook, and what opens a tab beside it.

    Raises
    ------
    CommandError
        When there is no notebook, or no sidecar.
    """
    if getattr(get_ipython(), "kernel", None) is None:
        raise CommandError("there is no notebook here that a panel could open beside: show it as it is, without --side")
    try:
        import sidecar  # noqa: F401, PLC0415 (it need not be there)
    except ImportError:
        pass
    else:
        return
    raise CommandError(
        "a panel beside the notebook needs sidecar, which is not installed: "
        "pip install 'heco-jupyter[side]', then reload JupyterLab"
    )


def open_tab(data: dict[str, Any], metadata: dict[str, Any]) -> Output:
    """Open a tab that shows an output, which is given as a MIME bundle.

    The output is set, not captured: what a cell prints meanwhile, or another thread, cannot end up in the tab.
    """
    from sidecar import Sidecar  # noqa: PLC0415

    output = {"output_type": "display_data", "data": data, "metadata": metadata}
    tab: Output = Sidecar(title=_TITLE, outputs=(output,))
    return tab


def close_tab(tab: Output) -> None:
    """Close the tab, and leave no widget behind."""
    layout = tab.layout
    tab.close()
    layout.close()
