"""The seven operations of the API: which requests they serve, and what each of them does."""

from __future__ import annotations

import logging
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from heco_jupyter.emulator import queries, schedule, validation, views
from heco_jupyter.emulator.lifecycle import TERMINATING, counts_at, is_listed_at, is_terminated, status_at
from heco_jupyter.emulator.loading import unfreeze
from heco_jupyter.emulator.messages import Request, Response, error_response, json_response
from heco_jupyter.emulator.refusals import RefusedError, invalid_request, refusal_response, unknown_cluster

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.emulator.access import AccessControl
    from heco_jupyter.emulator.forking import ForkSafeLock
    from heco_jupyter.emulator.model import Cluster
    from heco_jupyter.emulator.store import Store

    Operation = Callable[..., Response]

PREFIX = "/v2/hadoop-eco"
OWNER = "user@example.com"
"""The owner of every new cluster; in the real API, the IAM account of the access key."""

_CLUSTERS = f"{PREFIX}/clusters"
_CLUSTER = f"{_CLUSTERS}/([^/]+)"
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class ApiOptions:
    """Options that may change while the API runs."""

    pace: schedule.Pace
    max_page_size: int


class Api:
    """The API on top of a store.

    Parameters
    ----------
    store
        Holds the clusters.
    access
        Decides which requests are allowed.
    now
        Returns the Unix time in milliseconds.
    options
        How fast everything happens and how large a page may be.
    lock
        Held while the store is used.
    """

    def __init__(
        self,
        store: Store,
        access: AccessControl,
        now: Callable[[], int],
        options: ApiOptions,
        lock: ForkSafeLock,
    ) -> None:
        self._store = store
        self._access = access
        self._now = now
        self._options = options
        self._lock = lock
        self._routes: tuple[tuple[re.Pattern[str], dict[str, Operation]], ...] = (
            (re.compile(_CLUSTERS), {"GET": self._list_clusters, "POST": self._create}),
            (re.compile(_CLUSTER), {"GET": self._get, "DELETE": self._delete}),
            (re.compile(f"{_CLUSTER}/vms"), {"GET": self._list_vms}),
            (re.compile(f"{_CLUSTER}/scale-out"), {"POST": self._scale_out}),
            (re.compile(f"{_CLUSTER}/scale-in"), {"POST": self._scale_in}),
        )

    def admit(self, request: Request) -> tuple[Operation, list[str]]:
        """Return the operation that a request asks for and its arguments, without looking at the body.

        Raises
        ------
        RefusedError
            If the path, the method or the access key is refused.
        """
        for pattern, operations in self._routes:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            if request.method not in operations:
                message = f"{request.method[:20]} is not allowed on this path: use {' or '.join(operations)}"
                raise RefusedError(405, "MethodNotAllowed", message, {"Allow": ", ".join(operations)})
            self._access.check(request.headers, is_write=request.method != "GET")
            return operations[request.method], [unquote(group) for group in match.groups()]
        raise RefusedError(404, "NotFound", "The Hadoop Eco Open API has no such path")

    def handle(self, request: Request) -> Response:
        """Process a request and return the response, an error response included."""
        try:
            operation, arguments = self.admit(request)
            with self._lock:
                return operation(request, *arguments)
        except RefusedError as refusal:
            return refusal_response(refusal)
        except Exception:  # noqa: BLE001 (a bug in a server is a 500, here as anywhere)
            _log.exception("the emulator failed at %s %s", request.method, request.path)
            return error_response(500, "InternalError", "The emulator failed: see its log")

    def _list_clusters(self, request: Request) -> Response:
        query = self._query(request, queries.CLUSTER_LIST)
        now = self._now()
        items = [views.cluster_item(cluster, now) for cluster in self._store.clusters() if is_listed_at(cluster, now)]
        return json_response(200, queries.select_page(items, query))

    def _list_vms(self, request: Request, cluster_id: str) -> Response:
        query = self._query(request, queries.VM_LIST)
        items = self._store.loaded_vms(cluster_id)
        if items is None:
            now = self._now()
            # The vendor documents no 404 for this operation.
            cluster = self._find(cluster_id, now, status_if_unknown=400)
            items = views.vm_items(unfreeze(cluster, None, now=now), now)
        return json_response(200, queries.select_page(items, query))

    def _get(self, _: Request, cluster_id: str) -> Response:
        now = self._now()
        return json_response(200, views.cluster_details(self._find(cluster_id, now), now))

    def _create(self, request: Request) -> Response:
        spec = validation.read_spec(validation.read_json_object(request))
        now = self._now()
        for item in (views.cluster_item(cluster, now) for cluster in self._store.clusters()):
            if item.get("name") == spec.name and not is_terminated(str(item.get("status", ""))):
                raise RefusedError(409, "NameInUse", f"A cluster named {spec.name} already exists")
        cluster = schedule.create(spec, cluster_id=str(uuid.uuid4()), owner=OWNER, now=now, pace=self._options.pace)
        return self._save(cluster, now)

    def _delete(self, _: Request, cluster_id: str) -> Response:
        now = self._now()
        cluster = self._find(cluster_id, now)
        status = _reported_status(cluster, now)
        if is_terminated(status) or status == TERMINATING:
            raise invalid_request([f"the cluster is {status} and cannot be deleted"])
        return self._save(schedule.terminate(self._unfrozen(cluster, now), now=now, pace=self._options.pace), now)

    def _scale_out(self, request: Request, cluster_id: str) -> Response:
        cluster, count, now = self._scalable(request, cluster_id)
        workers = counts_at(cluster, now).workers + count
        if workers > validation.MAX_WORKERS:
            raise invalid_request([f"a cluster can have at most {validation.MAX_WORKERS} workers, not {workers}"])
        return self._save(schedule.scale_out(cluster, count, now=now, pace=self._options.pace), now)

    def _scale_in(self, request: Request, cluster_id: str) -> Response:
        cluster, count, now = self._scalable(request, cluster_id)
        workers = counts_at(cluster, now).workers - count
        if workers < cluster.hdfsReplication:
            fewest = cluster.hdfsReplication
            raise invalid_request([f"workerCnt would be {workers}, which is less than hdfsReplication ({fewest})"])
        return self._save(schedule.scale_in(cluster, count, now=now, pace=self._options.pace), now)

    def _scalable(self, request: Request, cluster_id: str) -> tuple[Cluster, int, int]:
        """Return the cluster to scale, the number of workers to add or remove, and the current time."""
        now = self._now()
        cluster = self._find(cluster_id, now)
        count = validation.read_scale_count(validation.read_json_object(request))
        if views.cluster_item(cluster, now).get("isScalable") is not True:
            raise invalid_request([f"the cluster is {_reported_status(cluster, now)} and cannot be scaled"])
        return self._unfrozen(cluster, now), count, now

    def _query(self, request: Request, rules: queries.ListRules) -> queries.Query:
        params = queries.parse_params(request.query)
        return queries.parse_query(params, rules, max_page_size=self._options.max_page_size)

    def _find(self, cluster_id: str, now: int, *, status_if_unknown: int = 404) -> Cluster:
        cluster = self._store.cluster(cluster_id)
        if cluster is None or not is_listed_at(cluster, now):
            raise unknown_cluster(cluster_id, status=status_if_unknown)
        return cluster

    def _unfrozen(self, cluster: Cluster, now: int) -> Cluster:
        return unfreeze(cluster, self._store.loaded_vms(cluster.id), now=now)

    def _save(self, cluster: Cluster, now: int) -> Response:
        """Store a cluster that was written to, and return the response to the write."""
        self._store.put([cluster])
        if self._store.loaded_vms(cluster.id) is not None:
            self._store.drop_loaded_vms(cluster.id)
        return json_response(200, views.cluster_summary(cluster, now))


def _reported_status(cluster: Cluster, now: int) -> str:
    return status_at(cluster, now) if cluster.loadedItem is None else str(cluster.loadedItem.get("status", ""))
