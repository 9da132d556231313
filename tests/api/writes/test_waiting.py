"""Waiting over real HTTP: what ends a wait, what does not, and what is told meanwhile."""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass

import pytest
from support import client_at, cluster_row, spec
from wire import WireServer, answer, page

from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.writes import waiting
from heco_jupyter.api.writes.goals import Goal, ended_as_foreseen, may_end_by_itself
from heco_jupyter.emulator import Fault
from heco_jupyter.errors import NotFoundError, ServerError, WaitFailedError, WaitTimeoutError

ID = "c1"
LOG_URL = "https://logs.example.com/bucket/HadoopEco/etl"
JOB = {"type": "hive", "terminationPolicy": "onSuccess", "logUrl": LOG_URL}
MINUTE = 60.0


@dataclass
class Clock:
    """The clock of the wait; it stands still unless a script moves it."""

    time: float = 1_000_000.0

    def monotonic(self) -> float:
        return self.time

    def passing(self, seconds, script):
        """Return the script, before which so much time passes."""

        def later(conversation):
            self.time += seconds
            script(conversation)

        return later


@pytest.fixture(autouse=True)
def _brisk(monkeypatch):
    """Poll as often later on as at first."""
    monkeypatch.setattr(waiting, "_LONGEST_PAUSE", 0.02)


@pytest.fixture
def clock(monkeypatch):
    """Return the clock that the wait reads instead of the machine's."""
    made = Clock()
    monkeypatch.setattr(waiting, "time", made)
    return made


def told(status, **fields):
    return answer({"id": ID, "name": "etl", "status": status} | fields)


missing = answer({"message": "not found"}, 404)
failing = answer({"message": "oops"}, 500)


def client_of(server):
    return client_at(server.url, timeout=10.0)


def waited(*scripts, until="running", timeout=60.0, **options):
    """Return what waiting for a cluster brought, and how often it was read."""
    with WireServer(*scripts) as server:
        return client_of(server).wait(ID, until, timeout, **options), len(server.requests)


class TestFailures:
    @pytest.mark.parametrize(
        "status",
        ["Failed", "FAILED(Install)", "Error", "Stopped", "InstallFailed", "Initializing(Error)", "실패", "오류(설치)"],
    )
    def test_a_failed_cluster_ends_the_wait_at_once(self, status):
        with WireServer(told(status)) as server:
            with pytest.raises(WaitFailedError) as caught:
                client_of(server).wait(ID)
            assert len(server.requests) == 1
        assert f"etl is {status}: it will not run" in str(caught.value)
        assert "%heco show etl" in str(caught.value)

    @pytest.mark.parametrize("status", ["Running(Error)", "RUNNING(Scale-out failed)", "Running(오류)"])
    @pytest.mark.parametrize("workers", [None, 3, 5])
    def test_running_with_a_failure_is_no_success(self, status, workers):
        with WireServer(told(status, workerCnt=3)) as server:
            with pytest.raises(WaitFailedError, match="it runs, but the API reports a failure"):
                client_of(server).wait(ID, workers=workers)
            assert len(server.requests) == 1

    def test_a_cluster_that_fails_on_the_way_ends_the_wait(self):
        with pytest.raises(WaitFailedError, match=r"Failed\(Install\): it will not run"):
            waited(told("Initializing"), told("Initializing"), told("Failed(Install)"))

    def test_a_failed_cluster_can_still_be_waited_for_to_terminate(self):
        scripts = [told("Failed")] * 6 + [told("Terminating"), told("Terminated(Error)")]
        cluster, reads = waited(*scripts, until="terminated")
        assert (cluster.status, reads) == ("Terminated(Error)", 8)

    def test_a_deletion_that_fails_ends_the_wait_once_the_status_stays(self):
        with pytest.raises(WaitFailedError, match="DeleteFailed: it will not terminate"):
            waited(told("Running"), told("Terminating"), told("DeleteFailed"), until="terminated")

    def test_a_failure_that_passes_does_not_end_the_wait_for_a_deletion(self):
        scripts = [told("Terminating"), told("Stopped"), told("Stopped"), told("Terminating"), told("Terminated(User)")]
        assert waited(*scripts, until="terminated")[0].status == "Terminated(User)"


