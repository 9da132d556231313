"""Clusters in an SQLite database, in memory or in a file, so that a restarted emulator continues where it left off.

Everything is also kept in Python objects, because lists are read far more often than anything changes. For that reason
the file stays locked while it is open. Only the data in `model` is stored, which holds no secret.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from heco_jupyter.emulator.model import Cluster, from_dict, to_dict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_APPLICATION_ID = 0x48454331  # "HEC1" in ASCII: the file is ours, in the format below
_SCHEMA = """
CREATE TABLE cluster (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
CREATE TABLE loaded_vms (clusterId TEXT PRIMARY KEY, body TEXT NOT NULL);
"""


class StoreError(RuntimeError):
    """A database file cannot be used; the message says why."""


class Store:
    """The clusters, in the order in which they were added.

    Not safe to use from several threads at once: callers hold a lock.

    Parameters
    ----------
    path
        The file, or `:memory:`.
    """

    def __init__(self, path: str) -> None:
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=1.0)
        except sqlite3.Error as error:
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
        except (sqlite3.DatabaseError, StoreError, KeyError, TypeError, ValueError) as error:
            self._db.close()
            raise StoreError(f"{path} is not a database of this emulator: choose another file") from error

    def _open(self) -> bool:
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("BEGIN EXCLUSIVE")
        is_new = not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if is_new:
            for statement in _SCHEMA.strip().splitlines():
                self._db.execute(statement)
            self._db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        elif self._db.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
            raise StoreError
        self._db.execute("COMMIT")
        return is_new

    def close(self) -> None:
        """Close the database and unlock its file."""
        self._db.close()

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
