"""The client: every documented operation, over one transport.

More than 400 lines: it is the reference of what the package can do, one method an operation, most of it docstrings.
"""

from __future__ import annotations

import sys
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Self, SupportsIndex

from heco_jupyter.api.display.masking import mask
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.display.texts import Said, Words
from heco_jupyter.api.lists.fanout import fan_out
from heco_jupyter.api.lists.loading import begin_loading
from heco_jupyter.api.lists.pages import rows_of
from heco_jupyter.api.lists.reader import (
    ACTIVE,
    ALL,
    CLUSTER_PAGES,
    VM_PAGES,
    ListReader,
    filters,
    in_one_form,
    sort_params,
)
from heco_jupyter.api.lists.results import detail_rows, empty_vms, ids_of, joined
from heco_jupyter.api.model.access import Access
from heco_jupyter.api.model.call import Call, check_sendable, cluster_path
from heco_jupyter.api.model.checks import check_type, positive
from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS, DETAIL_COLUMNS, VM_COLUMNS
from heco_jupyter.api.model.errors import (
    BadRequestError,
    CommandError,
    ForbiddenError,
    HecoError,
    NotFoundError,
    SpecError,
)
from heco_jupyter.api.model.lookup import by_id, by_name, forms_of, looks_like_id, same_form, unknown
from heco_jupyter.api.model.plans import (
    ChangePlan,
    CreatePlan,
    DeletePlan,
    Plan,
    Preview,
    id_of,
    plan_change,
    plan_scale,
)
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.api.wire.bodies import read_cluster
from heco_jupyter.api.wire.transport import Transport
from heco_jupyter.api.writes.goals import Goal
from heco_jupyter.api.writes.recovery import NOTHING_KNOWN, Before, Lookups
from heco_jupyter.api.writes.waiting import wait_for
from heco_jupyter.api.writes.writer import carry_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    import pandas as pd

    from heco_jupyter.api.lists.chunks import Chunk
    from heco_jupyter.api.lists.pages import Listing
    from heco_jupyter.api.model.access import Credentials
    from heco_jupyter.api.model.types import Params, Report, Row
    from heco_jupyter.api.spec.encoding import Spec
    from heco_jupyter.api.wire.deadline import Deadline
    from heco_jupyter.api.wire.throttle import Stats

_AS_PLAN = "a plan of a write, as plan_scale or plan_delete returns it"
_MOST_UNREAD_NAMES = 4  # lists whose names nobody has asked for yet