class TestJobs:
    @pytest.mark.parametrize("policy", ["onSuccess", "always", "ALWAYS"])
    @pytest.mark.parametrize("status", ["Terminated(User)", "Terminated(UserTask)", "Terminated(User Command)"])
    def test_a_job_cluster_that_ended_by_its_policy_ends_the_wait_without_an_error(self, policy, status):
        lines = []
        cluster, _ = waited(
            told("Initializing", userTask=JOB | {"terminationPolicy": policy}),
            told("Terminating", userTask=JOB | {"terminationPolicy": policy}),
            told(status, userTask=JOB | {"terminationPolicy": policy}),
            report=lambda text, _: lines.append(text),
        )
        assert cluster.status == status
        assert f"ended as its terminationPolicy {policy} foresees" in cluster.note
        assert f"does not say whether its job succeeded, its log does: {LOG_URL}" in cluster.note
        assert LOG_URL in lines[-1]
        assert LOG_URL in cluster._repr_html_()

    def test_without_a_log_url_that_is_said(self):
        cluster, _ = waited(told("Terminated(User)", userTask={"terminationPolicy": "always"}))
        assert cluster.note.endswith("the status does not say whether its job succeeded, and the API gives no logUrl")

    def test_the_policy_is_remembered_when_the_api_forgets_the_task_of_a_terminated_cluster(self):
        cluster, _ = waited(told("Initializing", userTask=JOB), told("Terminated(User)"))
        assert LOG_URL in cluster.note

    def test_a_job_cluster_that_the_api_forgets_as_it_ends_has_ended_too(self):
        cluster, _ = waited(told("Initializing", userTask=JOB), told("Terminating", userTask=JOB), missing)
        assert cluster.state.is_terminated
        assert LOG_URL in cluster.note

    @pytest.mark.parametrize(
        "fields",
        [
            {"status": "Terminated(User)"},
            {"status": "Terminated(User)", "userTask": None},
            {"status": "Terminated(User)", "userTask": JOB | {"terminationPolicy": "never"}},
            {"status": "Terminated(User)", "userTask": {"type": "hive"}},
            {"status": "Terminated(Error)", "userTask": JOB},
            {"status": "Terminated(Install Failed)", "userTask": JOB | {"terminationPolicy": "always"}},
            {"status": "Terminating", "userTask": JOB | {"terminationPolicy": "never"}},
            {"status": "Terminating"},
            {"status": "Failed", "userTask": JOB},
        ],
    )
    def test_any_other_end_is_a_failure(self, fields):
        with pytest.raises(WaitFailedError, match="it will not run"):
            waited(told("Initializing", userTask=fields.get("userTask")), told(**fields))

    def test_nothing_but_an_end_is_an_end(self):
        job = Cluster({"id": ID, "status": "Running", "userTask": JOB})
        assert may_end_by_itself(job)
        assert ended_as_foreseen(job, job) is None

    def test_a_job_of_the_emulator_ends_as_foreseen(self, client):
        task = {"type": "hive", "terminationPolicy": "onSuccess", "hiveQuery": "select 1", "logBucketName": "logs"}
        made = client.create_cluster(spec(userTask=task))
        client.wait(made.id, "terminated", timeout=60)
        ended = client.wait(made.id, timeout=60)
        assert ended.state.is_terminated
        assert ended.userTask.logUrl in ended.note

    def test_an_installation_that_fails_on_the_emulator_does_not(self, client):
        task = {"type": "hive", "terminationPolicy": "always", "hiveQuery": "select 1"}
        script = base64.b64encode(b"#!/bin/sh\n# emulator:fail\n").decode()
        config = spec()["config"] | {"userScript": script}
        made = client.create_cluster(spec(userTask=task, config=config))
        with pytest.raises(WaitFailedError, match=r"Terminated\(Error\): it will not run"):
            client.wait(made.id, timeout=60)


