"""The client: every documented operation, over one transport."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeVar

import numpy as np
import pandas as pd

from heco_jupyter.api.cluster import Cluster
from heco_jupyter.api.columns import CLUSTER_COLUMNS, DETAIL_COLUMNS, TEXT, VM_COLUMNS
from heco_jupyter.api.errors import BadRequestError, CommandError, NotFoundError, SpecError
from heco_jupyter.api.frames import Chunk, to_frame
from heco_jupyter.api.limits import Deadline
from heco_jupyter.api.lookup import by_id, by_name, looks_like_id, unknown
from heco_jupyter.api.pages import Expected, Listing, fan_out, read_pages, rows_of
from heco_jupyter.api.plans import (
    CreatePlan,
    DeletePlan,
    Preview,
    ScalePlan,
    cluster_path,
    id_of,
    named,
    plan_change,
    plan_delete,
    plan_scale,
    whole,
)
from heco_jupyter.api.reading import PageReader
from heco_jupyter.api.settings import Settings
from heco_jupyter.api.settle import settle_create, settle_delete, settle_scale
from heco_jupyter.api.spec import Spec, try_spec
from heco_jupyter.api.text import did_you_mean, plain
from heco_jupyter.api.transport import BodyError, Call, LostAnswerError, Transport, parse_json
from heco_jupyter.api.waiting import Goal, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from heco_jupyter.api.credentials import Access, Credentials
    from heco_jupyter.api.pages import Page
    from heco_jupyter.api.plans import Plan

    Row = Mapping[str, Any]
    Params = Sequence[tuple[str, str]]
    Report = Callable[[str, float | None], None]

AnyPlan = TypeVar("AnyPlan", ScalePlan, DeletePlan)
C = TypeVar("C")

_VMS_OF = {"clusterId": "id", "clusterName": "name"}
_HOMES = dict.fromkeys(_VMS_OF, TEXT)


@dataclass(frozen=True, slots=True)
class _Source:
    """A list that the API has: what it is called, where it is, and what its rows are."""

    doing: str
    path: str
    reader: PageReader


_DEFAULT_SORT = "createdAt,desc"
_ALL = ("includeTerminated", "true")
_ACTIVE = ("includeTerminated", "false")
_CLUSTERS = _Source("list clusters", "/clusters", PageReader(CLUSTER_COLUMNS, "id"))
_VMS = PageReader(VM_COLUMNS, "instanceId")
_MANY = 4


class Client:
    """The Hadoop Eco Open API of one endpoint, with one access key. Safe to use from several threads.

    Reads are repeated on passing faults; a write reaches the API at most once, and when its answer is lost the client
    looks whether it was done. See `heco_jupyter.api.transport` for the promises in full.

    Parameters
    ----------
    access
        The endpoint and the keys.
    settings
        Time zone, page size, time limits.
    is_local
        Whether the endpoint is the local emulator.
    """

    def __init__(self, access: Access, settings: Settings | None = None, *, is_local: bool = False) -> None:
        self.is_local = is_local
        self._names: dict[str, str] = {}
        self._listed: deque[tuple[Any, Any]] = deque()
        self._expected: dict[tuple[tuple[str, str], ...], Expected] = {}
        self._newborn: set[str] = set()
        self._deleted: dict[str, Cluster] = {}
        self._settings = settings or Settings()
        self._transport = Transport(access, self._settings)
        self._access = access

    @property
    def endpoint(self) -> str:
        """Base URL of the API."""
        return self._access.endpoint

    @property
    def credentials(self) -> Credentials:
        """The access key, which shows itself masked."""
        return self._access.credentials

    @property
    def settings(self) -> Settings:
        """How this client behaves. Set it to change that."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        if settings.max_connections != self._settings.max_connections:
            self._transport = Transport(self._access, settings)
        self._transport.settings = self._settings = settings
        self._expected.clear()

    @property
    def names(self) -> dict[str, str]:
        """Id and name of every cluster listed so far, for completion: `names[id] == name`."""
        with suppress(IndexError):  # until there are no more, whichever thread took the last
            while True:  # put off until somebody asks: with many clusters it takes longer than all else
                ids, names = self._listed.popleft()
                there = ~(ids.isna() | names.isna())
                self._names.update(zip(ids[there].tolist(), names[there].tolist(), strict=True))
        return self._names

    def __repr__(self) -> str:
        where = "the local emulator" if self.is_local else self.endpoint
        return f"Client({where}, key {self.credentials.masked_id} from {self.credentials.source})"

    # Reading

    def check_connection(self) -> None:
        """Make one light call, `GET /clusters?size=1`, so that a wrong key or endpoint shows.

        Raises
        ------
        AuthenticationError, ApiError, TransportError
        """
        call = Call("connect", "GET", "/clusters", (("page", "0"), ("size", "1"), _ALL))
        try:
            page = self._transport.get(call, _CLUSTERS.reader.rows)
        except NotFoundError as error:
            what = f"could not connect: 404, there is no Hadoop Eco API at {self.endpoint}"
            failure = NotFoundError(what, said=error.said, hint="give only https://HOST as endpoint", status=404)
        else:
            size = self._settings.page_size
            self._expected[(_ALL,)] = Expected(page.total, size, size, page.first.get("id"))
            return
        raise failure

    def list_clusters(
        self,
        *,
        name: str | None = None,
        status: str | None = None,
        api_key_status: str | None = None,
        include_terminated: bool = True,
        sort: str | Iterable[str] | None = None,
        limit: SupportsIndex | None = None,
        report: Report | None = None,
    ) -> pd.DataFrame:
        """List clusters: `GET /clusters`, every page.

        Parameters
        ----------
        name
            Only clusters whose name contains this.
        status
            Only clusters whose status contains this, whatever its case. Filtered here: the API has no such filter.
        api_key_status
            Only clusters whose apiKeyStatus contains this: `possible`, `impossible`, `applied`.
        include_terminated
            Whether terminated clusters are listed too.
        sort
            `"field,asc"` or `"field,desc"`, or several; the first wins. The API's default is `createdAt,desc`.
        limit
            Rows wanted from the start of the list.
        report
            Called while pages arrive, with what is being done and the fraction done.

        Returns
        -------
        DataFrame
            One row a cluster, unique by id, in the order asked for: id, name, status, owner, clusterType,
            clusterVersion, apiKeyStatus (string), isScalable (boolean), masterCnt, workerCnt, nodeCnt (Int64),
            createdAt, runningAt (datetime64[ms, tz]), elapsedTime (timedelta64[ms]), then fields unknown to us.
            `attrs` holds endpoint, fetchedAt (ISO 8601), totalElements, and complete: whether the frame is certain to
            hold every cluster that matched.

        Raises
        ------
        ApiError, TransportError
        CommandError
            For a sort field or a limit that makes no sense; nothing is sent.

        Warns
        -----
        UserWarning
            When the list moved under every reading, so that rows may be missing or gone.
        """
        params = [_ALL if include_terminated else _ACTIVE, *_given(name=name, apiKeyStatus=api_key_status)]
        _given(status=status)
        cut = None if limit is None else whole(limit, "limit")
        most = None if status else cut
        listing = self._list_clusters(_CLUSTERS.reader.chunk, params, sort=sort, limit=most, report=report)
        frame = self._frame(listing, CLUSTER_COLUMNS)
        self._listed.append((frame["id"].array, frame["name"].array))
        if len(self._listed) > _MANY:
            _ = self.names
        if status:
            matches = frame["status"].str.contains(status, case=False, regex=False, na=False)
            frame = _narrowed(frame[matches.astype(bool)], frame)
        if cut is not None and len(frame) > cut:
            frame = _narrowed(frame.head(cut), frame)
            frame.attrs["complete"] = False
        return frame

    def list_vms(
        self,
        cluster_id: str | Cluster,
        *,
        name: str | None = None,
        ip: str | None = None,
        instance_id: str | None = None,
        sort: str | Iterable[str] | None = None,
        report: Report | None = None,
    ) -> pd.DataFrame:
        """List a cluster's VMs: `GET /clusters/{id}/vms`, every page.

        Parameters
        ----------
        cluster_id
            The cluster, or its id.
        name, ip, instance_id
            Only VMs whose name, private address or instance id contains this.
        sort
            `"field,asc"` or `"field,desc"`, or several; the first wins. The API's default is `createdAt,desc`.
        report
            Called while pages arrive, with what is being done and the fraction done.

        Returns
        -------
        DataFrame
            One row a VM, unique by instanceId: name, instanceId, status, flavorName, ip, floatingIp (string), index
            (Int64), isMaster (boolean), createdAt (datetime64[ms, tz]), then fields unknown to us. `attrs` as for
            `list_clusters`.

        Raises
        ------
        ApiError, TransportError
        CommandError
            For a sort field that makes no sense; nothing is sent.

        Warns
        -----
        UserWarning
            When the list moved under every reading, so that rows may be missing or gone.
        """
        params = [*_given(name=name, ip=ip, instanceId=instance_id), *_checked_sort(sort, VM_COLUMNS)]
        whole = Deadline(self._settings.long_timeout)
        listing = self._read(self._vms_source(id_of(cluster_id)), _VMS.chunk, params, whole, report=report)
        return self._frame(listing, VM_COLUMNS)

    def list_all_vms(
        self,
        *,
        name: str | None = None,
        ip: str | None = None,
        instance_id: str | None = None,
        sort: str | Iterable[str] | None = None,
        report: Report | None = None,
    ) -> pd.DataFrame:
        """List the VMs of every cluster that is not terminated: `GET /clusters`, then `GET /clusters/{id}/vms` of each.

        Parameters
        ----------
        name, ip, instance_id, sort, report
            As for `list_vms`; `sort` orders the VMs within each cluster.

        Returns
        -------
        DataFrame
            As `list_vms` returns, with clusterId and clusterName (string) before its columns. A cluster that went away
            between the two calls has no rows.

        Raises
        ------
        ApiError, TransportError
        """
        params = [*_given(name=name, ip=ip, instanceId=instance_id), *_checked_sort(sort, VM_COLUMNS)]
        whole = Deadline(self._settings.long_timeout)
        clusters = self._list_rows([_ACTIVE], report=report)
        rows = rows_of(clusters)

        def of_one(cluster: Row) -> Listing[Chunk]:
            source = self._vms_source(str(cluster["id"]))
            try:
                return self._read(source, _VMS.chunk, params, whole, concurrently=False)
            except NotFoundError:
                return Listing([Chunk.of_rows([], VM_COLUMNS)], None, 0, 0, settled=True)

        listings = fan_out(
            of_one,
            rows,
            workers=self._settings.max_connections,
            deadline=whole,
            report=report,
            doing=f"listing the VMs of {len(rows)} clusters",
        )
        homes = to_frame([{name: row.get(field) for name, field in _VMS_OF.items()} for row in rows], _HOMES, "UTC")
        vms = self._frame(_one_after_the_other(listings, settled=clusters.settled), VM_COLUMNS)
        home = homes.iloc[np.repeat(np.arange(len(rows)), [listing.count for listing in listings])]
        frame = pd.concat([home.reset_index(drop=True), vms], axis=1)
        frame.attrs = vms.attrs
        return frame

    def clusters(self, *, name: str | None = None, include_terminated: bool = True) -> list[Cluster]:
        """List clusters as `Cluster` objects, newest first, with the fields of a list: `GET /clusters`, every page.

        Raises
        ------
        ApiError, TransportError
        """
        params = [_ALL if include_terminated else _ACTIVE, *_given(name=name)]
        return [Cluster(row, self._settings.timezone) for row in rows_of(self._list_rows(params))]

    def list_details(
        self, clusters: Iterable[str | Cluster] | pd.DataFrame, *, report: Report | None = None
    ) -> pd.DataFrame:
        """Read what a list does not tell of clusters: `GET /clusters/{id}` of each, concurrently.

        Parameters
        ----------
        clusters
            Ids, clusters, or a frame with a column id.
        report
            Called meanwhile, with what is being done and the fraction done.

        Returns
        -------
        DataFrame
            One row a cluster that the API still has: id, masterFlavorName, workerFlavorName (string), masterCnt (Int64;
            where the API gives 0, as for terminated clusters, 3 or 1 by isHa), totalVmUptime (timedelta64[ms]).

        Raises
        ------
        ApiError, TransportError
        """
        whole = Deadline(self._settings.long_timeout)

        def of_one(cluster_id: str) -> Cluster | None:
            try:
                return self._get(cluster_id, whole)
            except NotFoundError:
                return None

        ids = [id_of(cluster) for cluster in getattr(clusters, "id", clusters)]
        found = fan_out(
            of_one,
            ids,
            workers=self._settings.max_connections,
            deadline=whole,
            report=report,
            doing=f"reading {len(ids)} clusters",
        )
        return to_frame([_detail(cluster) for cluster in found if cluster], DETAIL_COLUMNS, self._settings.timezone)

    def get_cluster(self, cluster_id: str | Cluster) -> Cluster:
        """Read one cluster: `GET /clusters/{id}`.

        Raises
        ------
        NotFoundError, ApiError, TransportError
        """
        return self._get(id_of(cluster_id), None)

    def find(self, text: str | Cluster) -> Cluster:
        """Find a cluster by id, by the first 8 or more characters of its id, or by name, and read it.

        A name that several clusters have means the one that is not terminated.

        Raises
        ------
        UnknownClusterError
            When none or several are meant.
        ApiError, TransportError
        """
        if not isinstance(text, str):
            return self.get_cluster(text)
        if looks_like_id(text):
            try:
                return self.get_cluster(text)
            except (NotFoundError, BadRequestError):  # a name may look like an id
                pass
        row = by_name(rows_of(self._list_rows([_ALL, ("name", text)])), text) if text.strip() else None
        if row is None:
            rows = rows_of(self._list_rows([_ALL]))
            row = by_name(rows, text) or by_id(rows, text)
            if row is None:
                raise unknown(rows, text)
        return self.get_cluster(str(row["id"]))

    # Writing

    def create_cluster(self, spec: Mapping[str, Any] | Spec) -> Cluster:
        """Create a cluster: `POST /clusters`.

        Parameters
        ----------
        spec
            Keys are the API's; see `check_spec` for what is checked before anything is sent.

        Returns
        -------
        Cluster
            With `id`, `name` and `status`.

        Raises
        ------
        SpecError
            When the spec breaks a rule; nothing was sent.
        ConflictError
            When the name is in use.
        UncertainError
            When the answer was lost and looking did not show the cluster.
        ApiError, TransportError
        """
        checked = try_spec(spec)
        del spec  # a traceback can show the arguments of its frames, and these may hold a password
        if isinstance(checked, SpecError):
            raise checked
        plan = CreatePlan(checked)
        started = self._transport.now()
        try:
            made = self._write(plan)
        except LostAnswerError as lost:
            made = settle_create(plan, lost, started, self._named, Deadline(self._settings.timeout)).noted(plan.done)
        self._newborn.add(str(made.id))
        return made

    def delete_cluster(self, cluster_id: str | Cluster) -> Cluster:
        """Delete a cluster, which cannot be undone: `DELETE /clusters/{id}`.

        Returns
        -------
        Cluster
            With `id`, `name` and `status`.

        Raises
        ------
        NotFoundError
        UncertainError
            When the answer was lost and looking did not show whether it was deleted.
        ApiError, TransportError
        """
        return self.carry_out_delete(DeletePlan(id_of(cluster_id)))

    def carry_out_delete(self, plan: DeletePlan) -> Cluster:
        """Do what a `DeletePlan` says; see `delete_cluster`."""
        try:
            left = self._write(plan)
        except LostAnswerError as lost:
            left = settle_delete(plan, lost, self._get, Deadline(self._settings.timeout)).noted(plan.done)
        self._deleted[plan.cluster_id] = left
        return left

    def scale_out(self, cluster_id: str | Cluster, n: SupportsIndex) -> Cluster:
        """Add `n` workers: `GET /clusters/{id}`, then `POST /clusters/{id}/scale-out`.

        Returns
        -------
        Cluster
            With `id`, `name` and `status`.

        Raises
        ------
        CommandError
            When `n` is below 1 or the cluster cannot be scaled; nothing was sent.
        UncertainError
            When the answer was lost and looking did not show whether it was scaled.
        NotFoundError, ApiError, TransportError
        """
        change = whole(n, "the number of workers to add or remove")
        return self.carry_out_scale(plan_change(self.get_cluster(cluster_id), change))

    def scale_in(self, cluster_id: str | Cluster, n: SupportsIndex) -> Cluster:
        """Remove `n` workers: `GET /clusters/{id}`, then `POST /clusters/{id}/scale-in`.

        Returns, raises as `scale_out`; refused, with nothing sent, when fewer workers than `config.hdfsReplication`
        would be left.
        """
        change = -whole(n, "the number of workers to add or remove")
        return self.carry_out_scale(plan_change(self.get_cluster(cluster_id), change))

    def scale(self, cluster_id: str | Cluster, n: SupportsIndex) -> Cluster:
        """Scale to `n` workers: `GET /clusters/{id}`, then scale-out or scale-in by the difference, or nothing.

        Returns, raises as `scale_out` and `scale_in`; the whole cluster is returned where it has `n` workers already.
        """
        cluster = self.get_cluster(cluster_id)
        plan = plan_scale(cluster, n)
        return self.carry_out_scale(plan) if plan else cluster.noted(f"has {n} workers already, nothing was sent")

    def carry_out_scale(self, plan: ScalePlan) -> Cluster:
        """Do what a `ScalePlan` says; see `scale_out`."""
        try:
            return self._write(plan)
        except LostAnswerError as lost:
            return settle_scale(plan, lost, self._get, Deadline(self._settings.timeout)).noted(plan.done)

    def renewed(self, plan: AnyPlan) -> AnyPlan:
        """Return `plan` made anew from the cluster as it is now (`GET /clusters/{id}`), for after a question.

        Raises
        ------
        CommandError
            When the worker count is another by now, or the cluster can no longer be scaled or deleted.
        NotFoundError, ApiError, TransportError
        """
        if isinstance(plan, DeletePlan):
            return plan_delete(self.get_cluster(plan.cluster_id))
        now = plan_change(self.get_cluster(plan.cluster.id), plan.change)
        if now.before != plan.before:
            raise CommandError(
                f"{named(now.cluster)} has {now.before} workers now, not {plan.before} as when you were asked",
                hint="nothing was sent: look at it, then scale again",
            )
        return now

    def preview(self, plan: Plan) -> Preview:
        """Return what carrying out `plan` would send, with secrets masked."""
        call = plan.call()
        return Preview(call.method, self._transport.url(call), plan.shown_body, plan.words)

    # Waiting

    def wait(
        self,
        cluster_id: str | Cluster,
        until: str = "running",
        timeout: float | None = None,
        *,
        workers: SupportsIndex | None = None,
        report: Report | None = None,
    ) -> Cluster:
        """Wait for a cluster: `GET /clusters/{id}` at growing, jittered intervals.

        Parameters
        ----------
        cluster_id
            The cluster, or its id.
        until
            `running` or `terminated`.
        timeout
            Seconds, or None for as long as it takes.
        workers
            With `running`: the worker count it must have as well, after a scale.
        report
            Called several times a second with what to show and the fraction done, if known.

        Returns
        -------
        Cluster
            As it was when it got there.

        Raises
        ------
        WaitTimeoutError
            When time is up; the cluster goes on.
        WaitFailedError
            When it can no longer get there.
        NotFoundError, ApiError
        """
        cluster_id = id_of(cluster_id)
        goal = Goal(until, None if workers is None else whole(workers, "workers"))
        if timeout is not None and (not isinstance(timeout, int | float) or not timeout > 0):
            raise CommandError(f"timeout is {plain(repr(timeout), 40)}, it must be a number of seconds above 0")
        return wait_for(
            lambda deadline: self._get(cluster_id, deadline),
            goal,
            timeout=timeout,
            is_newborn=cluster_id in self._newborn,
            deleted=self._deleted.get(cluster_id),
            report=report,
        )

    # Within

    def _get(self, cluster_id: str, deadline: Deadline | None) -> Cluster:
        call = Call(f"read cluster {plain(cluster_id, 80)}", "GET", cluster_path(cluster_id))
        return self._transport.get(call, self._cluster, deadline)

    def _named(self, name: str, deadline: Deadline) -> list[Cluster]:
        rows = rows_of(self._list_rows([_ALL, ("name", name)], whole=deadline))
        return [Cluster(row, self._settings.timezone) for row in rows if row.get("name") == name]

    def _write(self, plan: Plan) -> Cluster:
        return self._transport.write(plan.call(), self._cluster).noted(plan.done)

    def _cluster(self, content: bytes) -> Cluster:
        body = parse_json(content)
        if not isinstance(body, dict) or not isinstance(body.get("id"), str):
            raise BodyError("its body is not a cluster: an object with an id")
        return Cluster(body, self._settings.timezone)

    def _list_rows(
        self, params: Params, *, report: Report | None = None, whole: Deadline | None = None
    ) -> Listing[list[Row]]:
        listing = self._list_clusters(_CLUSTERS.reader.rows, params, report=report, whole=whole)
        rows = rows_of(listing)
        self._names.update((row["id"], row["name"]) for row in rows if row.get("id") and row.get("name"))
        return listing

    def _list_clusters(
        self,
        read: Callable[[bytes], Page[C]],
        params: Params,
        *,
        sort: str | Iterable[str] | None = None,
        limit: int | None = None,
        report: Report | None = None,
        whole: Deadline | None = None,
    ) -> Listing[C]:
        whole = Deadline(self._settings.long_timeout, whole)
        asked = (*params, *_checked_sort(sort, CLUSTER_COLUMNS))
        if sort or limit is not None:  # what to expect is known only where new rows come at the front, and of all rows
            return self._read(_CLUSTERS, read, asked, whole, limit=limit, report=report)
        expected = self._expected.pop(asked, None)
        listing = self._read(_CLUSTERS, read, asked, whole, report=report, expected=expected)
        if listing.expected:
            if len(self._expected) >= _MANY:
                self._expected.clear()
            self._expected[asked] = listing.expected
        return listing

    def _vms_source(self, cluster_id: str) -> _Source:
        doing = f"list the VMs of {plain(cluster_id, 80)}"
        return _Source(doing, f"{cluster_path(cluster_id)}/vms", _VMS)

    def _read(
        self,
        source: _Source,
        read: Callable[[bytes], Page[C]],
        params: Params,
        whole: Deadline,
        *,
        limit: int | None = None,
        report: Report | None = None,
        concurrently: bool = True,
        expected: Expected | None = None,
    ) -> Listing[C]:
        """Read a list whole; `concurrently` is for whoever is not one of several threads already."""
        sorts = [value for name, value in params if name == "sort"]

        def fetch(number: int, size: int, *, by_key: bool) -> Page[C]:
            last = [*([] if sorts else [_DEFAULT_SORT]), f"{source.reader.key},asc"] if by_key else []
            paging = (("page", str(number)), ("size", str(size)))
            call = Call(source.doing, "GET", source.path, (*paging, *params, *(("sort", value) for value in last)))
            return self._transport.get(call, read, whole)

        def each(function: Callable[[int], Any], numbers: Sequence[int]) -> list[Any]:
            if not concurrently:
                return [function(number) for number in numbers]
            workers = self._settings.max_connections
            return fan_out(function, numbers, workers=workers, deadline=whole, report=report, doing=source.doing)

        return read_pages(
            fetch,
            page_size=self._settings.page_size,
            limit=limit,
            order=[value.partition(",")[0] for value in sorts or [_DEFAULT_SORT]],
            check_ends=limit is None and sorts[:1] not in ([], [_DEFAULT_SORT]),
            each=each,
            expected=expected,
        )

    def _frame(self, listing: Listing[Chunk], columns: Mapping[str, str]) -> pd.DataFrame:
        frame = Chunk.join(listing.parts).frame(columns, self._settings.timezone)
        if listing.keep is not None:
            frame = frame.iloc[np.asarray(listing.keep, int)].reset_index(drop=True)
        frame.attrs = {
            "endpoint": self.endpoint,
            "fetchedAt": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "totalElements": listing.total,
            "complete": listing.settled and listing.count == listing.total,
        }
        if not listing.settled:
            warnings.warn(
                "the list kept changing while it was read: rows may be missing or gone; read it again to be sure",
                stacklevel=3,
            )
        return frame


