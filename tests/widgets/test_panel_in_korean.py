"""The panel in Korean: what it says of failures, too, has no English of ours."""

from __future__ import annotations

import copy
import pickle
from datetime import timedelta

import pytest
from korean import HANGUL, KEPT, OURS, words
from support import access_to, cluster_row, until

from heco_jupyter.api.client import Client
from heco_jupyter.api.display.texts import Said, Words, in_language
from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.plans import ScalePlan, plan_change, plan_delete
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.emulator import Fault
from heco_jupyter.errors import CommandError, HecoError
from heco_jupyter.live import recorder
from heco_jupyter.live.recording import Recording
from heco_jupyter.widgets import ClusterPanel

DATA = {"etl", "c", "Running", "Terminated", "User", "Failed", "Installing", "show"}
# What the system and Python say of a connection stays as they say it.
DATA |= words("Remote end closed connection without response, Connection reset by peer, Connection refused")


def english_in(text):
    return (words(text) & OURS) - KEPT - DATA


def cluster(**fields):
    return Cluster(cluster_row(1, name="etl", **{"config": {"hdfsReplication": 2}, **fields}))


REFUSED = {
    "ended": lambda: plan_change(cluster(status="Terminated(User)"), 1),
    "not scalable": lambda: plan_change(cluster(isScalable=False, status="Installing"), 1),
    "too few": lambda: plan_change(cluster(), -2),
    "none left": lambda: plan_change(cluster(config=None), -3),
    "count unknown": lambda: plan_change(cluster(workerCnt=None, isScalable=False), -3),
    "overtaken": lambda: ScalePlan(cluster(), 1).renewed(cluster(workerCnt=5)),
    "already": lambda: plan_delete(cluster(status="Terminated(User)")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_why_a_plan_is_refused_can_be_said_in_korean(name):
    with pytest.raises(CommandError) as refused:
        REFUSED[name]()
    korean = in_language(refused.value.what, "ko")
    assert HANGUL.search(korean)
    assert not english_in(korean)
    assert english_in(refused.value.what)


@pytest.mark.usefixtures("manual_ticks")
@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="POST", status=409, body={"message": "이미"}),
        Fault(method="POST", status=400, body=""),
        Fault(method="POST", status=403, body=""),
        Fault(method="POST", status=500, body=""),
        Fault(method="POST", drop="before"),
        Fault(method="POST", truncate=True),
        Fault(method="GET", path="/clusters/", status=503, body=""),
        Fault(method="GET", path="/clusters/", drop="before"),
    ],
)
def test_what_came_of_a_write_is_told_in_korean(fleet, fault):
    with Client(access_to(fleet), Settings(language="ko", timeout=5.0)) as client:
        panel = ClusterPanel("c1", client=client)
        fleet.faults.add(fault)
        chosen = panel.watcher.fleet.cluster(panel.cluster_id)
        panel.watcher.begin(plan_change(chosen, 1), chosen)
        until(lambda: panel.watcher.fleet.log[-1].outcome.value != "sending")
        view = panel._made_view()
        for text in (
            view["activity"][0]["text"],
            view["scale"]["reason"],
            view["card"]["detail_error"],
            view["error"] or "",
        ):
            assert not english_in(text), text
        assert HANGUL.search(view["activity"][0]["text"])
        panel.close()


@pytest.mark.usefixtures("manual_ticks")
@pytest.mark.parametrize("fault", [Fault(status=503, body=""), Fault(status=401, body=""), Fault(drop="before")])
def test_a_view_that_is_stale_says_why_in_korean(fleet, fault):
    with Client(access_to(fleet), Settings(language="ko")) as client:
        panel = ClusterPanel("c1", client=client)
        fleet.faults.add(fault)
        with pytest.raises(HecoError):
            panel.watcher.read()
        error = panel._made_view()["error"]
        assert HANGUL.search(error)
        assert not english_in(error)
        assert "could not list clusters" in panel.watcher.fleet.last_error
        panel.close()


@pytest.mark.usefixtures("manual_ticks")
def test_how_often_is_recorded_is_told_in_korean(fleet, monkeypatch, tmp_path):
    class Recorder:
        recording = Recording(tmp_path, timedelta(hours=1, minutes=30), "", None, None)

    with Client(access_to(fleet), Settings(language="ko")) as client:
        panel = ClusterPanel("c1", client=client)
        monkeypatch.setattr("heco_jupyter.widgets.panel.recorder_here", Recorder)
        assert panel._recording() == "1시간 30분마다 기록 중, 마지막 스냅샷 아직 없음"
        assert "c1" in repr(panel)
        assert "워커" in repr(panel)
        panel.close()
    assert recorder.recorder_here() is None


def test_words_are_copied_and_pickled_with_what_they_say():
    said = Words(Said("delete", {"name": "etl"}))
    for made in (copy.deepcopy(said), pickle.loads(pickle.dumps(said))):
        assert (made, in_language(made, "ko")) == ("delete etl", "etl 삭제")
    error = pickle.loads(pickle.dumps(CommandError(said)))
    assert (error.what, in_language(error.what, "ko")) == ("delete etl", "etl 삭제")


def test_a_secret_is_masked_in_every_language():
    from heco_jupyter.api.display.masking import Secret  # noqa: PLC0415

    secret = Secret("a-long-secret-of-somebody", "credential_secret").reveal()
    error = CommandError(Words(Said("could_not", {"doing": Said("delete", {"name": secret}), "reason": secret})))
    assert secret not in error.what + in_language(error.what, "ko")
