"""Writes whose answer was lost: told as done only where that is proven, and then they are ours by the server's own log.

The server runs beside skewed clocks, namesakes and rivals who write at the same moment.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from otherserver import KEY_ID, KEY_SECRET, WORDS, Habits, OtherServer
from support import client_at, spec, writes

from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.plans import ScalePlan
from heco_jupyter.api.writes.recovery import Before, is_made_from, is_new, is_scaled
from heco_jupyter.errors import HecoError, UncertainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.api.client import Client

HOURS = 3 * 3600.0
DIRECTED = WORDS | {"scaling": "Running(Scaling-out)"}


def client_of(server: OtherServer) -> Client:
    return client_at(server.url, KEY_ID, KEY_SECRET)


def result_of(work: Callable[[], Cluster]) -> Cluster | HecoError:
    try:
        return work()
    except HecoError as error:
        return error


# Creates


def nobody(server: OtherServer) -> None:
    """There is no namesake."""


def long_gone(server: OtherServer) -> None:
    server.add("etl", status=WORDS["gone"], createdAt=int(server.now - 40 * 86_400) * 1000, masterCnt=0, workerCnt=0)


def just_gone(server: OtherServer) -> None:
    server.add("etl", status=WORDS["gone"], createdAt=int(server.now) * 1000, workerCnt=3)


def similar(server: OtherServer) -> None:
    server.add("etl-nightly", createdAt=int(server.now) * 1000)


def rival(server: OtherServer) -> None:
    server.add("etl", clusterType="trino", createdAt=int(server.now) * 1000)


def larger_rival(server: OtherServer) -> None:
    server.add("etl", workerCnt=9, createdAt=int(server.now) * 1000)


@dataclass(frozen=True)
class Create:
    """One lost create.

    Parameters
    ----------
    acts
        Whether the API did it before the answer was lost.
    clock
        Seconds by which all of the API's clocks are ahead of ours.
    skew
        Seconds by which its Date header is ahead of `createdAt`; None for no header.
    there
        What is there before.
    comes
        What somebody else does between our look and our write.
    """

    acts: bool
    clock: float
    skew: float | None
    there: Callable[[OtherServer], None] = nobody
    comes: Callable[[OtherServer], None] = nobody

    @property
    def is_provable(self) -> bool:
        """A Date that is hours ahead contradicts the cluster's age; nothing else stands against it."""
        return self.acts and self.comes is nobody and self.skew != HOURS

    def __str__(self) -> str:
        acts = "done" if self.acts else "not done"
        return f"{acts}, clock {self.clock:+.0f}, Date {self.skew}, {self.there.__name__}, {self.comes.__name__}"


CREATES = [
    Create(acts, clock, skew, there, comes)
    for acts, clock, skew in itertools.product((True, False), (0.0, HOURS, -HOURS), (0.0, HOURS, -HOURS, None))
    for there, comes in [
        *((there, nobody) for there in (nobody, long_gone, just_gone, similar)),
        *((nobody, comes) for comes in (rival, larger_rival)),
    ]
]


@pytest.mark.parametrize("case", CREATES, ids=str)
def test_a_lost_create_is_ours_or_uncertain(case: Create):
    lost = {"loses": "POST"} if case.acts else {"ignores": "POST"}
    with OtherServer(Habits(clock=case.clock, date_skew=case.skew, **lost)) as server:
        case.there(server)
        server.before_write = case.comes
        ours: set[str] = set()
        server.after_write = lambda server: ours.update({list(server.clusters)[-1]} if server.created else ())
        result = result_of(lambda: client_of(server).create_cluster(spec(name="etl")))
        assert len(writes(server)) == 1
        if isinstance(result, Cluster):
            assert server.created
            assert ours == {result.id}
        else:
            # With a rival of the same name, the API refuses ours, and says so.
            assert isinstance(result, UncertainError) or (case.comes is not nobody and result.status == 409)
        if case.is_provable:
            assert isinstance(result, Cluster), result


def test_of_two_new_clusters_as_in_the_spec_neither_is_taken_for_ours():
    with OtherServer(Habits(loses="POST")) as server:
        server.after_write = lambda server: server.add("etl", **twin(server))
        result = result_of(lambda: client_of(server).create_cluster(spec(name="etl")))
        assert isinstance(result, UncertainError)
        assert len(server.clusters) == 2


def twin(server: OtherServer) -> dict[str, Any]:
    """Return the fields of the newest cluster that another create of the same spec would give."""
    return {name: value for name, value in list(server.clusters.values())[-1].items() if name not in {"id", "name"}}


def test_a_create_costs_one_request_more_and_no_other_write_any():
    with OtherServer() as server:
        client = client_of(server)
        made = client.create_cluster(spec(name="etl"))
        first, second = server.requests
        assert (first.method, dict(first.query)["name"]) == ("GET", "etl")
        assert second.method == "POST"
        for _ in range(5):
            client.get_cluster(made.id)
        server.requests.clear()
        client.delete_cluster(made.id)
        assert [request.method for request in server.requests] == ["DELETE"]