def _one_after_the_other(listings: Sequence[Listing[Chunk]], *, settled: bool) -> Listing[Chunk]:
    """Return as one list what several hold; `settled` is whether it is certain which ones there are."""
    parts = [Chunk.of_rows([], VM_COLUMNS)]
    keep: list[int] = []
    count = 0
    for listing in listings:
        parts.append(Chunk.join(listing.parts))
        keep += [count + index for index in listing.keep or range(listing.count)]
        count += parts[-1].count
    settled = settled and all(listing.settled for listing in listings)
    return Listing(parts, keep, len(keep), sum(listing.total for listing in listings), settled=settled)


def _detail(cluster: Cluster) -> Row:
    """Return what `list_details` tells of a cluster."""
    masters = cluster.masterCnt or {True: 3, False: 1}.get(cluster.isHa)
    uptime = cluster.raw.get("totalVmUptime")
    row = {"id": cluster.id, "masterCnt": masters, "totalVmUptime": uptime if isinstance(uptime, int) else None}
    for role in ("master", "worker"):
        kinds = cluster.raw.get(f"{role}Info")
        kind = kinds[0] if isinstance(kinds, list) and kinds and isinstance(kinds[0], dict) else {}
        row[f"{role}FlavorName"] = kind.get("flavorName")
    return row


