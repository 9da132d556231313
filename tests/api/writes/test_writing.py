"""Creating, scaling, deleting and waiting of a client over real HTTP."""

from __future__ import annotations

import base64
import time

import pytest
from support import CREATE_REQUESTS, client_at, cluster_row, create_request, spec, writes

from heco_jupyter.api.display.masking import Secret
from heco_jupyter.emulator import Fault
from heco_jupyter.errors import (
    BadRequestError,
    CommandError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    SpecError,
    UncertainError,
    WaitFailedError,
    WaitTimeoutError,
)


@pytest.mark.parametrize("name", CREATE_REQUESTS)
def test_each_of_the_vendors_create_requests_reaches_the_server_unchanged(client, emulator, name):
    body = create_request(name)
    made = client.create_cluster(body)
    (request,) = writes(emulator)
    assert request.body == body
    assert (made.name, bool(made.id)) == (body["name"], True)


def test_a_secret_reaches_the_server_as_base64(client, emulator):
    client.create_cluster(spec(adminInfo={"userId": "a", "userPw": Secret("비밀번호", "PW")}))
    (request,) = writes(emulator)
    assert base64.b64decode(request.body["adminInfo"]["userPw"]).decode() == "비밀번호"


def test_a_spec_with_a_problem_is_not_sent(client, emulator):
    with pytest.raises(SpecError):
        client.create_cluster(spec(workerCnt=1))
    assert not emulator.requests


def test_a_name_in_use_is_a_conflict(client):
    client.create_cluster(spec())
    with pytest.raises(ConflictError, match="409, the cluster name is in use"):
        client.create_cluster(spec())


def test_a_cluster_is_created_scaled_and_deleted(client):
    made = client.create_cluster(spec(workerCnt=3))
    up = client.wait(made.id, timeout=60)
    assert (up.status, up.workerCnt) == ("Running", 3)
    client.scale(made.id, 5)
    assert client.wait(made.id, timeout=60, workers=5).workerCnt == 5
    client.scale_in(made.id, 2)
    assert client.wait(made.id, timeout=60, workers=3).workerCnt == 3
    client.scale_out(made.id, 1)
    assert client.wait(made.id, timeout=60, workers=4).nodeCnt == 5
    assert len(client.list_vms(made.id)) == 5
    client.delete_cluster(made.id)
    gone = client.wait(made.id, "terminated", timeout=60)
    assert gone.state.is_terminated
    assert client.list_clusters()["workerCnt"].tolist() == [0]


@pytest.mark.parametrize(("target", "path", "count"), [(5, "scale-out", 2), (2, "scale-in", 1)])
def test_a_target_is_sent_as_a_difference(client, emulator, target, path, count):
    made = client.wait(client.create_cluster(spec()).id, timeout=60)
    emulator.clear_requests()
    assert client.scale(made.id, target).note == f"3 -> {target} workers, {target - 3:+d}"
    (request,) = writes(emulator)
    assert request.path.endswith(f"/clusters/{made.id}/{path}")
    assert request.body == {"scaleCnt": count}


def test_a_target_equal_to_the_count_sends_nothing(client, emulator):
    made = client.wait(client.create_cluster(spec()).id, timeout=60)
    emulator.clear_requests()
    assert "nothing was sent" in client.scale(made.id, 3).note
    assert not writes(emulator)


@pytest.mark.parametrize(("method", "count"), [("scale", 1), ("scale_in", 2)])
def test_a_scale_in_below_the_replication_is_refused_before_anything_is_sent(client, emulator, method, count):
    made = client.wait(client.create_cluster(spec()).id, timeout=60)
    emulator.clear_requests()
    with pytest.raises(CommandError, match="hdfsReplication is 2 and workers cannot be fewer"):
        getattr(client, method)(made.id, count)
    assert not writes(emulator)


@pytest.mark.parametrize("count", [0, -1, 2.0, "2", True, None])
def test_a_count_that_is_not_a_positive_whole_number_is_refused_before_anything_is_sent(client, emulator, count):
    for method in (client.scale_out, client.scale_in):
        with pytest.raises(CommandError, match="whole number"):
            method("some-id", count)
    assert not writes(emulator)


