"""The control panel, in ipywidgets: `heco_jupyter.panel()` makes one; its parts can be used alone.

This module is itself what is called, since a folder and a function of the same name cannot both be had of a package.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from heco_jupyter.panel.controls import DeleteControl, ScaleControl
from heco_jupyter.panel.panel import ClusterPanel, make
from heco_jupyter.panel.parts import ActivityView, NodesView, StatusView
from heco_jupyter.panel.picker import ClusterPicker

if TYPE_CHECKING:
    from heco_jupyter.api.client import Client
    from heco_jupyter.api.cluster import Cluster

__all__ = [
    "ActivityView",
    "ClusterPanel",
    "ClusterPicker",
    "DeleteControl",
    "NodesView",
    "ScaleControl",
    "StatusView",
]


class _Panel(ModuleType):
    def __call__(self, client: Client | None = None, cluster: str | Cluster | None = None) -> ClusterPanel:
        """Make a control panel; the panels that an earlier run of the same cell made are closed.

        Parameters
        ----------
        client
            The connection; the shared one by default.
        cluster
            The cluster to begin with: itself, its id, a part of that, or its name.

        Raises
        ------
        UnknownClusterError, CredentialsError, ApiError, TransportError
        """
        return make(client, cluster)


sys.modules[__name__].__class__ = _Panel