def _narrowed(part: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    part = part.reset_index(drop=True)
    part.attrs = dict(whole.attrs)
    return part


def _given(**params: str | None) -> list[tuple[str, str]]:
    for name, value in params.items():
        if not isinstance(value, str | None):
            raise CommandError(f"{name} is {plain(repr(value), 40)}, it must be a text")
    return [(name, value) for name, value in params.items() if value is not None]


def _checked_sort(sort: str | Iterable[str] | None, columns: Iterable[str]) -> list[tuple[str, str]]:
    """Return sort parameters; a field that is documented is passed on, sortable or not, for the API to decide."""
    checked = []
    if not isinstance(sort, str | Iterable | None):
        raise CommandError(f"cannot sort by {plain(repr(sort), 40)}: write createdAt,desc, or a list of such")
    for item in [sort] if isinstance(sort, str) else sort or []:
        field, _, direction = (part.strip() for part in str(item).partition(","))
        if field not in columns:
            raise CommandError(
                f"cannot sort by {plain(field, 40)!r}{did_you_mean(field, columns)}",
                hint=f"the fields are {', '.join(columns)}",
            )
        if direction not in ("", "asc", "desc"):
            raise CommandError(f"cannot sort {plain(direction, 40)!r}: write {field},asc or {field},desc")
        checked.append(("sort", f"{field},{direction or 'asc'}"))
    return checked