def test_a_missing_cluster_is_not_found_by_any_operation(client):
    for operation in (client.delete_cluster, lambda id_: client.scale_out(id_, 1), client.get_cluster):
        with pytest.raises(NotFoundError, match="404"):
            operation("00000000-0000-4000-8000-000000000000")


def test_a_read_only_key_is_refused_a_write(emulator):
    client = client_at(emulator.url, emulator.read_only_id, emulator.read_only_secret)
    assert len(client.list_clusters()) == 0
    with pytest.raises(ForbiddenError, match="403, these keys may not do that"):
        client.create_cluster(spec())


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_create_with_a_lost_answer_is_looked_for_and_never_sent_twice(client, emulator, drop):
    emulator.faults.add(Fault(method="POST", drop=drop, times=1))
    if drop == "after":
        assert client.create_cluster(spec()).name == "etl-nightly"
    else:
        with pytest.raises(UncertainError, match=r"may have been created(.|\n)*%heco list --name etl-nightly"):
            client.create_cluster(spec())
    assert len(writes(emulator)) == 1
    assert len(client.list_clusters()) == (1 if drop == "after" else 0)


def test_an_older_cluster_of_the_same_name_is_not_mistaken_for_the_one_with_a_lost_answer(client, emulator):
    emulator.load([cluster_row(1, name="etl-nightly", status="Terminated(User)")])
    emulator.faults.add(Fault(method="POST", drop="before", times=1))
    with pytest.raises(UncertainError):
        client.create_cluster(spec())


class TestWaiting:
    @pytest.fixture
    def slow_emulator(self, emulator):
        emulator.set_speed(0.001)
        return emulator

    def test_a_timeout_says_how_to_go_on_waiting(self, client, slow_emulator):
        made = client.create_cluster(spec())
        with pytest.raises(WaitTimeoutError, match=r"did not run within 0.3 s: it is (.|\n)*%heco wait etl-nightly"):
            client.wait(made.id, timeout=0.3)

    def test_waiting_for_a_terminated_cluster_to_run_fails_at_once(self, client, emulator):
        emulator.load([cluster_row(1, status="Terminated(Error)")])
        started = time.monotonic()
        with pytest.raises(WaitFailedError, match=r"Terminated\(Error\): it will not run"):
            client.wait(cluster_row(1)["id"], timeout=60)
        assert time.monotonic() - started < 30

    def test_a_wait_survives_transient_faults(self, client, emulator):
        made = client.create_cluster(spec())
        emulator.faults.add(Fault(method="GET", status=500, times=2))
        assert client.wait(made.id, timeout=60).status == "Running"

    def test_a_wait_reports_its_progress(self, client):
        lines = []
        made = client.create_cluster(spec())
        client.wait(made.id, timeout=60, report=lambda text, _: lines.append(text))
        assert lines
        assert all(line.startswith("waiting for etl-nightly to run: ") for line in lines[:-1])
        assert lines[-1].startswith("etl-nightly: Running, after 0:0")

    def test_an_unknown_goal_is_answered_with_the_nearest_one(self, client, emulator):
        with pytest.raises(CommandError, match="did you mean running"):
            client.wait("x", "runing")
        assert not emulator.requests

    def test_a_cluster_that_never_existed_does_not_count_as_terminated(self, client):
        with pytest.raises(NotFoundError):
            client.wait("00000000-0000-4000-8000-000000000000", "terminated", timeout=5)


def test_what_is_changed_or_broken_in_a_spec_is_a_warning_and_a_newer_apis_spec_is_sent(client, emulator):
    with pytest.warns(UserWarning, match="Windows line ends"):
        client.create_cluster(spec(config=spec()["config"] | {"userScript": "#!/bin/bash\r\nls\r\n"}))
    body = {"name": "new", "instanceSpecs": [{"type": "TASK", "nodeCnt": 2}]}
    with pytest.raises(SpecError):
        client.create_cluster(body)
    with pytest.warns(UserWarning, match="instanceSpecs is not a field"), pytest.raises(BadRequestError):
        client.create_cluster(body, allow_unknown=True)
    assert writes(emulator)[-1].body == body
