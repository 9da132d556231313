"""What each command does: options in, a value out. One function a command."""
# ruff: noqa: ARG001 (every command takes the desk and its options, whether it needs them or not)

from __future__ import annotations

import builtins
import html
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.connection import connect, current
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.plans import CreatePlan, Preview, ScalePlan, plan_change, plan_delete, plan_scale
from heco_jupyter.api.spec import reading as cells
from heco_jupyter.api.spec.checking import check_spec
from heco_jupyter.commands import templates
from heco_jupyter.errors import CommandError, CredentialsError, SpecError
from heco_jupyter.magics import prompts
from heco_jupyter.magics.progress import Progress, notice

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell

    from heco_jupyter.api.client import Client
    from heco_jupyter.api.display.masking import Secret
    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.fleet import Picture
    from heco_jupyter.widgets.panel import ClusterPanel


_RESERVED = frozenset({"get_ipython", "In", "Out", "exit", "quit"})  # IPython's own


@dataclass(frozen=True)
class Desk:
    """What a command works with besides its options.

    Parameters
    ----------
    shell
        The shell it was typed in.
    confirm
        Whether to ask before what cannot be undone.
    """

    shell: InteractiveShell
    confirm: bool

    def progress(self, *, keep: bool = False) -> Progress:
        """Return a display for what takes a while."""
        return Progress(self.shell, keep=keep)


@dataclass(frozen=True)
class ConnectionInfo:
    """Which API a notebook talks to, and as whom.

    Parameters
    ----------
    endpoint
        Base URL of the API.
    credential_id
        Id of the access key, masked.
    source
        Where the key came from.
    is_local
        Whether the API is the local emulator.
    """

    endpoint: str
    credential_id: str
    source: str
    is_local: bool

    @classmethod
    def of(cls, client: Client) -> ConnectionInfo:
        """Describe `client`."""
        credentials = client.credentials
        return cls(client.endpoint, credentials.masked_id, credentials.source, client.is_local)

    def __repr__(self) -> str:
        where = f"local emulator at {self.endpoint}" if self.is_local else self.endpoint
        source = "" if self.is_local else f", from {self.source}"
        return f"{where}, key {self.credential_id}{source}"

    def _repr_html_(self) -> str:
        badge = "<b>local emulator</b> " if self.is_local else ""
        source = "" if self.is_local else f", from {html.escape(self.source)}"
        return (
            f"<span>{badge}{html.escape(self.endpoint)}, "
            f"key <code>{html.escape(self.credential_id)}</code>{source}</span>"
        )


def run(name: str, desk: Desk, options: Namespace, *more: Any) -> Any:
    """Run the command `name`."""
    return _COMMANDS[name](desk, options, *more)


def _connect(desk: Desk, options: Namespace) -> ConnectionInfo:
    return ConnectionInfo.of(connect(endpoint=options.endpoint, profile=options.profile, local=options.local))


def _login(desk: Desk, options: Namespace) -> ConnectionInfo:
    credential_id = prompts.ask("Access key id: ")
    secret = prompts.ask_hidden("Secret access key (hidden): ") if credential_id else None
    if not credential_id or not secret:
        raise CredentialsError(
            "no access key was entered" if credential_id == "" or secret == "" else "there is nobody to ask for a key",
            hint="run %heco login where you can type, or set HECO_CREDENTIAL_ID and HECO_CREDENTIAL_SECRET",
        )
    return ConnectionInfo.of(
        connect(endpoint=options.endpoint, credential_id=credential_id, credential_secret=secret.strip())
    )


def _whoami(desk: Desk, options: Namespace) -> ConnectionInfo:
    return ConnectionInfo.of(current())


def _list(desk: Desk, options: Namespace) -> pd.DataFrame:
    with desk.progress() as report:
        return current().list_clusters(
            name=options.name,
            status=options.status,
            api_key_status=options.api_key_status,
            include_terminated=not options.active,
            sort=options.sort,
            limit=options.limit,
            report=report,
        )


def _vms(desk: Desk, options: Namespace) -> pd.DataFrame:
    if bool(options.cluster) == options.all:
        raise CommandError("%heco vms: give one cluster, or --all", hint="for example %heco vms etl-nightly")
    filters = {"name": options.name, "ip": options.ip, "instance_id": options.instance_id, "sort": options.sort}
    client = current()
    with desk.progress() as report:
        if options.all:
            return client.list_all_vms(**filters, report=report)
        return client.list_vms(client.find(options.cluster).id, **filters, report=report)


