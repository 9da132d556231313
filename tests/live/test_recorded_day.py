"""A day of recording by the service, beside an emulator that fails and moves: the history is the emulator's own log."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from recording import MIDNIGHT, FastClock, Log
from support import client_of, spec

from heco_jupyter import fleet
from heco_jupyter.__main__ import main
from heco_jupyter.api import connection
from heco_jupyter.emulator import Emulator, Fault
from heco_jupyter.live.recorder import Recorder

EVERY = timedelta(minutes=20)
FAULTS = (  # from, to (hours), what
    (1.95, 2.4, Fault(path="/clusters$", status=500)),
    (4.0, 5.1, Fault(status=500)),
    (8.99, 9.01, Fault(path="/clusters$", body=b"<html>")),
    (13.0, 13.01, Fault(drop="before")),
    (17.9, 18.6, Fault(status=401)),
    (21.0, 22.0, Fault(path="/clusters/", status=500)),  # details alone
)
COLUMNS = ("name", "status", "owner", "masterCnt", "workerCnt", "nodeCnt", "runningAt", "elapsedTime")


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Return what was true during a day and two hours more, the archive that the service has made, and what it said."""
    clock, directory, said = FastClock(), tmp_path_factory.mktemp("archive"), []
    emulator = Emulator(seed="fleet", speed=1, clock=lambda: clock.now().timestamp())
    with pytest.MonkeyPatch.context() as patch, emulator:
        patch.setattr(Recorder, "clock", clock)
        patch.setattr("heco_jupyter.__main__._say", said.append)
        connection.connect(emulator.url, emulator.credential_id, emulator.credential_secret)
        connection.configure(timeout=3.0)
        log = Log(emulator, clock)
        _plan(clock, emulator)
        prices = directory.parent / "prices.csv"
        prices.write_text("flavorName,pricePerHour\nm2a.xlarge,0.25\n")
        words = ["record", str(directory), "--every", "20m", "--for", "26h", "--prices", str(prices)]
        assert main(words) == 0, said
    return log, directory, said


def _plan(clock, emulator):
    """Have clusters come, grow, shrink and go during the day, and the API fail."""
    writer = client_of(emulator)

    def at(hours, act):
        clock.at(MIDNIGHT + timedelta(hours=hours), act)

    def write(hours, act):
        def unharmed():
            faults = [*emulator.faults]
            emulator.faults.clear()
            act()
            emulator.faults.add(*faults)
            emulator.clear_requests()

        at(hours, unharmed)

    for hour in range(1, 25, 2):
        made = f"job-{hour}"
        write(hour + 0.07, lambda name=made: writer.create_cluster(spec(name=name, workerCnt=2 + len(name) % 3)))
        write(hour + 1.3, lambda name=made: writer.scale(writer.find(name), 9))
        write(hour + 2.2, lambda name=made: writer.scale(writer.find(name), 4))
        write(hour + 3.4, lambda name=made: writer.delete_cluster(writer.find(name)))
    for begin, end, fault in FAULTS:
        at(begin, lambda fault=fault: emulator.faults.add(fault))
        at(end, emulator.faults.clear)


def of_list(row):
    """Return what a snapshot keeps of an item of a list, as the archive has it."""
    values = {name: row[name] for name in COLUMNS}
    if values["runningAt"] is not None:
        values["runningAt"] = pd.Timestamp(values["runningAt"], unit="ms", tz="UTC")
    return values | {"elapsedTime": pd.Timedelta(values["elapsedTime"], unit="ms")}


def of_frame(row):
    """Return the same of a row of the archive."""
    return {name: None if pd.isna(getattr(row, name)) else getattr(row, name) for name in COLUMNS}


def is_live(row):
    return not row["status"].startswith("Terminated")


