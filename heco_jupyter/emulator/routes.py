"""The seven operations: which request is which, and what each does. A request in, a response out."""

from __future__ import annotations

import logging
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from heco_jupyter.emulator import plans, queries, validation, views
from heco_jupyter.emulator.errors import ProblemError, invalid, unknown_cluster
from heco_jupyter.emulator.lifecycle import TERMINATING, counts_at, is_listed_at, is_terminated, status_at
from heco_jupyter.emulator.loading import set_going
from heco_jupyter.emulator.messages import Request, Response, error_response, json_response

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from heco_jupyter.emulator.access import Gate
    from heco_jupyter.emulator.model import Cluster
    from heco_jupyter.emulator.store import Store

PREFIX = "/v2/hadoop-eco"
OWNER = "user@example.com"
"""Who owns what is created here: the API says it is the IAM account behind the access key."""

_ROUTES: tuple[tuple[re.Pattern[str], dict[str, str]], ...] = (
    (re.compile(rf"{PREFIX}/clusters"), {"GET": "list_clusters", "POST": "create"}),
    (re.compile(rf"{PREFIX}/clusters/([^/]+)"), {"GET": "get", "DELETE": "delete"}),
    (re.compile(rf"{PREFIX}/clusters/([^/]+)/vms"), {"GET": "list_vms"}),
    (re.compile(rf"{PREFIX}/clusters/([^/]+)/scale-out"), {"POST": "scale_out"}),
    (re.compile(rf"{PREFIX}/clusters/([^/]+)/scale-in"), {"POST": "scale_in"}),
)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Settings:
    """What can be set about an API that is running."""

    pace: plans.Pace
    max_page_size: int


class Api:
    """The API over a store.

    Parameters
    ----------
    store
        Where the clusters are.
    gate
        Who may call.
    now
        Gives the Unix time in milliseconds.
    settings
        How fast things happen and how large a page may be.
    lock
        Held while the store is used.
    """

    def __init__(
        self, store: Store, gate: Gate, now: Callable[[], int], settings: Settings, lock: threading.RLock
    ) -> None:
        self._store = store
        self._gate = gate
        self._now = now
        self._settings = settings
        self._lock = lock

    def answer(self, request: Request) -> Response:
        """Do what a request asks, or say what is wrong with it."""
        for pattern, methods in _ROUTES:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            if request.method not in methods:
                allowed = ", ".join(methods)
                message = f"{request.method[:20]} is not a method of this path; it has {allowed}"
                return error_response(405, "MethodNotAllowed", message, {"Allow": allowed})
            return self._perform(getattr(self, f"_{methods[request.method]}"), request, match.groups())
        return error_response(404, "NotFound", "There is no such path in the Hadoop Eco Open API")

    def _perform(self, operation: Callable[..., Response], request: Request, groups: tuple[str, ...]) -> Response:
        try:
            self._gate.admit(request.headers, writes=request.method != "GET")
            with self._lock:
                return operation(request, *(unquote(group) for group in groups))
        except ProblemError as problem:
            return error_response(problem.status, problem.code, problem.message)
        except Exception:  # noqa: BLE001 - a mistake in the emulator is a 500, as everywhere
            _log.exception("the emulator failed at %s %s", request.method, request.path)
            return error_response(500, "InternalError", "The emulator failed; its log says where")

    def _list_clusters(self, request: Request) -> Response:
        query = self._query(request, queries.CLUSTERS)
        now = self._now()
        items = [views.cluster_item(cluster, now) for cluster in self._store.clusters() if is_listed_at(cluster, now)]
        return json_response(200, queries.select_page(items, query))

    def _list_vms(self, request: Request, cluster_id: str) -> Response:
        query = self._query(request, queries.VMS)
        items = self._store.given_vms(cluster_id)
        if items is None:
            now = self._now()
            # The vendor documents no 404 for this operation.
            cluster = self._find(cluster_id, now, missing=400)
            items = views.vm_items(set_going(cluster, None, now=now), now)
        return json_response(200, queries.select_page(items, query))

    def _get(self, _: Request, cluster_id: str) -> Response:
        now = self._now()
        return json_response(200, views.cluster_details(self._find(cluster_id, now), now))

    def _create(self, request: Request) -> Response:
        draft = validation.read_draft(validation.read_object(request))
        now = self._now()
        for item in (views.cluster_item(cluster, now) for cluster in self._store.clusters()):
            if item.get("name") == draft.name and not is_terminated(str(item.get("status", ""))):
                raise ProblemError(409, "NameInUse", f"A cluster named {draft.name} already exists")
        cluster = plans.create(draft, cluster_id=str(uuid.uuid4()), owner=OWNER, now=now, pace=self._settings.pace)
        return self._keep(cluster, now)

    def _delete(self, _: Request, cluster_id: str) -> Response:
        now = self._now()
        cluster = self._find(cluster_id, now)
        status = _shown_status(cluster, now)
        if is_terminated(status) or status == TERMINATING:
            raise invalid([f"the cluster is {status} and cannot be deleted"])
        return self._keep(plans.terminate(self._awake(cluster, now), now=now, pace=self._settings.pace), now)

    def _scale_out(self, request: Request, cluster_id: str) -> Response:
        cluster, count, now = self._scalable(request, cluster_id)
        workers = counts_at(cluster, now).workers + count
        if workers > validation.MAX_WORKERS:
            raise invalid([f"{workers} workers are more than the {validation.MAX_WORKERS} a cluster may have"])
        return self._keep(plans.scale_out(cluster, count, now=now, pace=self._settings.pace), now)

    def _scale_in(self, request: Request, cluster_id: str) -> Response:
        cluster, count, now = self._scalable(request, cluster_id)
        left = counts_at(cluster, now).workers - count
        if left < cluster.hdfsReplication:
            copies = cluster.hdfsReplication
            raise invalid([f"{left} workers would be left, which must not be less than hdfsReplication ({copies})"])
        return self._keep(plans.scale_in(cluster, count, now=now, pace=self._settings.pace), now)

    def _scalable(self, request: Request, cluster_id: str) -> tuple[Cluster, int, int]:
        now = self._now()
        cluster = self._find(cluster_id, now)
        count = validation.read_scale(validation.read_object(request))
        if views.cluster_item(cluster, now).get("isScalable") is not True:
            raise invalid([f"the cluster is {_shown_status(cluster, now)} and cannot be scaled"])
        return self._awake(cluster, now), count, now

    def _query(self, request: Request, listing: queries.Listing) -> queries.Query:
        pairs = queries.parse_pairs(request.query)
        return queries.parse_query(pairs, listing, max_page_size=self._settings.max_page_size)

    def _find(self, cluster_id: str, now: int, *, missing: int = 404) -> Cluster:
        cluster = self._store.cluster(cluster_id)
        if cluster is None or not is_listed_at(cluster, now):
            raise unknown_cluster(cluster_id, status=missing)
        return cluster

    def _awake(self, cluster: Cluster, now: int) -> Cluster:
        return set_going(cluster, self._store.given_vms(cluster.id), now=now)

    def _keep(self, cluster: Cluster, now: int) -> Response:
        self._store.put([cluster])
        if self._store.given_vms(cluster.id) is not None:
            self._store.drop_given_vms(cluster.id)
        return json_response(200, views.cluster_summary(cluster, now))


def _shown_status(cluster: Cluster, now: int) -> str:
    return status_at(cluster, now) if cluster.given is None else str(cluster.given.get("status", ""))
