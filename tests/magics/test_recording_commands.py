"""`%heco record`, `snapshot` and `compact` in a notebook."""

from __future__ import annotations

import pytest
from support import cluster_row, until

from heco_jupyter import fleet as fleet_functions
from heco_jupyter.emulator import Emulator, Fault
from heco_jupyter.live import recorder as recorders


@pytest.fixture
def recording_notebook(notebook, emulator, monkeypatch):
    """Return a notebook with two clusters; what it records ends with the test."""
    monkeypatch.setattr(recorders._Here, "recorder", None)
    emulator.load([cluster_row(1), cluster_row(2)])
    yield notebook
    if (recorder := recorders.recorder_here()) is not None:
        recorder.stop()
        assert recorder.wait_for_the_end(20)


def test_without_a_recording_it_says_how_to_begin(recording_notebook):
    assert "%heco record DIR --every 10m" in repr(recording_notebook.value("%heco record"))
    assert "%heco record DIR" in repr(recording_notebook.value("%heco record --stop"))


def test_a_recording_goes_on_in_the_background_until_it_is_stopped(recording_notebook, tmp_path):
    begun = recording_notebook.value(f"%heco record {tmp_path}/h --every 1s")
    assert begun.is_running
    assert (begun.snapshots, begun.clusters, begun.directory) == (1, 2, tmp_path / "h")
    until(lambda: recording_notebook.value("%heco record").snapshots >= 3)
    ended = recording_notebook.value("%heco record --stop")
    assert not ended.is_running
    assert fleet_functions.snapshots(tmp_path / "h")["snapshotAt"].nunique() == ended.snapshots
    assert recording_notebook.value("%heco record") is ended


def test_the_ten_minutes_are_the_default(recording_notebook, tmp_path):
    assert recording_notebook.value(f"%heco record {tmp_path}").every.total_seconds() == 600


def test_a_cell_that_runs_again_goes_on_with_the_same_folder(recording_notebook, tmp_path):
    for _ in range(2):
        recording = recording_notebook.value(f"%heco record {tmp_path}/h --every 1h")
    assert recording.is_running
    assert fleet_functions.snapshots(tmp_path / "h")["snapshotAt"].nunique() == 1
    ran = recording_notebook.run(f"%heco record {tmp_path}/other --every 1h")
    assert f"the recording to {tmp_path}/h ends" in ran.text
    assert ran.value.directory == tmp_path / "other"


def test_a_recording_stays_with_the_connection_that_it_began_with(recording_notebook, emulator, tmp_path):
    recording_notebook.value(f"%heco record {tmp_path}/h --every 1s")
    with Emulator(seed="empty") as other:
        recording_notebook.value(
            "import heco_jupyter\n"
            f"heco_jupyter.connect({other.url!r}, {other.credential_id!r}, {other.credential_secret!r})"
        )
        seen = recording_notebook.value("%heco record").snapshots
        until(lambda: recording_notebook.value("%heco record").snapshots > seen)
        recording = recording_notebook.value("%heco record --stop")
    assert recording.endpoint == emulator.url
    assert recording.clusters == 2


def test_wrong_keys_and_a_folder_that_cannot_be_written_fail_the_cell(recording_notebook, emulator, tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot be written to" in recording_notebook.refusal(f"%heco record {tmp_path}/file/h")
    emulator.faults.add(Fault(status=401))
    assert "401" in recording_notebook.refusal(f"%heco record {tmp_path}/h")


def test_an_api_that_fails_is_part_of_what_it_tells(recording_notebook, emulator, tmp_path):
    recording_notebook.value(f"%heco record {tmp_path}/h --every 1s")
    emulator.faults.add(Fault(status=500))
    until(lambda: recording_notebook.value("%heco record").last_error)
    assert "500" in repr(recording_notebook.value("%heco record"))
    emulator.faults.clear()
    until(lambda: not recording_notebook.value("%heco record").last_error)


def test_prices_come_from_the_option_unless_a_file_is_named(recording_notebook, tmp_path):
    prices = tmp_path / "prices.csv"
    prices.write_text("flavorName,pricePerHour\nm2a.xlarge,1\n")
    recording_notebook.value(f"%config HecoMagics.prices = {str(prices)!r}")
    prices.write_text("nonsense")
    for line in (f"%heco record {tmp_path}/h", f"%heco snapshot {tmp_path}/h"):
        assert "price table" in recording_notebook.refusal(line)
    other = tmp_path / "other.csv"
    other.write_text("flavorName,pricePerHour\nm2a.xlarge,1\n")
    assert recording_notebook.value(f"%heco snapshot {tmp_path}/h --prices {other}").exists()


def test_an_archive_is_checked_for_gaps_and_for_what_is_not_ours(recording_notebook, emulator, tmp_path):
    empty = recording_notebook.value(f"%heco history {tmp_path}/none --check")
    assert "snapshots         0" in repr(empty)
    assert "no snapshots yet" in repr(empty)
    clusters = recording_notebook.value("%heco list")
    for minute in (0, 10, 20, 50):
        fleet_functions.snapshot(clusters, tmp_path, f"2026-07-01T09:{minute:02}")
    checked = recording_notebook.value(f"%heco history {tmp_path} --check")
    assert "usually every     10 min" in repr(checked)
    assert "gap               2026-07-01 09:20:00 UTC to 2026-07-01 09:50:00 UTC, 30 min" in repr(checked)
    assert repr(checked).startswith(f"▲ {tmp_path}  1 gap\n")
    (tmp_path / "raw" / "date=2026-07-01" / "<b>.parquet").write_text("x")
    checked = recording_notebook.value(f"%heco history {tmp_path} --check")
    assert "not ours          raw/date=2026-07-01/<b>.parquet: " in repr(checked)
    assert "<b>.parquet" not in checked._repr_html_()
    assert len(checked.data()["gaps"]) == 1


def test_compact_says_what_it_did(recording_notebook, tmp_path):
    recording_notebook.value(f"%heco snapshot {tmp_path}")
    ran = recording_notebook.run(f"%heco compact {tmp_path}")
    assert ran.value == []
    assert "nothing to compact" in ran.text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%heco record --every 5m", "give DIR"),
        ("%heco record h --stop", "--stop stands alone"),
        ("%heco record h --every 0.01s", "0.1 s or more"),
        ("%heco history h --check --until 2026-10-01", "leave out --since and --until"),
        ("%heco vms", "give one cluster, or --all"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(recording_notebook, line, words):
    assert words in recording_notebook.refusal(line)