def test_a_create_whose_look_fails_is_not_sent():
    with OtherServer() as server:
        server.refuse_next = [(500, "down")] * 9
        result = result_of(lambda: client_of(server).create_cluster(spec(name="etl")))
        assert isinstance(result, HecoError)
        assert "could not create etl" in result.what
        assert not writes(server)


def test_keys_that_may_create_but_not_list_can_create():
    with OtherServer() as server:
        server.refuse_next = [(403, "no list for you")]
        assert client_of(server).create_cluster(spec(name="etl")).name == "etl"


def test_an_answer_with_the_id_of_a_cluster_that_was_there_before_is_a_lost_answer():
    with OtherServer() as server:
        old = server.add("etl", status=WORDS["gone"])
        create = server._create
        server._create = lambda body: create(body) | {"id": old}
        made = client_of(server).create_cluster(spec(name="etl"))
        assert made.id != old
        assert server.clusters[made.id]["status"] != WORDS["gone"]
        assert len(writes(server)) == 1


@pytest.mark.parametrize("skew", [0.0, -HOURS])
def test_an_old_namesake_beyond_the_first_page_is_not_taken_for_new_by_a_clock_that_is_late(skew):
    """It is not among those that were seen before, and younger than what the Date says."""
    with OtherServer(Habits(ignores="POST", date_skew=skew, largest_page=2)) as server:
        server.add("etl", createdAt=int(server.now - HOURS / 2) * 1000)
        for number in range(3):
            server.add(f"etl-{number}", createdAt=int(server.now - number) * 1000)
        assert isinstance(result_of(lambda: client_of(server).create_cluster(spec(name="etl"))), UncertainError)


def test_a_list_that_says_not_found_leaves_a_lost_create_uncertain():
    with OtherServer(Habits(loses="POST")) as server:
        server.after_write = lambda server: server.refuse_next.extend([(404, "no list")] * 9)
        assert isinstance(result_of(lambda: client_of(server).create_cluster(spec(name="etl"))), UncertainError)
        assert server.created


CLUSTER = Cluster({"id": "new", "name": "etl", "status": "Initializing", "createdAt": 1_000_000_000_000})


@pytest.mark.parametrize(
    ("before", "new"),
    [
        (Before(frozenset(), whole=True, time=1_000_000_000.0), True),
        (Before(frozenset(), whole=True, time=1_000_000_100.0), False),  # it is older than our look
        (Before(frozenset(), whole=True, time=None), True),  # no clock, but all that was there is known
        (Before(frozenset(), whole=False, time=None), False),  # nothing is known
        (Before(frozenset(), whole=False, time=999_999_999.0), True),  # its age alone tells
        (Before(frozenset(), whole=False, time=999_990_000.0), False),  # it is of the future: the clocks differ
        (Before(frozenset(), whole=True, time=999_990_000.0), True),
        (Before(frozenset({"new"}), whole=True, time=999_999_999.0), False),  # it was there
    ],
)
def test_what_makes_a_cluster_new(before, new):
    now = None if before.time is None else before.time + 7
    assert is_new(CLUSTER, before, now) is new
    assert not is_new(Cluster(CLUSTER.raw | {"status": "Terminated(User)"}), before, now)


@pytest.mark.parametrize(
    "other",
    [{"clusterType": "hbase"}, {"clusterVersion": "hde-1"}, {"workerCnt": 4}, {"workerCnt": None}, {"masterCnt": 3}],
)
def test_a_cluster_that_differs_from_the_spec_is_not_ours(other):
    row = {"id": "x", "clusterType": "hadoop", "clusterVersion": "hde-2.0.1", "workerCnt": 3, "masterCnt": 1}
    assert is_made_from(Cluster(row), spec())
    assert not is_made_from(Cluster(row | other), spec())


# Scales


def none(server: OtherServer, _: str) -> None:
    """Nobody else does anything."""


def scales_in(server: OtherServer, cluster_id: str) -> None:
    server.clusters[cluster_id] |= {"status": "Running(Scaling-in)", "workerCnt": 5}
    server._steps.pop(cluster_id, None)


def scales_out(server: OtherServer, cluster_id: str) -> None:
    server.clusters[cluster_id] |= {"status": "Running(Scaling-out)", "workerCnt": 6}
    server._steps.pop(cluster_id, None)


def passes_by(server: OtherServer, cluster_id: str) -> None:
    server.clusters[cluster_id] |= {"status": "Running(Scaling-in)", "workerCnt": 8}
    server._steps.pop(cluster_id, None)


def is_gone(server: OtherServer, cluster_id: str) -> None:
    del server.clusters[cluster_id]
    server._steps.pop(cluster_id, None)


def begins_to_scale_in(server: OtherServer, cluster_id: str) -> None:
    server.clusters[cluster_id] |= {"status": "Running(Scaling)"}
    server._steps.pop(cluster_id, None)


def deletes(server: OtherServer, cluster_id: str) -> None:
    server.clusters[cluster_id] |= {"status": WORDS["leaving"]}
    server._steps.pop(cluster_id, None)


def breaks(server: OtherServer, cluster_id: str) -> None:
    server.clusters[cluster_id] |= {"status": "Failed(Node)"}
    server._steps.pop(cluster_id, None)


