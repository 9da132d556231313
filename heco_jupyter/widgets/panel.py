"""The panel and its parts: one widget, whose face is an ES module, and which shows all sections or some.

The widget holds what it is set to, and sends the page a view of it: whole when the page first asks, then what changed,
one short beat after each reading that changed nothing. The page sends requests, and decides nothing.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

import anywidget
from IPython.core.getipython import get_ipython
from IPython.display import display
from traitlets import Any as AnyTrait
from traitlets import Bool, Int, List, TraitError, Unicode, observe, validate

from heco_jupyter.api.client import Client
from heco_jupyter.api.connection import current
from heco_jupyter.api.display.cards import duration_words
from heco_jupyter.api.display.texts import Said
from heco_jupyter.api.model.checks import check_type
from heco_jupyter.api.model.errors import HecoError
from heco_jupyter.fleet.prices import read_prices
from heco_jupyter.live.recorder import recorder_here
from heco_jupyter.live.state import FleetState, Interest
from heco_jupyter.live.watcher import watcher_of
from heco_jupyter.widgets import face, snapshot
from heco_jupyter.widgets.dispatch import (
    TABS,
    Back,
    Begin,
    Dismiss,
    PanelState,
    Refresh,
    Stop,
    aim,
    dispatch,
    follow,
    pick,
)
from heco_jupyter.widgets.inbox import Inbox
from heco_jupyter.widgets.safety import read_target, scale_reason
from heco_jupyter.widgets.side import check_side, close_tab, open_tab
from heco_jupyter.widgets.view import ViewMaker, changes

if TYPE_CHECKING:
    from ipywidgets import Output
    from traitlets import Bunch

    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.widgets.dispatch import Deed
    from heco_jupyter.widgets.view import View

_WIDGET = "application/vnd.jupyter.widget-view+json"
_WHOLE = ("open", "catch-up")  # requests of a page that may not have the view as it is
_MIRRORED = ("cluster_id", "target", "filter", "show_terminated")


class ClusterPanel(anywidget.AnyWidget):
    """See and control the clusters of a connection.

    Setting `cluster_id` or `target` does what the mouse does: it never writes to the cloud.

    Parameters
    ----------
    cluster
        The cluster to begin with: a `Cluster`, its id, the start of its id, or its name.
    client
        The connection; the shared one by default.

    Attributes
    ----------
    cluster_id : str or None
        The cluster that is picked.
    target : int or None
        The number of workers that is aimed at; None until somebody aims.
    filter : str
        What the list is filtered by.
    show_terminated : bool
        Whether the list shows terminated clusters.

    Raises
    ------
    UnknownClusterError
        When no cluster, or more than one, is called that.
    CredentialsError, ApiError, TransportError
        When the fleet cannot be read.

    Examples
    --------
    >>> from heco_jupyter.widgets import ClusterPanel
    >>> ClusterPanel("etl-nightly")  # doctest: +SKIP
    """

    cluster_id = Unicode(None, allow_none=True, help="Id of the cluster that is picked.")
    target = Int(None, allow_none=True, help="Workers aimed at; None until somebody aims.")
    filter = Unicode("", help="What the list is filtered by.")
    show_terminated = Bool(False, help="Whether the list shows terminated clusters.")  # noqa: FBT003

    _sections = List(Unicode()).tag(sync=True)
    _tab = Unicode("").tag(sync=True)  # the widget that is the tab beside the notebook, by its id
    # Only a page that begins reads the whole view; after that it is told what changes.
    _view = AnyTrait().tag(sync=True, to_json=lambda _, widget: widget._message(widget._sent))  # noqa: SLF001

    _esm = face.module()
    _css = face.style_sheet()
    shown: ClassVar[tuple[str, ...]] = ("list", "status", "scale", "delete", "nodes", "activity")

    def __init__(self, cluster: str | Cluster | None = None, *, client: Client | None = None, **traits: Any) -> None:
        check_type(client, Client | None, "client", "what heco_jupyter.connect() returns")
        client = current() if client is None else client
        picked = None if cluster is None else str(client.find(cluster).id)
        self.watcher = watcher_of(client)
        if self.watcher.fleet.updated_at is None:
            self.watcher.read()
        self._state = PanelState(cluster_id=picked, tab=next((tab for tab in TABS if tab in self.shown), TABS[0]))
        self._sent: View = {}
        self._version = 0  # of the view, as the page was told
        self._inbox = Inbox()
        self._awaited = 0  # the reading that the page waits for
        self._form: tuple[object, ...] = ()
        self._beside: Output | None = None
        self._sent = self._made_view()
        super().__init__(_sections=list(self.shown), cluster_id=picked, **traits)
        self.on_msg(self._asked)  # type: ignore[no-untyped-call]
        self.watcher.add(self)

    # What others see

    @property
    def interest(self) -> Interest:
        """What the watcher must read for this widget."""
        return Interest(
            self._state.cluster_id,
            vms="nodes" in self.shown and self._state.tab == "nodes",
            terminated=self._state.show_terminated,
            flavors="list" in self.shown and bool(self.watcher.client.settings.prices),
        )

    def show(self, fleet: FleetState) -> None:
        """Show what is known now."""
        self._adopt(follow(self._state, fleet))
        self._tell()

    def refresh(self) -> None:
        """Read everything anew, soon."""
        self._do(Refresh())

    def open_beside(self) -> None:
        """Open the widget beside the notebook, in a tab at the side of JupyterLab; its cell then says that it is there.

        Once the tab is closed, or where there is no JupyterLab, its cell shows it. `close()` closes the tab too.

        Raises
        ------
        CommandError
            When there is no notebook, or no sidecar (`pip install 'heco-jupyter[side]'`).
        """
        check_side()
        self._close_beside()
        data, metadata = self._widget_bundle()
        self._beside = open_tab(data, metadata)
        self._tab = self._beside.model_id

    def _close_beside(self) -> None:
        tab, self._beside = self._beside, None
        if tab is not None:
            self._tab = ""  # told first: what ends the view in the tab is no person
            close_tab(tab)

    def close(self) -> None:
        """Stop listening, and close the widget; readings stop with the last one."""
        if hasattr(self, "watcher"):  # not when the constructor failed
            self.watcher.remove(self)
            self._close_beside()
        layout = self.layout
        super().close()  # type: ignore[no-untyped-call]
        layout.close()  # every widget makes one, and leaves it behind

    # What is asked of it

    def _asked(self, _: object, content: object, __: object) -> None:
        """Do what a page asks, if it makes sense."""
        with self.watcher.notify_lock:
            is_behind = False
            for request in self._inbox.due(content):
                state, deed = dispatch(self._state, self.watcher.fleet, request)
                self._change(state)
                self._do(deed)
                if isinstance(request, dict) and request.get("kind") in _WHOLE:
                    is_behind = is_behind or request.get("v") != self._version
            self._tell()
            if is_behind:
                self._post(self._message(self._sent) | {"whole": True})

    def _change(self, state: PanelState) -> None:
        """Take another state, and have the watcher read what it needs."""
        before = self.interest
        self._adopt(state)
        if self.interest != before:
            self.watcher.refresh()

    def _adopt(self, state: PanelState) -> None:
        self._state = state
        for name in _MIRRORED:
            setattr(self, name, getattr(state, name))
        if "activity" in self.shown and state.tab == "activity":
            self.watcher.mark_read()

    def _do(self, deed: Deed | None) -> None:
        if isinstance(deed, Begin):
            self.watcher.begin(deed.plan, deed.cluster)
        elif isinstance(deed, Dismiss):
            self.watcher.dismiss(deed.number)
        elif isinstance(deed, Refresh):
            self._awaited = self.watcher.refresh()
        elif isinstance(deed, Back) and deed.tab == self._tab:
            self._close_beside()
        elif isinstance(deed, Stop) and (recorder := recorder_here()) is not None:
            recorder.stop()

    @validate("target")
    def _check_target(self, proposal: Bunch) -> int | None:
        value: int | None = proposal.value
        if value is None or value == self._state.target:
            return value
        fleet = self.watcher.fleet
        cluster, refusal = fleet.cluster(self._state.cluster_id), scale_reason(fleet, self._state.cluster_id)
        read = refusal or (read_target(cluster, value) if cluster is not None else Said("no_cluster"))
        if isinstance(read, Said):
            raise TraitError(read.in_language("en"))
        return read

    @observe(*_MIRRORED)
    def _set_from_outside(self, change: Bunch) -> None:
        if change.new == getattr(self._state, change.name):
            return
        with self.watcher.notify_lock:
            if change.name == "cluster_id":
                self._change(pick(self._state, change.new))
            elif change.name != "target":
                self._change(replace(self._state, **{change.name: change.new}))
            elif change.new is None:
                self._change(self._state.at_rest())
            else:
                self._change(aim(self._state, self.watcher.fleet, change.new))
            self._tell()

    # What the page is told

    def _prices(self) -> dict[str, float]:
        path = self.watcher.client.settings.prices
        try:
            return read_prices(path) if path else {}
        except HecoError:
            return {}  # the file was whole when it was set

    def _made_view(self) -> View:
        settings = self.watcher.client.settings
        form = (settings.language, settings.timezone, settings.prices)
        if form != self._form:
            self._form = form
            self._maker = ViewMaker(settings.language, settings.timezone, self._prices())
        view = self._maker.view(self._state, self.watcher.fleet)
        client = self.watcher.client
        where = [client.endpoint.partition("://")[2], client.credentials.masked_id]
        return view | {
            "where": [*([Said("local").in_language(settings.language)] if client.is_local else []), *where],
            "recording": self._recording(),
            "reading": self._awaited > self.watcher.fleet.answered,
        }

    def _recording(self) -> str:
        """Return what this kernel records, in words; nothing when it does not."""
        recorder = recorder_here()
        if recorder is None or not recorder.recording.is_running:
            return ""
        settings, recording = self.watcher.client.settings, recorder.recording
        zone = ZoneInfo(settings.timezone)
        last = f"{recording.last_at.astimezone(zone):%H:%M:%S}" if recording.last_at else Said("never")
        words = Said("recording", {"every": duration_words(recording.every, settings.language), "last": last})
        return words.in_language(settings.language)

    def _message(self, patch: View) -> View:
        """Return what the page is sent: a beat, with what changed if anything did."""
        fleet = self.watcher.fleet
        beat = {
            "v": self._version,
            "at": round(time.time() * 1000),
            "age": round(time.monotonic() - fleet.read_at, 1),
            "every": fleet.interval,
            "r": self._inbox.answered,
        }
        return {**beat, "set": patch} if patch else beat

    def _tell(self) -> None:
        """Send the page what has changed, or that nothing has."""
        view = self._made_view()
        patch = changes(self._sent, view)
        self._sent = view
        self._version += bool(patch)
        self._post(self._message(patch))

    def _post(self, message: View) -> None:
        if self.comm is None:
            return
        self.send(message)  # type: ignore[no-untyped-call]
        # ipykernel 7.4 hands what a page sends to the subshell that the kernel heard before it last spoke to that page,
        # also when that subshell has ended: the page's requests would be lost until somebody runs a cell.
        vars(self.comm).pop("_reply_subshell_id", None)

    # For places without widgets

    def __repr__(self) -> str:
        client = self.watcher.client
        return snapshot.as_text(client, self.watcher.fleet, self._state.cluster_id, client.settings.language)

    def _table(self) -> dict[str, str]:
        client, fleet = self.watcher.client, self.watcher.fleet
        html = snapshot.as_html(client, fleet, self._state.cluster_id, client.settings.language)
        return {"text/plain": repr(self), "text/html": html}

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        data, *metadata = bundle if isinstance(bundle, tuple) else (bundle,)
        return ({**(data or {}), **self._table()}, *metadata)

    def _ipython_display_(self) -> None:
        """Show a table, then the widget: what a saved notebook makes of one output that has both is left to chance."""
        display(self._table(), raw=True)  # type: ignore[no-untyped-call]
        data, metadata = self._widget_bundle()
        if _WIDGET in data:
            display(data, raw=True, metadata=metadata)  # type: ignore[no-untyped-call]

    def _widget_bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the widget alone, as a MIME bundle with its metadata, without which Colab shows no widget."""
        bundle = super()._repr_mimebundle_()
        data, *metadata = bundle if isinstance(bundle, tuple) else (bundle,)
        words = Said("as_widget").in_language(self.watcher.client.settings.language)
        return {**(data or {}), "text/plain": words}, metadata[0] if metadata else {}