def test_there_is_one_snapshot_for_every_twenty_minutes_in_which_the_api_answered_at_all(day):
    log, directory, _ = day
    moments = fleet.snapshots(directory)["snapshotAt"].drop_duplicates().tolist()
    assert moments == [*log.rows]
    cells = [(moment - MIDNIGHT) // EVERY for moment in moments]
    lost = {6, 12, 13, 14, 54}  # by FAULTS: in all others there were minutes in which a list could be read
    assert cells == [cell for cell in range(26 * 3) if cell not in lost]


def test_every_live_row_of_every_snapshot_is_what_was_true_at_its_moment(day):
    log, directory, _ = day
    rows = fleet.snapshots(directory)
    found = {(row.snapshotAt, row.id): of_frame(row) for row in rows.itertuples()}
    assert len(found) == len(rows)
    live = {key: row for key, row in found.items() if is_live(row)}
    assert live == {
        (moment, key): of_list(row) for moment, there in log.rows.items() for key, row in there.items() if is_live(row)
    }
    assert len({row["workerCnt"] for row in live.values()}) > 5
    assert {row["status"] for row in live.values()} >= {"Initializing", "Running(Scaling-out)", "Running(Scaling-in)"}


def test_the_history_has_of_every_cluster_what_the_log_has(day):
    log, directory, _ = day
    history = fleet.history(directory).set_index("id")
    assert {*history.index} == {key for rows in log.rows.values() for key in rows}
    for row in history.itertuples():
        seen = {moment: rows[row.Index] for moment, rows in log.rows.items() if row.Index in rows}
        assert row.firstSeen == min(seen)
        last = of_list(seen[max(seen)])
        assert (row.name, row.status, row.owner) == (last["name"], last["status"], last["owner"])
        assert row.elapsedTime == last["elapsedTime"]
        with_nodes = {moment: item for moment, item in seen.items() if item["nodeCnt"]}
        if with_nodes:
            counted = with_nodes[max(with_nodes)]
            assert (row.masterCnt, row.workerCnt, row.nodeCnt) == tuple(map(counted.get, COLUMNS[3:6]))
        assert row.nodeCnts == changes((moment, item["nodeCnt"]) for moment, item in with_nodes.items())
        if is_live(last):
            assert row.lastSeen == max(log.rows)


def test_the_runs_of_the_history_are_those_of_the_log(day):
    log, directory, _ = day
    history = fleet.history(directory)
    limit = timedelta(milliseconds=history.attrs["limit"])
    assert timedelta(minutes=39) < limit < timedelta(minutes=41)
    gaps = [(since.isoformat(), until.isoformat()) for since, until in pairwise(log.rows) if until - since > limit]
    assert [[text.replace(".000", "")[:19] for text in gap] for gap in history.attrs["gaps"]] == [
        [text[:19] for text in gap] for gap in gaps
    ]
    assert len(gaps) == 3
    for cluster, runs in zip(history["id"], history["runs"], strict=True):
        counts = {moment: rows[cluster] for moment, rows in log.rows.items() if cluster in rows}
        seen = [
            (moment, (row["masterCnt"], row["workerCnt"], row["nodeCnt"]))
            for moment, row in counts.items()
            if is_live(row)
        ]
        found = [
            (run["since"], run["until"], *(int(np.nan_to_num(run[name])) for name in ("masters", "workers", "nodes")))
            for run in merged(runs, limit)
        ]
        assert found == expected_runs(seen, limit)


def merged(runs, limit):
    """Return runs that differ in prices alone as one: the flavors of a new cluster may come later than it."""
    counts = ["masters", "workers", "nodes"]
    kept = []
    for run in runs.copy():
        near = kept and run["since"] - kept[-1]["until"] <= limit // timedelta(milliseconds=1)
        if near and np.array_equal(run[counts].tolist(), kept[-1][counts].tolist(), equal_nan=True):
            kept[-1]["until"] = run["until"]
        else:
            kept.append(run)
    return kept


def expected_runs(seen, limit):
    runs = []
    for moment, counts in seen:
        at = round(moment.timestamp() * 1000)
        if runs and runs[-1][2:] == counts and at - runs[-1][1] <= limit // timedelta(milliseconds=1):
            runs[-1] = (runs[-1][0], at, *counts)
        else:
            runs.append((at, at, *counts))
    return runs


def test_flavors_and_prices_are_kept_beside(day):
    log, directory, _ = day
    history = fleet.history(directory)
    last = log.rows[max(log.rows)]
    live = history[history["id"].isin([key for key, row in last.items() if is_live(row)])]
    assert live["workerFlavorName"].notna().all()
    cheap = history["workerFlavorName"] == "m2a.xlarge"
    assert (history.loc[cheap, "workerPricePerHour"] == 0.25).all()
    assert history.loc[~cheap, "workerPricePerHour"].isna().all()


def test_the_day_is_compacted_soon_after_midnight(day):
    log, directory, _ = day
    (file,) = (directory / "daily" / "date=2024-05-01").glob("*.parquet")
    moments = pd.read_parquet(file, columns=["snapshotAt"])["snapshotAt"].unique()
    assert {*moments} == {moment for moment in log.rows if moment < MIDNIGHT + timedelta(days=1)}


def changes(counts):
    """Return the times and counts where a count differs from the one before."""
    found = []
    for moment, count in counts:
        if not found or found[-1][1] != count:
            found.append((moment, count))
    return found


def test_what_it_said_is_when_it_began_and_when_each_failure_began_and_ended(day):
    _, _, said = day
    opening, *rest = said
    assert opening.startswith("recording every 20 min to ")
    assert ["the recording goes on trying" in words for words in rest] == [True, False] * len(FAULTS)
    assert ["the recording works again" in words for words in rest] == [False, True] * len(FAULTS)
