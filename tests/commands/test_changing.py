"""The commands that wait, as they are typed: what they return, say and refuse."""

from __future__ import annotations

import builtins
import json

import pytest
from otherserver import KEY_ID, KEY_SECRET, Habits, OtherServer
from support import spec, writes

from heco_jupyter.api import connection

USUAL = "a create in KakaoCloud usually takes 20 to 25 minutes"


@pytest.fixture
def server():
    """Return a server whose clusters tests add, change and take away."""
    with OtherServer(Habits(forgets=True)) as running:
        connection.connect(running.url, KEY_ID, KEY_SECRET)
        yield running


@pytest.mark.parametrize("status", ["Failed(Install)", "Stopped", "Running(Error)", "Terminated(User)"])
def test_waiting_for_what_cannot_come_fails_at_once(unconnected, server, status):
    server.add("etl", status=status)
    assert unconnected.refusal("%heco wait etl").startswith(f"WaitFailedError: etl is {status}: it ")


def test_a_job_cluster_that_has_ended_is_returned_with_where_its_log_is(unconnected, server):
    task = {"type": "spark", "terminationPolicy": "always", "logUrl": "https://logs.example.com/etl"}
    server.add("etl", status="Terminated(User)", userTask=task)
    ended = unconnected.value("%heco wait etl")
    assert ended.status == "Terminated(User)"
    assert "does not say whether its job succeeded, its log does: https://logs.example.com/etl" in repr(ended)


@pytest.mark.parametrize("called", ["by its name", "by its id"])
def test_a_cluster_that_was_seen_and_is_not_found_any_more_is_terminated(unconnected, server, called):
    cluster_id = server.add("etl")
    unconnected.value("%heco show etl")
    server.clusters.clear()
    gone = unconnected.value(f"%heco wait {'etl' if called == 'by its name' else cluster_id} --for terminated")
    assert (gone.id, gone.name, gone.state.is_terminated) == (cluster_id, "etl", True)


def test_a_cluster_that_was_never_seen_is_unknown(unconnected, server):
    server.add("etl")
    unconnected.value("%heco show etl")
    for called in ("etl-2", "00000000-0000-4000-8000-000000000000"):
        assert "UnknownClusterError" in unconnected.refusal(f"%heco wait {called} --for terminated")


def test_a_cluster_that_is_gone_is_not_waited_for_to_run(unconnected, server):
    server.add("etl")
    unconnected.value("%heco show etl")
    server.clusters.clear()
    assert "UnknownClusterError" in unconnected.refusal("%heco wait etl")


def test_a_delete_is_done_when_the_cluster_goes_before_it(unconnected, server):
    server.add("etl")
    server.before_write = lambda at: at.clusters.clear()
    gone = unconnected.value("%heco delete etl --yes --wait --timeout 60s")
    assert gone.state.is_terminated
    assert "the API no longer has it" in gone.note
    assert [request.method for request in writes(server)] == ["DELETE"]


@pytest.mark.parametrize(
    ("meanwhile", "note"),
    [
        (lambda clusters: clusters.clear(), "gone: the API no longer has it"),
        (lambda clusters: clusters["kc-0001"].update(status="Terminated(User)"), "already Terminated(User)"),
    ],
)
def test_a_delete_is_done_when_the_cluster_goes_during_the_question(unconnected, server, monkeypatch, meanwhile, note):
    def answer(_question):
        meanwhile(server.clusters)
        return "etl"

    server.add("etl", id="kc-0001")
    monkeypatch.setattr(builtins, "input", answer)
    gone = unconnected.value("%heco delete etl --wait --timeout 60s")
    assert (gone.id, gone.state.is_terminated) == ("kc-0001", True)
    assert note in repr(gone)
    assert not writes(server)


def test_a_delete_waits_until_the_api_has_forgotten_the_cluster(unconnected, server):
    server.add("etl")
    assert unconnected.value("%heco delete etl --yes --wait --timeout 60s").state.is_terminated


def test_a_create_says_how_long_it_usually_takes_unless_it_has_been_waited_for(notebook):
    made = notebook.value(f"%%heco_create\n{json.dumps(spec())}")
    assert made.note.startswith("created: ")
    assert made.note.endswith(USUAL)
    waited = notebook.value(f"%%heco_create --wait --timeout 60s\n{json.dumps(spec(name='other'))}")
    assert waited.note.startswith("created: ")
    assert USUAL not in waited.note