_panels_by_cell: dict[str, tuple[str, list[ClusterPanel]]] = {}


def panel(cluster: str | Cluster | None = None, *, client: Client | None = None) -> ClusterPanel:
    """Make a control panel, and close those that an earlier run of the same cell made.

    Parameters
    ----------
    cluster
        The cluster to begin with: a `Cluster`, its id, the start of its id, or its name.
    client
        The connection; the shared one by default.

    Returns
    -------
    ClusterPanel

    Raises
    ------
    UnknownClusterError
        When no cluster, or more than one, is called that.
    CredentialsError, ApiError, TransportError
        When the fleet cannot be read.

    Examples
    --------
    >>> import heco_jupyter
    >>> heco_jupyter.panel("etl-nightly")  # doctest: +SKIP
    """
    made = ClusterPanel(cluster, client=client)
    cell, run = _current_cell()
    if cell:
        earlier_run, panels = _panels_by_cell.get(cell, ("", []))
        if earlier_run != run:
            for old in panels:
                old.close()
            panels = []
        _panels_by_cell[cell] = (run, [*panels, made])
    return made


def _current_cell() -> tuple[str, str]:
    """Return the id of the cell that is running and of this run of it; empty outside of a notebook."""
    parent: dict[str, Any] = getattr(get_ipython(), "get_parent", dict)()
    return str(parent.get("metadata", {}).get("cellId") or ""), str(parent.get("header", {}).get("msg_id") or "")
