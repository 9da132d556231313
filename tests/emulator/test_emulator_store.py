"""Clusters that are kept in a file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from pathlib import Path

import pytest

from heco_jupyter.emulator import Emulator
from heco_jupyter.emulator.store import StoreError


def test_an_emulator_on_the_same_file_continues_where_the_last_one_stopped(make, caller, clock, body, tmp_path):
    db = str(tmp_path / "fleet.db")
    first = make(db=db)
    api = caller(first)
    first.load([{"id": "loaded", "name": "loaded", "status": "Running"}])
    first.load_vms("loaded", [{"name": "vm", "instanceId": "i"}])
    cluster_id = api.create(body(userTask={"type": "hive", "terminationPolicy": "always"}))
    clock.advance(330)
    api.scale(cluster_id, "out", 2)
    clock.advance(130)
    before = api.items(), api.get(cluster_id), api.vms(cluster_id), api.vms("loaded")
    first.stop()
    again = caller(make(db=db))
    assert (again.items(), again.get(cluster_id), again.vms(cluster_id), again.vms("loaded")) == before
    clock.advance(5000)
    assert again.item(cluster_id)["status"] == "Terminated(UserTask)"


def test_a_file_is_seeded_once(make, caller, clock, tmp_path):
    db = str(tmp_path / "fleet.db")
    first = make(db=db, seed="fleet")
    before = caller(first).items()
    first.stop()
    assert caller(make(db=db, seed="empty")).items() == before
    emptied = str(tmp_path / "empty.db")
    make(db=emptied, seed="empty").stop()
    assert caller(make(db=emptied, seed="fleet")).items() == []


def test_no_secret_is_in_the_file(make, caller, body, b64, tmp_path):
    emulator = make(db=str(tmp_path / "fleet.db"))
    api = caller(emulator)
    passwords = [b64("canary-admin"), b64("canary-mysql")]
    api.create(
        body(
            adminInfo={"userId": "admin", "userPw": passwords[0]},
            hiveDbInfo={"objectId": "o", "dbName": "d", "userId": "visible-user", "userPw": passwords[1]},
            config={"userScript": b64("export TOKEN=canary-script")},
        )
    )
    details = str(api.get(api.items()[0]["id"]))
    emulator.stop()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"visible-user" in stored
    secrets = [*passwords, "canary-admin", "canary-mysql", "canary-script", b64("export TOKEN=canary-script")]
    for secret in [*secrets, emulator.credential_secret, emulator.read_only_secret]:
        assert secret.encode() not in stored
        assert secret not in details


def test_a_file_is_released_when_the_port_is_in_use(make, tmp_path):
    db = str(tmp_path / "fleet.db")
    port = int(make().url.rsplit(":", 1)[1])
    unlucky = Emulator(db=db, port=port)
    with pytest.raises(OSError, match=r"[Aa]ddress"):
        unlucky.start()
    assert make(db=db).url


def test_two_emulators_cannot_share_a_file(make, tmp_path):
    db = str(tmp_path / "fleet.db")
    make(db=db)
    with pytest.raises(StoreError, match="another emulator"):
        Emulator(db=db).start()


def test_a_file_that_is_not_a_database_of_the_emulator_is_left_alone(tmp_path):
    text, other = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("not a database, and long enough to be sure of it " * 50)
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()
    before = text.read_bytes(), other.read_bytes()
    for path in (text, other):
        with pytest.raises(StoreError, match="not a database of this emulator"):
            Emulator(db=str(path)).start()
    assert (text.read_bytes(), other.read_bytes()) == before


def test_a_file_that_cannot_be_created_is_named(tmp_path):
    with pytest.raises(StoreError, match="missing"):
        Emulator(db=str(tmp_path / "missing" / "fleet.db")).start()


def modes(folder):
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


only_posix = pytest.mark.skipif(os.name == "nt", reason="access is not a matter of modes on Windows")


@only_posix
@pytest.mark.usefixtures("umask")
def test_only_the_owner_can_read_a_new_file_and_its_journal(make, caller, body, tmp_path):
    target, link = tmp_path / "target.db", tmp_path / "link.db"
    link.symlink_to(target)
    for path in (tmp_path / "fleet.db", link):
        caller(make(db=str(path))).create(body())
    assert modes(tmp_path) == dict.fromkeys(
        ["fleet.db", "fleet.db-journal", "target.db", "target.db-journal", "link.db"], 0o600
    )


@only_posix
def test_a_file_is_never_readable_by_others_not_even_at_first(monkeypatch, make, tmp_path):
    path = tmp_path / "fleet.db"
    seen = []
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *args, **options: seen.append(modes(tmp_path)) or connect(*args, **options)
    )
    make(db=str(path))
    assert seen == [{"fleet.db": 0o600}]


@only_posix
@pytest.mark.parametrize("mode", [0o644, 0o666, 0o640, 0o700])
def test_a_file_of_ours_that_others_can_read_is_made_private(make, caller, body, tmp_path, mode):
    path, journal = tmp_path / "fleet.db", tmp_path / "fleet.db-journal"
    make(db=str(path)).stop()
    path.chmod(mode)
    journal.write_bytes(b"")
    journal.chmod(mode)
    caller(make(db=str(path))).create(body())
    assert modes(tmp_path) == {"fleet.db": 0o600, "fleet.db-journal": 0o600}


@only_posix
def test_an_empty_file_that_others_can_read_is_made_private_before_it_is_filled(make, caller, body, tmp_path):
    path = tmp_path / "fleet.db"
    path.touch(mode=0o666)
    path.chmod(0o666)
    caller(make(db=str(path))).create(body())
    assert modes(tmp_path) == {"fleet.db": 0o600, "fleet.db-journal": 0o600}


@only_posix
def test_the_mode_of_a_file_that_is_not_ours_is_left_alone(tmp_path):
    path = tmp_path / "other.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (x)")
    path.chmod(0o644)
    with pytest.raises(StoreError, match="not a database of this emulator"):
        Emulator(db=str(path)).start()
    assert modes(tmp_path) == {"other.db": 0o644}


@only_posix
def test_a_file_whose_mode_cannot_be_changed_is_refused(monkeypatch, make, tmp_path):
    path = tmp_path / "fleet.db"
    make(db=str(path)).stop()
    path.chmod(0o644)

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)  # as for the file of another user; these tests may run as root
    with pytest.raises(StoreError, match=r"others can read .*fleet\.db, and its mode cannot be changed"):
        Emulator(db=str(path)).start()


@pytest.mark.parametrize("db", ["", ":memory:"])
def test_a_database_without_a_file_leaves_none(monkeypatch, make, caller, tmp_path, db):
    monkeypatch.chdir(tmp_path)
    assert caller(make(db=db)).items() == []
    assert list(tmp_path.iterdir()) == []