def _show(desk: Desk, options: Namespace) -> Cluster:
    return current().find(options.cluster)


def _create(desk: Desk, options: Namespace) -> Cluster | Preview:
    path = Path(options.file).expanduser()
    return _create_from(desk, options, cells.read_text(path), first_line=1, folder=path.parent)


def _create_cell(desk: Desk, options: Namespace, body: str) -> Cluster | Preview:
    name = options.name
    if name is not None and not _is_free(name):
        raise CommandError(
            f"%%heco_create: {plain(name, 40)!r} cannot be the name of a variable for the result",
            hint="what follows %%heco_create is a Python name, such as etl; the cluster's name goes into the cell",
        )
    made = _create_from(desk, options, body, first_line=2, folder=Path())
    if name is not None:
        desk.shell.user_ns[name] = made
    return made


def _create_from(desk: Desk, options: Namespace, body: str, *, first_line: int, folder: Path) -> Cluster | Preview:
    document = cells.read(body, first_line=first_line, variables=desk.shell.user_ns, folder=folder)
    problems = list(document.problems)
    try:
        spec = check_spec(document.data, allow_unknown=options.allow_unknown)
    except SpecError as error:
        problems += error.problems
    if problems:
        located = [document.located(problem) for problem in problems]
        raise SpecError(sorted(located, key=lambda problem: problem.line or 0))
    plan = CreatePlan(spec)
    client = current()
    if options.dry_run:
        return client.preview(plan)
    for secret in spec.secrets():
        _ask_secret(secret)
    cluster = client.create_cluster(spec)
    return _waited(desk, options, client, cluster, "running")


def _is_free(name: str) -> bool:
    """Return whether a variable of that name can be set without harm."""
    taken = iskeyword(name) or name in _RESERVED or hasattr(builtins, name)
    return name.isidentifier() and not taken


def _ask_secret(secret: Secret) -> None:
    text = prompts.ask_hidden(f"{secret.name} (hidden): ")
    if not text:
        raise CommandError(
            f"!secret {secret.name}: {'nothing was entered' if text == '' else 'there is nobody to ask'}",
            hint=f"set the environment variable {secret.name} before the kernel starts, or enter it when asked",
        )
    secret.fill(text)


def _scale(desk: Desk, options: Namespace) -> Cluster | Preview:
    return _scale_by(desk, options, lambda cluster: plan_scale(cluster, options.n))


def _scale_out(desk: Desk, options: Namespace) -> Cluster | Preview:
    return _scale_by(desk, options, lambda cluster: plan_change(cluster, options.n))


def _scale_in(desk: Desk, options: Namespace) -> Cluster | Preview:
    return _scale_by(desk, options, lambda cluster: plan_change(cluster, -options.n))


def _scale_by(desk: Desk, options: Namespace, make_plan: Callable[[Cluster], ScalePlan | None]) -> Cluster | Preview:
    client = current()
    cluster = client.find(options.cluster)
    plan = make_plan(cluster)
    if plan is None:
        return cluster.with_note(f"has {cluster.workerCnt} workers already, nothing was sent")
    if options.dry_run:
        return client.preview(plan)
    if plan.change < 0 and desk.confirm and not options.yes:
        name = cluster.display_name
        prompts.confirm(f"{name}: {plan.words}. Type yes to remove workers: ", "yes", f"{name} was not scaled")
        made = client.carry_out_renewed(plan)  # while the question stood, somebody else may have scaled
    else:
        made = client.carry_out(plan)
    return _waited(desk, options, client, made, "running", workers=plan.target)


def _delete(desk: Desk, options: Namespace) -> Cluster | Preview:
    client = current()
    cluster = client.find(options.cluster)
    plan = plan_delete(cluster)
    if options.dry_run:
        return client.preview(plan)
    if desk.confirm and not options.yes:
        name = cluster.display_name
        nodes = f", {cluster.nodeCnt} nodes" if cluster.nodeCnt is not None else ""
        question = f"Delete {name} ({plain(cluster.status, 40)}{nodes}) for good? Type its name to delete it: "
        prompts.confirm(question, name, f"{name} was not deleted")
    return _waited(desk, options, client, client.carry_out(plan), "terminated")