def renames_its_words(server: OtherServer, cluster_id: str) -> None:
    server.clusters[cluster_id] |= {"status": "Rebalancing"}
    server._steps.pop(cluster_id, None)


ANYBODY = (none, begins_to_scale_in, deletes, is_gone, breaks, renames_its_words)
SCALES = [
    (acts, words, jumps, change, other)
    for acts, words, jumps in itertools.product((True, False), (DIRECTED, WORDS), (True, False))
    for change, others in ((2, (*ANYBODY, scales_in, passes_by)), (-2, (none, scales_out, is_gone)))
    for other in others
]


@pytest.mark.parametrize(("acts", "words", "jumps", "change", "other"), SCALES)
def test_a_lost_scale_is_ours_or_uncertain(acts, words, jumps, change, other):
    if change < 0 and words is DIRECTED:
        words = DIRECTED | {"scaling": "Running(Scaling-in)"}
    lost = {"loses": "POST"} if acts else {"ignores": "POST"}
    with OtherServer(Habits(words=words, jumps=jumps, **lost)) as server:
        key = server.add("etl", workerCnt=6)
        server.after_write = lambda server: other(server, key)
        result = result_of(lambda: client_of(server).scale(key, 6 + change))
        assert len(writes(server)) == 1
        if isinstance(result, Cluster):
            assert acts
            assert other is none
        else:
            assert isinstance(result, UncertainError)
        if acts and other is none:
            assert isinstance(result, Cluster), result


def test_a_scale_in_that_goes_on_is_told_from_a_scale_out():
    with OtherServer(Habits(words=WORDS | {"scaling": "Running(Scaling-in)"}, ignores="POST")) as server:
        key = server.add("etl", workerCnt=6)
        server.after_write = lambda server: server._scale(server.clusters[key], "scale-in", {"scaleCnt": 1})
        assert isinstance(result_of(lambda: client_of(server).scale_out(key, 2)), UncertainError)


@pytest.mark.parametrize(
    "under_way", ["Running(Scaling-out)", "Running(Scaling)", "Resizing", "Pending", "Rebalancing"]
)
@pytest.mark.parametrize("goes_on", [{}, {"workerCnt": 8}, {"workerCnt": 8, "status": "Running"}])
def test_what_was_under_way_before_proves_nothing(under_way, goes_on):
    with OtherServer(Habits(ignores="POST")) as server:
        key = server.add("etl", workerCnt=6, status=under_way)
        server.after_write = lambda server: server.clusters[key].update(goes_on)
        assert isinstance(result_of(lambda: client_of(server).scale_out(key, 2)), UncertainError)


def scale(change: int, **now: Any) -> bool:
    before = Cluster({"id": "x", "status": "Running", "workerCnt": 6})
    return is_scaled(Cluster({"id": "x"} | now), ScalePlan(before, change))


def test_what_proves_a_scale():
    assert scale(2, status="Running", workerCnt=8)
    assert scale(2, status="Running(Scaling-out)", workerCnt=6)
    assert scale(2, status="Running(Scaling)", workerCnt=7)
    assert scale(-2, status="Running(Scaling-in)", workerCnt=5)
    assert not scale(2, status="Running(Scaling)", workerCnt=6)
    assert not scale(2, status="Running(Scaling-in)", workerCnt=6)
    assert not scale(2, status="Running(Scaling-out)", workerCnt=5)
    assert not scale(2, status="Running(Scaling-out)", workerCnt=9)
    assert not scale(2, status="Running", workerCnt=7)
    assert not scale(2, status="Terminating", workerCnt=8)
    assert not scale(2, status="Failed", workerCnt=8)
    assert not scale(2, status="Running(Error)", workerCnt=8)
    assert not scale(2, status="Failed(Scaling-out)", workerCnt=8)
    assert not scale(2, status="Rebalancing", workerCnt=8)
    assert not scale(2, status="Running(Scaling-out)")
    assert not scale(2, status="Running(Scaling-in)", workerCnt=8)
    assert not scale(-2, status="Running(Scaling-out)", workerCnt=4)


# Deletes


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_lost_delete_of_what_is_gone_is_done_if_it_was_ever_there(is_seen):
    with OtherServer(Habits(loses="DELETE", forgets=True, busy=0)) as server:
        key = server.add("etl")
        client = client_of(server)
        if is_seen:
            client.get_cluster(key)
        result = result_of(lambda: client.delete_cluster(key))
        assert len(writes(server)) == 1
        assert isinstance(result, Cluster if is_seen else UncertainError)


def test_an_error_that_nobody_foresaw_leaves_a_write_uncertain(monkeypatch):
    def fail(*arguments: object) -> bool:
        raise ValueError("nobody thought of this")

    monkeypatch.setattr("heco_jupyter.api.writes.recovery.is_scaled", fail)
    with OtherServer(Habits(loses="POST")) as server:
        key = server.add("etl", workerCnt=6)
        result = result_of(lambda: client_of(server).scale_out(key, 2))
        assert isinstance(result, UncertainError)
        assert "checking failed too: ValueError" in str(result)