class TestGone:
    def test_a_cluster_that_was_read_counts_as_terminated(self):
        with WireServer(told("Running"), missing) as server:
            client = client_of(server)
            client.get_cluster(ID)
            gone = client.wait(ID, "terminated", 60)
        assert gone.state.is_terminated
        assert (gone.id, gone.name, gone.note) == (ID, "etl", "gone: the API no longer has it")

    def test_one_without_a_name_too(self):
        with WireServer(answer({"id": ID, "status": "Running"}), missing) as server:
            client = client_of(server)
            client.get_cluster(ID)
            assert client.wait(ID, "terminated", 60).state.is_terminated

    @pytest.mark.parametrize("method", ["list_clusters", "clusters"])
    def test_a_cluster_that_was_listed_counts_as_terminated(self, method):
        with WireServer(answer(page(cluster_row(1))), missing) as server:
            client = client_of(server)
            getattr(client, method)()
            gone = client.wait(cluster_row(1)["id"], "terminated", 60)
        assert (gone.name, gone.state.is_terminated) == ("cluster-001", True)

    def test_a_cluster_that_was_deleted_counts_as_terminated(self):
        with WireServer(told("Terminating"), missing) as server:
            client = client_of(server)
            client.delete_cluster(ID)
            assert client.wait(ID, "terminated", 60).state.is_terminated

    def test_a_cluster_that_was_created_counts_as_terminated_once_the_api_must_know_it(self, clock):
        created = answer({"id": ID, "name": "etl-nightly", "status": "Initializing"})
        with WireServer(
            answer(page()), created, missing, missing, clock.passing(30, missing), clock.passing(31, missing)
        ) as server:
            client = client_of(server)
            client.create_cluster(spec())
            assert client.wait(ID, "terminated", 60).state.is_terminated
            assert len(server.requests) == 6

    def test_a_new_cluster_that_the_api_does_not_know_yet_is_not_taken_for_gone(self):
        created = answer({"id": ID, "name": "etl-nightly", "status": "Initializing"})
        scripts = [answer(page()), created, missing, missing, told("Initializing"), told("Terminated(Error)")]
        with WireServer(*scripts) as server:
            client = client_of(server)
            client.create_cluster(spec())
            assert client.wait(ID, "terminated", 60).status == "Terminated(Error)"

    @pytest.mark.parametrize("until", ["running", "terminated"])
    def test_a_cluster_that_was_never_seen_is_not_found(self, until):
        with pytest.raises(NotFoundError, match="404"):
            waited(missing, until=until)

    def test_a_name_is_no_id(self):
        with WireServer(answer(page(cluster_row(1))), missing) as server:
            client = client_of(server)
            client.list_clusters()
            with pytest.raises(NotFoundError):
                client.wait("cluster-001", "terminated", 60)

    def test_a_cluster_that_is_gone_will_not_run(self):
        with pytest.raises(NotFoundError):
            waited(told("Running(Scaling)"), missing)

    def test_a_delete_of_what_is_gone_is_done(self):
        with WireServer(told("Running"), missing) as server:
            client = client_of(server)
            client.get_cluster(ID)
            gone = client.delete_cluster(ID)
            assert [request.method for request in server.requests] == ["GET", "DELETE", "GET"]
        assert gone.state.is_terminated
        assert "the API no longer has it" in gone.note

    @pytest.mark.parametrize("look", [told("Running"), failing])
    def test_a_delete_that_is_answered_with_404_is_not_done_unless_a_look_confirms_it(self, look):
        with WireServer(told("Running"), missing, look) as server:
            client = client_of(server)
            client.get_cluster(ID)
            with pytest.raises(NotFoundError, match="could not delete"):
                client.delete_cluster(ID)

    def test_a_delete_of_what_was_never_seen_is_not_found(self):
        with WireServer(missing) as server:
            with pytest.raises(NotFoundError):
                client_of(server).delete_cluster(ID)
            assert len(server.requests) == 1

    def test_what_was_seen_last_is_told_by_id_and_by_name(self):
        with WireServer(answer(page(cluster_row(1), cluster_row(2, name="a"), cluster_row(3, name="a")))) as server:
            client = client_of(server)
            client.list_clusters()
            assert client.last_seen(cluster_row(1)["id"]).name == "cluster-001"
            assert client.last_seen("cluster-001").id == cluster_row(1)["id"]
            assert client.last_seen("a") is None
            assert client.last_seen("b") is None


class TestFaults:
    def test_one_failed_poll_after_a_long_stop_does_not_end_the_wait(self, clock):
        stop = clock.passing(9 * 60 * MINUTE, failing)
        assert waited(told("Initializing"), stop, told("Running"))[0].status == "Running"

    def test_nor_does_a_stop_right_at_the_start(self, clock):
        stop = clock.passing(9 * 60 * MINUTE, failing)
        assert waited(stop, stop, told("Running"))[0].status == "Running"

    def test_an_outage_that_lasts_ends_it(self, clock):
        scripts = [told("Initializing"), clock.passing(45, failing)]
        with WireServer(*scripts) as server:
            with pytest.raises(ServerError):
                client_of(server).wait(ID)
            assert len(server.requests) == 1 + 14  # 14 times 45 s is more than 10 minutes

    def test_an_answer_ends_an_outage(self, clock):
        outage = [clock.passing(45, failing)] * 10
        scripts = [*outage, told("Initializing"), *outage, told("Running")]
        assert waited(*scripts)[0].status == "Running"

    def test_passing_faults_of_the_emulator_are_survived_after_a_stop(self, client, emulator, clock):
        made = client.create_cluster(spec())
        emulator.faults.add(Fault(method="GET", status=500, times=2))

        def stop(*_):
            clock.time += 3 * 60 * MINUTE

        assert client.wait(made.id, timeout=60, report=stop).status == "Running"