def _wait(desk: Desk, options: Namespace) -> Cluster:
    client = current()
    cluster = client.find(options.cluster)
    options.wait = True
    return _waited(desk, options, client, cluster, vars(options)["for"] or "running")


def _waited(
    desk: Desk, options: Namespace, client: Client, cluster: Cluster, until: str, *, workers: int | None = None
) -> Cluster:
    """Return `cluster`, or what it has become once `until` is reached, if waiting was asked for."""
    if not options.wait:
        return cluster
    with desk.progress(keep=True) as report:
        now = client.wait(cluster.id, until, options.timeout, workers=workers, report=report)
    return now.with_note(cluster.note) if cluster.note and not now.note else now


def _usage(desk: Desk, options: Namespace) -> pd.DataFrame | Picture:
    from heco_jupyter import fleet  # noqa: PLC0415 (only what it is about needs it)

    client = current()
    with desk.progress() as report:
        clusters = client.list_clusters(report=report)
        details = client.list_details(clusters, report=report) if options.exact or options.prices else None
    known = fleet.history(options.history) if options.history else None
    period = {"since": options.since, "until": options.until, "freq": options.freq}
    by = options.by or ["owner"]
    table = fleet.usage(clusters, by, **period, details=details, history=known, prices=options.prices)
    _tell_what_is_unknown(table)
    return fleet.plot_usage(table, "cost" if options.prices else "nodeHours") if options.chart else table


def _tell_what_is_unknown(table: pd.DataFrame) -> None:
    """Say beside a usage what it leaves out."""
    attrs = table.attrs
    told = []
    if attrs["nodeHoursKnown"] < 1:
        known = f"{attrs['nodeHoursKnown']:.0%}"
        told.append(f"node-hours are known for {known} of the uptime: --exact or --history DIR may tell the rest")
    if attrs["unknownUptime"]:
        told.append(f"{attrs['unknownUptime']} clusters ran for an unknown time and are left out")
    if attrs.get("unpriced"):
        told.append(f"without a price, and not in the cost: {plain(', '.join(attrs['unpriced']))}")
    if not attrs["complete"]:
        told.append("the list of clusters was not certain to be whole")
    for line in told:
        notice(line)


def _timeline(desk: Desk, options: Namespace) -> Picture:
    from heco_jupyter import fleet  # noqa: PLC0415 (only what it is about needs it)

    with desk.progress() as report:
        clusters = current().list_clusters(include_terminated=not options.active, report=report)
    return fleet.timeline(clusters, options.by or "owner", options.since, options.until)


def _snapshot(desk: Desk, options: Namespace) -> Path:
    from heco_jupyter import fleet  # noqa: PLC0415 (only what it is about needs it)

    with desk.progress() as report:
        clusters = current().list_clusters(report=report)
    path = fleet.snapshot(clusters, options.dir)
    notice(f"{len(clusters)} clusters, as of {clusters.attrs['fetchedAt']}")
    return path


def _history(desk: Desk, options: Namespace) -> pd.DataFrame:
    from heco_jupyter import fleet  # noqa: PLC0415 (only what it is about needs it)

    return fleet.history(options.dir, options.since, options.until)


def _panel(desk: Desk, options: Namespace) -> ClusterPanel:
    from heco_jupyter.widgets.panel import panel  # noqa: PLC0415 (brings ipywidgets, which the other commands need not)

    return panel(options.cluster, client=current())


def _template(desk: Desk, options: Namespace) -> None:
    desk.shell.set_next_input(templates.template(options.kind or "plain"), replace=False)


def _clone(desk: Desk, options: Namespace) -> None:
    desk.shell.set_next_input(templates.clone(current().find(options.cluster)), replace=False)


_COMMANDS: dict[str, Callable[..., Any]] = {
    "connect": _connect,
    "login": _login,
    "whoami": _whoami,
    "list": _list,
    "vms": _vms,
    "show": _show,
    "create": _create,
    "create-cell": _create_cell,
    "scale": _scale,
    "scale-out": _scale_out,
    "scale-in": _scale_in,
    "delete": _delete,
    "wait": _wait,
    "usage": _usage,
    "timeline": _timeline,
    "snapshot": _snapshot,
    "history": _history,
    "panel": _panel,
    "template": _template,
    "clone": _clone,
}
