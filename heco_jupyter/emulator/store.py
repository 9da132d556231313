"""Clusters in an SQLite database, in memory or in a file, so that a restarted emulator continues where it left off.

Everything is also kept in Python objects, because lists are read far more often than anything changes. For that reason
the file stays locked while it is open. Only the data in `model` is stored, which holds no secret; names, owners and
addresses are nobody else's business all the same, so only its owner can read the file.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heco_jupyter.emulator.forking import leak
from heco_jupyter.emulator.model import Cluster, from_dict, to_dict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_APPLICATION_ID = 0x48454331  # "HEC1" in ASCII: the file is ours, in the format below
_SCHEMA = """
CREATE TABLE cluster (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
CREATE TABLE loaded_vms (clusterId TEXT PRIMARY KEY, body TEXT NOT NULL);
"""
_PRIVATE = 0o600
_SUFFIXES = ("", "-journal", "-wal", "-shm")
"""The database itself, and the files beside it. SQLite makes those with the mode of the database."""
_abandoned_files: set[str] = set()
"""The files that were open when this process was forked."""


class StoreError(RuntimeError):
    """A database file cannot be used; the message says why."""


class Store:
    """The clusters, in the order in which they were added.

    Not safe to use from several threads at once: callers hold a lock.

    Parameters
    ----------
    path
        The file, or `:memory:`. A new file gets mode 600, and so does one of ours that others can read: an earlier
        version left it like that, and to refuse it would help nobody.

    Raises
    ------
    StoreError
        If the file cannot be used.
    """

    def __init__(self, path: str) -> None:
        self._file = None if path in ("", ":memory:") else os.path.realpath(path)
        if self._file in _abandoned_files:
            raise StoreError(f"{path} was open when this process was forked: choose another file")
        try:
            if self._file is not None:
                _create_private(self._file)
            self._db = sqlite3.connect(self._file or path, check_same_thread=False, isolation_level=None, timeout=1.0)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path} cannot be used ({error}): choose another file") from error
        try:
            self.is_new = self._open()
            rows = self._db.execute("SELECT id, body FROM cluster ORDER BY seq").fetchall()
            self._clusters = {key: from_dict(json.loads(body)) for key, body in rows}
            rows = self._db.execute("SELECT clusterId, body FROM loaded_vms").fetchall()
            self._loaded_vms: dict[str, list[dict[str, Any]]] = {key: json.loads(body) for key, body in rows}
        except sqlite3.OperationalError as error:
            self._db.close()
            raise StoreError(f"{path} cannot be used ({error}): another emulator may be using it") from error
        except OSError as error:
            self._db.close()
            raise StoreError(f"others can read {path}, and its mode cannot be changed: choose another file") from error
        except (sqlite3.DatabaseError, KeyError, TypeError, ValueError) as error:
            self._db.close()
            raise StoreError(f"{path} is not a database of this emulator: choose another file") from error

    def _open(self) -> bool:
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("BEGIN EXCLUSIVE")
        is_new = not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not is_new and self._db.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
            raise ValueError("another program's database")
        if self._file is not None:
            _make_private(self._file)
        if is_new:
            for statement in _SCHEMA.strip().splitlines():
                self._db.execute(statement)
            self._db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        self._db.execute("COMMIT")
        return is_new

    def close(self) -> None:
        """Close the database and unlock its file."""
        self._db.close()

    def abandon(self) -> None:
        """Leave the database to the parent of this forked process.

        SQLite forbids to use or to close a connection in a process that was forked from the one that opened it: what
        it wrote then could damage the file under the parent. So the connection is kept, unused and open, until the
        process ends; and since it stays locked in SQLite's own books, the file cannot be opened here again.
        """
        leak(self._db)
        if self._file is not None:
            _abandoned_files.add(self._file)

    def clusters(self) -> list[Cluster]:
        """Return every cluster, the first added first."""
        return list(self._clusters.values())

    def cluster(self, cluster_id: str) -> Cluster | None:
        """Return a cluster, or `None` if there is none with this id."""
        return self._clusters.get(cluster_id)

    def loaded_vms(self, cluster_id: str) -> list[dict[str, Any]] | None:
        """Return the VMs that were loaded for a cluster, or `None` if none were."""
        return self._loaded_vms.get(cluster_id)

    def put(self, clusters: Iterable[Cluster]) -> None:
        """Add or replace clusters; a replaced cluster keeps its place."""
        batch = list(clusters)
        self._write(
            "INSERT INTO cluster (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            [(cluster.id, json.dumps(to_dict(cluster), ensure_ascii=False)) for cluster in batch],
        )
        self._clusters.update((cluster.id, cluster) for cluster in batch)

    def put_loaded_vms(self, cluster_id: str, items: list[dict[str, Any]]) -> None:
        """Set the VMs to serve for a cluster."""
        body = json.dumps(items, ensure_ascii=False)
        self._write("INSERT OR REPLACE INTO loaded_vms VALUES (?, ?)", [(cluster_id, body)])
        self._loaded_vms[cluster_id] = items

    def drop_loaded_vms(self, cluster_id: str) -> None:
        """Forget the VMs that were loaded for a cluster, so that its own are served."""
        self._write("DELETE FROM loaded_vms WHERE clusterId = ?", [(cluster_id,)])
        self._loaded_vms.pop(cluster_id, None)

    def _write(self, statement: str, rows: Sequence[tuple[str, ...]]) -> None:
        self._db.execute("BEGIN")
        try:
            self._db.executemany(statement, rows)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _create_private(file: str) -> None:
    """Create an empty file with mode 600, whatever the umask, if there is no file yet."""
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_CLOEXEC", 0)
    with contextlib.suppress(FileExistsError):
        # Never a file that exists: closing any descriptor of one drops every lock that this process has on it.
        os.close(os.open(file, flags, _PRIVATE))


def _make_private(file: str) -> None:
    """Give a database and the files beside it mode 600 where others can read or write them."""
    if os.name == "nt":  # access is not a matter of modes there
        return
    for path in (Path(file + suffix) for suffix in _SUFFIXES):
        with contextlib.suppress(FileNotFoundError):
            if stat.S_IMODE(path.stat().st_mode) & ~_PRIVATE:
                path.chmod(_PRIVATE)