class TestUnknownStatuses:
    def test_one_that_does_not_change_is_warned_of_once_and_waited_for(self, clock, caplog):
        lines = []
        scripts = [told("Rebalancing"), *[clock.passing(3 * MINUTE, told("Rebalancing"))] * 8, told("Running")]
        with caplog.at_level(logging.WARNING, "heco_jupyter"):
            cluster, reads = waited(*scripts, report=lambda text, _: lines.append(text))
        assert (cluster.status, reads) == ("Running", 10)
        (record,) = caplog.records
        assert record.levelname == "WARNING"
        assert "etl is Rebalancing, a status not known here, unchanged for 10 minutes" in record.getMessage()
        warned = ["unchanged for 10 minutes" in line for line in lines[:-1]]
        assert (warned[0], warned[-1]) == (False, True)
        assert warned == sorted(warned)
        assert all("Rebalancing" in line for line in lines[:-1])

    def test_one_that_changes_is_not(self, clock, caplog):
        scripts = [clock.passing(6 * MINUTE, told(status)) for status in ("Phase 1", "Phase 2", "Phase 3", "Running")]
        with caplog.at_level(logging.WARNING, "heco_jupyter"):
            assert waited(*scripts)[0].status == "Running"
        assert not caplog.records

    @pytest.mark.parametrize("status", ["Initializing", "Pending", "Running(Scaling)", "Scaling-out"])
    def test_a_known_one_is_not(self, clock, caplog, status):
        with caplog.at_level(logging.WARNING, "heco_jupyter"):
            waited(told(status), *[clock.passing(10 * MINUTE, told(status))] * 3, told("Running"))
        assert not caplog.records

    def test_no_status_at_all_is_warned_of_too(self, clock, caplog):
        with caplog.at_level(logging.WARNING, "heco_jupyter"):
            waited(answer({"id": ID, "name": "etl"}), clock.passing(11 * MINUTE, told(None)), told("Running"))
        assert "etl is without a status, a status not known here" in caplog.records[0].getMessage()

    def test_a_failure_that_is_waited_for_to_terminate_is_warned_of(self, clock, caplog):
        scripts = [told("Failed"), clock.passing(11 * MINUTE, told("Failed")), told("Terminated(Error)")]
        with caplog.at_level(logging.WARNING, "heco_jupyter"):
            waited(*scripts, until="terminated")
        assert "etl is Failed, unchanged for 10 minutes" in caplog.records[0].getMessage()

    def test_the_timeout_ends_it(self):
        with pytest.raises(WaitTimeoutError, match="it is Rebalancing"):
            waited(told("Rebalancing"), timeout=1.0)


class TestCreates:
    USUAL = "a create in KakaoCloud usually takes 20 to 25 minutes"

    def lines(self, *scripts, **options):
        lines = []
        waited(*scripts, report=lambda text, _: lines.append(text), **options)
        return lines[:-1]

    @pytest.mark.parametrize("status", ["Initializing", "PENDING", "Processing", "Creating"])
    def test_whoever_waits_for_a_new_cluster_is_told_how_long_it_usually_takes(self, status):
        assert all(self.USUAL in line for line in self.lines(told(status), told("Running")))

    def test_also_before_the_api_knows_it(self):
        created = answer({"id": ID, "name": "etl-nightly", "status": "Initializing"})
        lines = []
        with WireServer(answer(page()), created, missing, told("Booting"), told("Running")) as server:
            client = client_of(server)
            client.create_cluster(spec())
            client.wait(ID, timeout=60, report=lambda text, _: lines.append(text))
        assert all(self.USUAL in line for line in lines[:-1])
        assert self.USUAL not in lines[-1]

    @pytest.mark.parametrize(
        ("before", "options"),
        [
            ({"status": "Running(Scaling-out)"}, {}),
            ({"status": "Scaling"}, {}),
            ({"status": "Rebalancing"}, {}),
            ({"status": "Processing", "runningAt": 1_720_000_000_000}, {}),
            ({"status": "Processing"}, {"workers": 3}),
        ],
    )
    def test_whoever_waits_for_anything_else_is_not(self, before, options):
        lines = self.lines(told(**before), told("Running", workerCnt=3), **options)
        assert lines
        assert not any(self.USUAL in line for line in lines)

    def test_nor_is_who_waits_for_an_end(self):
        lines = self.lines(told("Initializing"), told("Terminated(Error)"), until="terminated")
        assert not any(self.USUAL in line for line in lines)


def test_the_goal_says_what_can_no_longer_be_reached():
    def out_of_reach(status, until="running"):
        return Goal(until).out_of_reach(Cluster({"id": ID, "status": status}))

    assert all(out_of_reach(status) for status in ("Failed", "Running(Error)", "Terminating", "Terminated(User)"))
    assert not any(
        out_of_reach(status) for status in ("Running", "Initializing", "Running(Scaling)", "Rebalancing", "")
    )
    assert not any(out_of_reach(status, "terminated") for status in ("Failed", "Running", "Terminating"))
