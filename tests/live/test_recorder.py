"""The recorder: its thread, what it reads and saves, and how it bears an API or a disk that fails."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from recording import MIDNIGHT, FastClock
from support import client_of, cluster_row, until

from heco_jupyter import fleet as fleet_functions
from heco_jupyter.emulator import Fault
from heco_jupyter.errors import AuthenticationError, CommandError
from heco_jupyter.live.recorder import Recorder

TEN = timedelta(minutes=10)
FLAVORS = {"masterInfo": [{"flavorName": "small"}], "workerInfo": [{"flavorName": "large"}]}


@pytest.fixture
def fleet(emulator):
    """Return an emulator with three clusters, one of which is terminated."""
    emulator.load([cluster_row(n, **FLAVORS, status="Running" if n < 3 else "Terminated(User)") for n in (1, 2, 3)])
    return emulator


@pytest.fixture
def clock(monkeypatch):
    made = FastClock()
    monkeypatch.setattr(Recorder, "clock", made)
    return made


@pytest.fixture
def record(fleet, tmp_path):
    """Return what starts a recorder; it ends with the test."""
    made = []

    def start(directory=tmp_path / "h", every=TEN, **options):
        recorder = Recorder(client_of(fleet, timeout=5.0), directory, every, **options)
        recorder.said = []
        recorder.listen(lambda before, now: recorder.said.append((before, now)))
        made.append(recorder)
        recorder.start()
        return recorder

    yield start
    for recorder in made:
        recorder.stop()
        assert recorder.wait_for_the_end(20)


def moments(directory):
    return sorted(fleet_functions.snapshots(directory)["snapshotAt"].unique().tolist())


def lists(emulator):
    return [request for request in emulator.requests if request.path.endswith("/clusters")]


def test_it_begins_at_once_and_goes_on_at_the_moments_of_the_grid(record, clock, tmp_path):
    clock.time += timedelta(minutes=3)
    recorder = record(lasting=timedelta(hours=1))
    assert recorder.wait_for_the_end(20)
    first, *rest = moments(tmp_path / "h")
    assert first == MIDNIGHT + timedelta(minutes=3)
    assert [moment.floor("10min") for moment in rest] == [MIDNIGHT + n * TEN for n in range(1, 7)]
    assert all(moment - moment.floor("10min") <= timedelta(seconds=5) for moment in rest)
    assert recorder.recording.snapshots == 7
    assert not recorder.recording.is_running


def test_one_that_is_started_again_waits_for_the_next_moment(record, clock, fleet, tmp_path):
    assert record(lasting=timedelta(minutes=1)).wait_for_the_end(20)
    fleet.clear_requests()
    again = record(lasting=timedelta(minutes=9))
    assert again.wait_for_the_end(20)
    assert len(moments(tmp_path / "h")) == 1
    assert not fleet.requests
    assert again.recording.last_at == MIDNIGHT


def test_details_are_read_once_per_cluster(record, clock, fleet):
    fleet.clear_requests()
    assert record(lasting=timedelta(hours=1)).wait_for_the_end(20)
    assert len(lists(fleet)) == 6
    assert len(fleet.requests) == 6 + 3


def test_a_failing_api_costs_its_snapshots_and_is_told_when_it_begins_and_when_it_is_over(
    record, clock, fleet, tmp_path
):
    clock.at(MIDNIGHT + timedelta(minutes=15), lambda: fleet.faults.add(Fault(status=500)))
    clock.at(MIDNIGHT + timedelta(minutes=195), fleet.faults.clear)
    recorder = record(lasting=timedelta(hours=4))
    assert recorder.wait_for_the_end(20)
    changes = [(bool(before.last_error), bool(now.last_error)) for before, now in recorder.said]
    assert changes.count((False, True)) == changes.count((True, False)) == 1
    cells = [moment.floor("10min") for moment in moments(tmp_path / "h")]
    assert cells == [MIDNIGHT + n * TEN for n in (0, 1, *range(19, 24))]
    failing = next(now for before, now in recorder.said if now.last_error)
    assert "500" in failing.last_error
    assert failing.failing_since.replace(second=0, microsecond=0) == MIDNIGHT + 2 * TEN
    assert recorder.recording.last_error is None


def test_a_snapshot_is_saved_without_flavors_that_cannot_be_read_and_they_are_asked_for_again(
    record, clock, fleet, tmp_path
):
    fleet.faults.add(Fault(path=r"/clusters/", status=500))
    clock.at(MIDNIGHT + timedelta(minutes=15), fleet.faults.clear)
    recorder = record(lasting=timedelta(minutes=25))
    assert recorder.wait_for_the_end(20)
    assert len(moments(tmp_path / "h")) == 3
    errors = [now.last_error for _, now in recorder.said if now.last_error]
    assert errors
    assert errors[0].startswith("the flavors of 3 clusters could not be read")
    assert recorder.recording.last_error is None


def test_wrong_keys_end_it_at_once_and_later_they_are_a_failure_like_any_other(record, clock, fleet):
    fleet.faults.add(Fault(status=401))
    recorder = record()
    assert recorder.wait_for_the_end(20)
    assert isinstance(recorder.error, AuthenticationError)
    fleet.faults.clear()
    clock.at(clock.time + timedelta(minutes=15), lambda: fleet.faults.add(Fault(status=401)))
    later = record(lasting=timedelta(minutes=45))
    assert later.wait_for_the_end(20)
    assert later.error is None
    assert "401" in later.recording.last_error


@pytest.mark.filterwarnings("ignore:the list kept changing")
def test_a_list_that_is_not_whole_is_saved_and_counted(record, clock, fleet):
    page = {"content": [cluster_row(1)], "totalElements": 5, "totalPages": 1, "last": True, "size": 1000, "number": 0}
    fleet.faults.add(Fault(path="/clusters$", body=page))
    recorder = record(lasting=timedelta(minutes=1))
    assert recorder.wait_for_the_end(30)
    assert (recorder.recording.snapshots, recorder.recording.incomplete) == (1, 1)


def test_where_it_cannot_write_it_is_refused_at_the_start(fleet, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="cannot be written to"):
        Recorder(client_of(fleet), tmp_path / "file" / "h", TEN)
    assert not fleet.requests


def test_where_it_can_no_longer_write_it_ends_and_says_why(record, clock, fleet, tmp_path):
    def ruin():
        (tmp_path / "h").rename(tmp_path / "gone")
        (tmp_path / "h").write_text("")

    clock.at(MIDNIGHT + timedelta(minutes=15), ruin)
    recorder = record()
    assert recorder.wait_for_the_end(20)
    assert isinstance(recorder.error, CommandError)
    assert recorder.recording.problem
    assert recorder.recording.snapshots == 2


def test_a_price_table_is_read_before_each_snapshot_and_the_one_before_holds_while_it_is_broken(
    record, clock, fleet, tmp_path
):
    prices = tmp_path / "prices.csv"
    prices.write_text("flavorName,pricePerHour\nsmall,1\nlarge,10\n")
    clock.at(MIDNIGHT + timedelta(minutes=15), lambda: prices.write_text("nonsense"))
    recorder = record(lasting=timedelta(minutes=25), prices=prices)
    assert recorder.wait_for_the_end(20)
    assert recorder.recording.snapshots == 3
    assert "price" in recorder.recording.last_error
    with pytest.raises(CommandError):
        Recorder(client_of(fleet), tmp_path / "h", TEN, prices=prices)


def test_two_recorders_of_one_folder_lose_nothing_and_count_nothing_twice(record, fleet, tmp_path):
    every = timedelta(milliseconds=400)
    one, other = record(every=every), record(every=every)
    until(lambda: one.recording.snapshots + other.recording.snapshots >= 8)
    for recorder in (one, other):
        recorder.stop()
        assert recorder.wait_for_the_end(20)
    files = [*(tmp_path / "h").glob("raw/*/snapshot-*.parquet")]
    assert len(files) == one.recording.snapshots + other.recording.snapshots
    rows = fleet_functions.snapshots(tmp_path / "h")
    assert rows["snapshotAt"].nunique() in (len(files), len(files) - 1)  # the first ones may be of one moment
    assert not rows.duplicated(["snapshotAt", "id"]).any()


def test_a_recorder_takes_no_snapshot_that_another_one_has_taken(record, clock, fleet, tmp_path):
    assert record(lasting=timedelta(minutes=55)).wait_for_the_end(20)
    clock.time = MIDNIGHT + timedelta(minutes=51)
    fleet.clear_requests()
    other = record(lasting=timedelta(minutes=20))
    assert other.wait_for_the_end(20)
    assert [moment.minute // 10 for moment in moments(tmp_path / "h")] == [0, 1, 2, 3, 4, 5, 0, 1]
    assert len(lists(fleet)) == other.recording.snapshots == 2


def test_it_stops_at_once_while_it_waits(record, fleet):
    recorder = record(every=timedelta(hours=1))
    until(lambda: recorder.recording.snapshots)
    recorder.stop()
    assert recorder.wait_for_the_end(5)


def test_a_listener_that_raises_does_not_end_it(record, clock):
    recorder = record(lasting=timedelta(minutes=25))

    def broken(before, now):
        raise ZeroDivisionError

    recorder.listen(broken)
    assert recorder.wait_for_the_end(20)
    assert recorder.error is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_records_nothing_and_the_parent_goes_on(record):
    recorder = record(every=timedelta(milliseconds=200))
    until(lambda: recorder.recording.snapshots)
    child = os.fork()
    if child == 0:
        is_over = not recorder.recording.is_running and recorder.wait_for_the_end(1)
        os._exit(0 if is_over else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    seen = recorder.recording.snapshots
    until(lambda: recorder.recording.snapshots > seen)
    assert recorder.recording.is_running


def test_it_stays_with_its_connection_and_its_folder(record, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    recorder = record(directory="here", every=timedelta(milliseconds=200))
    monkeypatch.chdir("/")
    seen = recorder.recording.snapshots
    until(lambda: recorder.recording.snapshots > seen + 1)
    assert recorder.recording.directory == tmp_path / "here"


def test_a_distance_that_is_too_short_is_refused(fleet, tmp_path):
    with pytest.raises(CommandError, match=r"0\.1 s or more"):
        Recorder(client_of(fleet), tmp_path, timedelta(milliseconds=10))