class Client:
    """The Hadoop Eco Open API of one endpoint, with one access key. Safe to use from several threads.

    `heco_jupyter.connect` makes one. Reads are retried on transient faults; a write reaches the API at most once, and
    when its answer is lost the client looks whether it was done.

    Parameters
    ----------
    access
        The endpoint and the keys.
    settings
        Time zone, page size, time limits.
    is_local
        Whether the endpoint is the local emulator.

    Examples
    --------
    >>> import heco_jupyter
    >>> with heco_jupyter.connect(local=True) as client:
    ...     clusters = client.list_clusters(include_terminated=False)
    >>> "etl-nightly" in set(clusters["name"])
    True
    """

    def __init__(self, access: Access, settings: Settings | None = None, *, is_local: bool = False) -> None:
        check_type(access, Access, "access", "what heco_jupyter.connect() finds: call that in place of Client()")
        check_type(settings, Settings | None, "settings", "Settings")
        self.is_local = is_local
        self._access = access
        self._names: dict[str, str] = {}
        self._unread_names: deque[tuple[Any, Any]] = deque()
        self._read: dict[str, str] = {}  # name of every cluster read by its id so far, by id
        self._newborn: set[str] = set()
        self._deleted: dict[str, Cluster] = {}
        self._settings = settings or Settings()
        self._transport = Transport(access, self._settings)
        self._lists = ListReader(self._transport, self._settings)
        begin_loading()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connections. The client can go on being used: the next call opens a new one."""
        self._transport.close()

    def stats(self) -> Stats:
        """Return what this client has sent so far, and what it has found out about the API. Sends nothing.

        Returns
        -------
        dict
            requests, retries, refused (with 429): counts of all that were sent. allowed_in_flight: requests at once,
            now. allowed_per_second: requests a second, now; None before the first 429. p50, p95: seconds from the
            request to the answer, of the latest 1,000; None before the first.

        Examples
        --------
        >>> stats = client.stats()
        >>> stats["refused"], stats["allowed_in_flight"], stats["allowed_per_second"]
        (0, 8, None)
        """
        return self._transport.throttle.stats()

    @property
    def endpoint(self) -> str:
        """Base URL of the API."""
        return self._access.endpoint

    @property
    def credentials(self) -> Credentials:
        """The access key; its repr is masked."""
        return self._access.credentials

    @property
    def settings(self) -> Settings:
        """Options of this client; set them to change how it behaves."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        check_type(settings, Settings, "settings", "Settings")
        if settings.max_connections != self._settings.max_connections:
            self._transport.close()
            self._transport = Transport(self._access, settings)
        self._transport.settings = self._settings = settings
        self._lists = ListReader(self._transport, settings)

    @property
    def names(self) -> dict[str, str]:
        """Name of every cluster listed so far, by id, for completion."""
        with suppress(IndexError):  # until none is left, whichever thread took the last
            while True:  # only when somebody asks: with many clusters this takes longest
                ids, names = self._unread_names.popleft()
                present = ~(ids.isna() | names.isna())
                self._names.update(zip(ids[present].tolist(), names[present].tolist(), strict=True))
        return self._names

    def __repr__(self) -> str:
        where = "the local emulator" if self.is_local else self.endpoint
        return f"Client({where}, key {self.credentials.masked_id} from {self.credentials.source})"

    # Reading

    def check_connection(self) -> None:
        """Make one light call, `GET /clusters?size=1`, to check the keys and the endpoint.

        Raises
        ------
        AuthenticationError, ApiError, TransportError
        """
        try:
            self._lists.check()
        except NotFoundError as error:
            what = f"could not connect: 404, there is no Hadoop Eco API at {self.endpoint}"
            failure = NotFoundError(what, said=error.said, hint="give only https://HOST as endpoint", status=404)
        else:
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
            One row per cluster, unique by id, in the order asked for: id, name, status, owner, clusterType,
            clusterVersion, apiKeyStatus (string), isScalable (boolean), masterCnt, workerCnt, nodeCnt (Int64),
            createdAt, runningAt (datetime64[ms, tz]), elapsedTime (timedelta64[ms]), then fields unknown to us.
            `attrs` holds endpoint, fetchedAt (ISO 8601), totalElements, complete: whether the frame is certain to hold
            every cluster that matched, and filters: those in use, by the API's names, among them limit where it left
            out rows; empty for the whole list.

        Raises
        ------
        ApiError, TransportError
        CommandError
            When a filter, a sort field or the limit makes no sense; nothing is sent.

        Warns
        -----
        UserWarning
            When the list changed during every reading, so that rows may be missing or outdated.

        Examples
        --------
        >>> running = client.list_clusters(status="running", sort="workerCnt,desc")
        >>> int(running.loc[0, "workerCnt"])
        12
        """
        check_type(include_terminated, bool, "include_terminated", "True or False")
        _check_report(report)
        filters(name=name, status=status)
        params = [*filters(apiKeyStatus=api_key_status), *sort_params(sort, CLUSTER_COLUMNS)]
        rows = None if limit is None else min(positive(limit, "limit"), sys.maxsize)
        asked = self._lists.asked_by(name)
        params = [ALL if include_terminated else ACTIVE, *filters(name=asked), *params]
        most = None if status or asked != name else rows
        listing = self._lists.clusters(CLUSTER_PAGES.chunk, params, limit=most, report=report)
        from heco_jupyter.api.lists.frames import frame_of, named, narrowed  # noqa: PLC0415 (loaded while the API was answering)

        frame = frame_of(listing, CLUSTER_COLUMNS, self.endpoint, self._settings.timezone)
        self._unread_names.append((frame["id"].array, frame["name"].array))
        if len(self._unread_names) > _MOST_UNREAD_NAMES:
            _ = self.names
        if asked != name:
            frame = named(frame, name)
        if status:
            matches = frame["status"].str.contains(status, case=False, regex=False, na=False)
            frame = narrowed(frame[matches.astype(bool)], frame)
        if rows is not None and len(frame) > rows:
            frame = narrowed(frame.head(rows), frame)
            frame.attrs["complete"] = False
        used = {"name": name, "status": status, "apiKeyStatus": api_key_status}
        frame.attrs["filters"] = {key: value for key, value in used.items() if value}
        if not include_terminated:
            frame.attrs["filters"]["includeTerminated"] = False
        if rows is not None and not frame.attrs["complete"]:
            frame.attrs["filters"]["limit"] = rows
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
            One row per VM, unique by instanceId: name, instanceId, status, flavorName, ip, floatingIp (string), index
            (Int64), isMaster (boolean), createdAt (datetime64[ms, tz]), then fields unknown to us. `attrs` as for
            `list_clusters`.

        Raises
        ------
        ApiError, TransportError
        CommandError
            When a filter or a sort field makes no sense; nothing is sent.

        Warns
        -----
        UserWarning
            When the list changed during every reading, so that rows may be missing or outdated.

        Examples
        --------
        >>> vms = client.list_vms(client.find("etl-nightly"), sort="name,asc")
        >>> int(vms["isMaster"].sum()), len(vms)
        (1, 7)
        """
        _check_report(report)
        asked = in_one_form(name)
        params = [*filters(name=asked, ip=ip, instanceId=instance_id), *sort_params(sort, VM_COLUMNS)]
        deadline = self._lists.deadline()
        listing = self._lists.vms(id_of(cluster_id), VM_PAGES.chunk, params, deadline, report=report)
        from heco_jupyter.api.lists.frames import frame_of, named  # noqa: PLC0415 (loaded while the API was answering)

        vms = frame_of(listing, VM_COLUMNS, self.endpoint, self._settings.timezone)
        return vms if asked == name else named(vms, name)

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
            As `list_vms` returns, with clusterId and clusterName (string) before its columns. A cluster that
            disappeared between the two calls has no rows.

        Raises
        ------
        ApiError, TransportError

        Examples
        --------
        >>> vms = client.list_all_vms()
        >>> int(vms.groupby("clusterName").size()["etl-nightly"])
        7
        """
        _check_report(report)
        asked = in_one_form(name)
        params = [*filters(name=asked, ip=ip, instanceId=instance_id), *sort_params(sort, VM_COLUMNS)]
        deadline = self._lists.deadline()
        clusters = self._list_rows([ACTIVE], report=report)
        rows = rows_of(clusters)

        def vms_of(cluster: Row) -> Listing[Chunk]:
            try:
                return self._lists.vms(str(cluster["id"]), VM_PAGES.chunk, params, deadline, concurrently=False)
            except NotFoundError:
                return empty_vms()

        listings = fan_out(
            vms_of,
            rows,
            bears=self._transport.throttle,
            deadline=deadline,
            report=report,
            doing=f"listing the VMs of {len(rows)} clusters",
        )
        from heco_jupyter.api.lists.frames import frame_of, named, with_clusters  # noqa: PLC0415 (loaded while the API was answering)

        together = joined(listings, settled=clusters.settled)
        vms = frame_of(together, VM_COLUMNS, self.endpoint, self._settings.timezone)
        vms = with_clusters(vms, rows, [listing.count for listing in listings])
        return vms if asked == name else named(vms, name)

    def clusters(self, *, name: str | None = None, include_terminated: bool = True) -> list[Cluster]:
        """List clusters as `Cluster` objects, newest first, with the fields of a list: `GET /clusters`, every page.

        Parameters
        ----------
        name
            Only clusters whose name contains this.
        include_terminated
            Whether terminated clusters are listed too.

        Raises
        ------
        ApiError, TransportError

        Examples
        --------
        >>> [cluster.status for cluster in client.clusters(name="hourly", include_terminated=False)]
        ['Running']
        """
        check_type(include_terminated, bool, "include_terminated", "True or False")
        filters(name=name)
        asked = self._lists.asked_by(name)
        params = [ALL if include_terminated else ACTIVE, *filters(name=asked)]
        clusters = [Cluster(row, self._settings.timezone) for row in rows_of(self._list_rows(params))]
        return clusters if asked == name else [made for made in clusters if same_form(name) in same_form(made.name)]

    def list_details(
        self, clusters: str | Cluster | Iterable[str | Cluster] | pd.DataFrame, *, report: Report | None = None
    ) -> pd.DataFrame:
        """Read what a list does not have: `GET /clusters/{id}` of each cluster, concurrently.

        Parameters
        ----------
        clusters
            A cluster or its id, several of them, or a frame with a column id.
        report
            Called with what is being done and the fraction done.

        Returns
        -------
        DataFrame
            One row per cluster that the API still has: id, masterFlavorName, workerFlavorName (string),
            masterVolumeSize, workerVolumeSize (Int64, GB), masterCnt (Int64; where the API gives 0, as for terminated
            clusters, 3 or 1 by isHa), workerCnt, nodeCnt (Int64), elapsedTime, totalVmUptime (timedelta64[ms]). The
            last four are as of the moment the detail was read, which is later than the list.

        Raises
        ------
        ApiError, TransportError

        Examples
        --------
        >>> details = client.list_details(client.list_clusters(name="etl-nightly"))
        >>> details.loc[0, "workerFlavorName"], int(details.loc[0, "workerVolumeSize"])
        ('m2a.xlarge', 200)
        """
        _check_report(report)
        ids = ids_of(clusters)
        deadline = self._lists.deadline()

        def detail_of(cluster_id: str) -> Cluster | None:
            try:
                return self._get(cluster_id, deadline)
            except NotFoundError:
                return None

        found = fan_out(
            detail_of,
            ids,
            bears=self._transport.throttle,
            deadline=deadline,
            report=report,
            doing=f"reading {len(ids)} clusters",
        )
        from heco_jupyter.api.lists.frames import tell_misfits, to_frame  # noqa: PLC0415 (loaded while the API was answering)

        rows, misfits = detail_rows(cluster for cluster in found if cluster)
        frame = to_frame(rows, DETAIL_COLUMNS, self._settings.timezone)
        tell_misfits(frame, misfits)
        return frame

    def get_cluster(self, cluster_id: str | Cluster) -> Cluster:
        """Read one cluster: `GET /clusters/{id}`.

        Parameters
        ----------
        cluster_id
            The cluster, or its id.

        Raises
        ------
        NotFoundError, ApiError, TransportError

        Examples
        --------
        >>> cluster = client.get_cluster(client.find("etl-nightly").id)
        >>> cluster.config.hdfsReplication
        3
        """
        return self._get(id_of(cluster_id), None)

    def find(self, text: str | Cluster) -> Cluster:
        """Find a cluster by id, by the first 8 or more characters of its id, or by name, and read it.

        A name shared by several clusters means the one that is not terminated.

        Parameters
        ----------
        text
            What the cluster is called.

        Raises
        ------
        UnknownClusterError
            When no cluster, or more than one, is called that.
        ApiError, TransportError

        Examples
        --------
        >>> client.find("etl-nightly").clusterType
        'hadoop'
        """
        if not isinstance(text, str):
            return self.get_cluster(text)
        check_sendable(text, "the cluster")
        if not text.strip():
            raise unknown((), text)
        if looks_like_id(text):
            try:
                return self.get_cluster(text)
            except (NotFoundError, BadRequestError):  # a name can look like an id
                pass
        listed = [row for form in forms_of(text) for row in rows_of(self._list_rows([ALL, ("name", form)]))]
        row = by_name([*{row["id"]: row for row in listed}.values()], text)
        if row is None:
            rows = rows_of(self._list_rows([ALL]))
            row = by_name(rows, text) or by_id(rows, text)
            if row is None:
                raise unknown(rows, text)
        return self.get_cluster(str(row["id"]))

    def last_seen(self, text: str) -> Cluster | None:
        """Return what is left of a cluster that this client has seen, for when the API no longer has it.

        Parameters
        ----------
        text
            Its id, or its name, if only one cluster that was seen has it.

        Returns
        -------
        Cluster or None
            With its id and its name, if this client has created, read, listed or deleted it.

        Examples
        --------
        >>> client.last_seen(client.find("etl-nightly").id).name
        'etl-nightly'
        """
        if known := self._last_known(text):
            return known
        seen = (self.names | self._read).items()
        ids = [cluster_id for cluster_id, name in seen if same_form(name) == same_form(text)]
        return self._last_known(ids[0]) if len(ids) == 1 else None

    # Writing

    def create_cluster(self, spec: Mapping[str, Any] | Spec, *, allow_unknown: bool = False) -> Cluster:
        """Create a cluster: `GET /clusters?name=...`, to know the namesakes, then `POST /clusters`.

        Parameters
        ----------
        spec
            Keys are the API's. Required fields, types and rules are checked before anything is sent.
        allow_unknown
            Send any mapping, for an API that is newer than this package: what breaks a documented rule is a warning.

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
            When the answer was lost and the list does not show whether the cluster was created.
        ApiError, TransportError

        Examples
        --------
        >>> made = client.create_cluster(spec)  # doctest: +SKIP
        >>> client.wait(made).status  # doctest: +SKIP
        'Running'
        """
        from heco_jupyter.api.spec.checking import try_spec  # noqa: PLC0415 (most never create a cluster)

        checked = try_spec(spec, allow_unknown=allow_unknown)
        is_new = checked is not spec
        del spec  # a traceback can show arguments, and this one may hold a password
        if isinstance(checked, SpecError):
            raise checked
        for note in checked.notes if is_new else ():
            warnings.warn(mask(note.message), stacklevel=2)
        return self.carry_out(CreatePlan(checked))

    def delete_cluster(self, cluster_id: str | Cluster) -> Cluster:
        """Delete a cluster, which cannot be undone: `DELETE /clusters/{id}`.

        Parameters
        ----------
        cluster_id
            The cluster, or its id.

        Returns
        -------
        Cluster
            With `id`, `name` and `status`.

        Raises
        ------
        NotFoundError
        UncertainError
            When the answer was lost and the cluster does not show whether it was deleted.
        ApiError, TransportError

        Examples
        --------
        >>> client.delete_cluster(client.find("hue-training")).status  # doctest: +SKIP
        'Terminating'
        """
        return self.carry_out(DeletePlan(id_of(cluster_id)))

    def scale_out(self, cluster_id: str | Cluster, n: SupportsIndex) -> Cluster:
        """Add `n` workers: `GET /clusters/{id}`, then `POST /clusters/{id}/scale-out`.

        Parameters
        ----------
        cluster_id
            The cluster, or its id.
        n
            Workers to add, at least 1.

        Returns
        -------
        Cluster
            With `id`, `name` and `status`.

        Raises
        ------
        CommandError
            When `n` is below 1 or the cluster cannot be scaled; nothing was sent.
        UncertainError
            When the answer was lost and the cluster does not show whether it was scaled.
        NotFoundError, ApiError, TransportError

        Examples
        --------
        >>> client.scale_out(client.find("etl-nightly"), 2)  # doctest: +SKIP
        """
        change = positive(n, "the number of workers to add or remove")
        return self.carry_out(plan_change(self.get_cluster(cluster_id), change))

    def scale_in(self, cluster_id: str | Cluster, n: SupportsIndex) -> Cluster:
        """Remove `n` workers: `GET /clusters/{id}`, then `POST /clusters/{id}/scale-in`.

        Parameters
        ----------
        cluster_id
            The cluster, or its id.
        n
            Workers to remove, at least 1.

        Returns and raises as `scale_out`. It is refused, and nothing is sent, when fewer workers than
        `config.hdfsReplication` would be left.

        Examples
        --------
        >>> client.scale_in(client.find("etl-nightly"), 1)  # doctest: +SKIP
        """
        change = -positive(n, "the number of workers to add or remove")
        return self.carry_out(plan_change(self.get_cluster(cluster_id), change))

    def scale(self, cluster_id: str | Cluster, n: SupportsIndex) -> Cluster:
        """Scale to `n` workers: `GET /clusters/{id}`, then scale-out or scale-in by the difference, or nothing.

        Parameters
        ----------
        cluster_id
            The cluster, or its id.
        n
            Workers that it shall have, at least 1.

        Returns and raises as `scale_out` and `scale_in`. A cluster that already has `n` workers is returned in full.

        Examples
        --------
        >>> print(client.scale(client.find("etl-nightly"), 6).note)
        already has 6 workers, nothing was sent
        """
        cluster = self.get_cluster(cluster_id)
        plan = plan_scale(cluster, n)
        return self.carry_out(plan) if plan else cluster.with_note(f"already has {n} workers, nothing was sent")

    def carry_out(self, plan: Plan) -> Cluster:
        """Do what a plan says, with one request at most.

        A delete is done, too, when the API no longer has a cluster that this client has seen.

        Parameters
        ----------
        plan
            From `plan_scale`, `plan_change` or `plan_delete`, or a `CreatePlan`.

        Raises
        ------
        UncertainError
            When the answer was lost and the API does not show whether it was done.
        ApiError, TransportError
        """
        check_type(plan, Plan, "plan", _AS_PLAN)
        lookups = Lookups(self._get, self._named, self._before, self._transport.now, self._last_known)
        try:
            cluster = carry_out(plan, self._transport, lookups)
        except NotFoundError:
            gone = self._gone(plan) if isinstance(plan, DeletePlan) else None
            if gone is None:
                raise
            cluster = gone
        if isinstance(plan, CreatePlan):
            self._newborn.add(cluster.id)
        elif isinstance(plan, DeletePlan):
            self._deleted[plan.cluster_id] = cluster
        return cluster

    def carry_out_renewed(self, plan: ChangePlan) -> Cluster:
        """Do what a plan says, unless the cluster has changed since it was made: for after a question.

        Reads the cluster first (`GET /clusters/{id}`). A delete is done, with nothing sent, when the cluster is
        terminated by now, or the API no longer has it.

        Parameters
        ----------
        plan
            From `plan_scale`, `plan_change` or `plan_delete`.

        Raises
        ------
        CommandError
            When the worker count has changed, the cluster can no longer be scaled, or somebody else is deleting it;
            nothing was sent.
        UncertainError
            As for `carry_out`.
        NotFoundError, ApiError, TransportError
        """
        check_type(plan, ChangePlan, "plan", _AS_PLAN)
        try:
            now = self.get_cluster(plan.cluster_id)
        except NotFoundError:
            if isinstance(plan, DeletePlan) and plan.cluster is not None:
                return plan.cluster.as_gone()
            raise
        if isinstance(plan, DeletePlan) and now.state.is_terminated:
            return now.with_note(f"already {plain(now.status)}, nothing was sent")
        return self.carry_out(plan.renewed(now))

    def preview(self, plan: Plan) -> Preview:
        """Return what carrying out `plan` would send, with secrets masked."""
        check_type(plan, Plan, "plan", _AS_PLAN)
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

        A create usually takes 20 to 25 minutes. A status that nobody knows is taken for a transition; when it has not
        changed for 10 minutes, `report` says so from then on, and the logger `heco_jupyter` once, as a warning. Without
        a `timeout`, the wait goes on. A long sleep of the machine does not end it, and neither do passing faults.

        Parameters
        ----------
        cluster_id
            The cluster, or its id.
        until
            `running` or `terminated`.
        timeout
            Seconds, or None for as long as it takes.
        workers
            With `running`: the worker count that it must have as well, after a scale.
        report
            Called several times a second with what to show and the fraction done, if known.

        Returns
        -------
        Cluster
            As it was when it reached the goal. A cluster that this client has seen and the API no longer has counts as
            terminated. A job cluster that its `terminationPolicy` has ended before it was seen running is returned as
            well, with a `note` that says so; whether its job succeeded is in the log at `userTask.logUrl`.

        Raises
        ------
        WaitTimeoutError
            When time is up; the cluster continues.
        WaitFailedError
            When the goal can no longer be reached: the cluster has failed, was stopped, or is being terminated.
        NotFoundError, ApiError

        Examples
        --------
        >>> client.wait(client.find("etl-nightly"), timeout=60).status
        'Running'
        """
        _check_report(report)
        cluster_id = id_of(cluster_id)
        goal = Goal(until, None if workers is None else positive(workers, "workers"))
        if timeout is not None and (not isinstance(timeout, int | float) or not timeout > 0):
            raise CommandError(f"timeout is {plain(repr(timeout), 40)}, it must be a number of seconds above 0")
        return wait_for(
            lambda deadline: self._get(cluster_id, deadline),
            goal,
            timeout=timeout,
            is_newborn=cluster_id in self._newborn and not (cluster_id in self._read or cluster_id in self._deleted),
            known=self._last_known(cluster_id),
            report=report,
        )

    # Internals

    def _get(self, cluster_id: str, deadline: Deadline | None) -> Cluster:
        call = Call(Words(Said("read_cluster", {"id": plain(cluster_id, 80)})), "GET", cluster_path(cluster_id))
        read = partial(read_cluster, timezone=self._settings.timezone, cluster_id=cluster_id)
        cluster = self._transport.get(call, read, deadline)
        self._read[cluster_id] = cluster.name
        return cluster

    def _last_known(self, cluster_id: str) -> Cluster | None:
        """Return what is left of a cluster that this client has created, read, listed or deleted, or None."""
        if deleted := self._deleted.get(cluster_id):
            return deleted
        if not any(cluster_id in seen for seen in (self._read, self.names, self._newborn)):
            return None
        name = self._read.get(cluster_id) or self.names.get(cluster_id)
        return Cluster({"id": cluster_id, "name": name}, self._settings.timezone)

    def _gone(self, plan: DeletePlan) -> Cluster | None:
        """Return the cluster of a delete that was answered with 404, if it was seen and is not found now either."""
        known = self._last_known(plan.cluster_id)
        if known is None:
            return None
        try:
            self.get_cluster(plan.cluster_id)
        except NotFoundError:
            return (plan.cluster or known).as_gone()
        except HecoError:  # the refusal says more
            return None
        return None

    def _named(self, name: str, deadline: Deadline) -> list[Cluster]:
        rows = rows_of(self._list_rows([ALL, ("name", name)], deadline=deadline))
        return [Cluster(row, self._settings.timezone) for row in rows if row.get("name") == name]

    def _before(self, name: str, deadline: Deadline) -> Before:
        try:
            page = self._lists.newest_named(name, deadline)
        except (BadRequestError, ForbiddenError, NotFoundError):  # keys that may create need not be allowed to list
            return NOTHING_KNOWN
        ids = frozenset(row["id"] for row in page.content if row.get("name") == name)
        return Before(ids, whole=len(page.content) >= page.total, time=self._transport.now())

    def _list_rows(
        self, params: Params, *, report: Report | None = None, deadline: Deadline | None = None
    ) -> Listing[list[Row]]:
        listing = self._lists.clusters(CLUSTER_PAGES.rows, params, report=report, deadline=deadline)
        rows = rows_of(listing)
        self._names.update((row["id"], row["name"]) for row in rows if row.get("id") and row.get("name"))
        return listing


def _check_report(report: Report | None) -> None:
    check_type(report, Callable | None, "report", "a function that takes a text and a fraction")  # type: ignore[arg-type]
