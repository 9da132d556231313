"""Clusters in SQLite, in memory or in a file, so that an emulator that is started again goes on where it was.

Everything is also held in memory: a list is asked for far more often than anything changes. The file is therefore kept
locked while it is open. Only what `model` describes is stored, and that has no secret in it.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from heco_jupyter.emulator.model import Cluster, from_dict, to_dict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_APPLICATION_ID = 0x4845434F  # "HECO": tells our files from anybody else's
_SCHEMA = """
CREATE TABLE cluster (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
CREATE TABLE given_vms (clusterId TEXT PRIMARY KEY, body TEXT NOT NULL);
"""


class StoreError(RuntimeError):
    """A database file that cannot be used; the message says why."""


class Store:
    """The clusters, in the order they were put in.

    Not safe from several threads at once: its one user holds a lock.

    Parameters
    ----------
    path
        A file, or `:memory:`.
    """

    def __init__(self, path: str) -> None:
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=1.0)
        except sqlite3.Error as error:
            raise StoreError(f"{path} cannot be used ({error}): name another file") from error
        try:
            self.is_new = self._open()
            rows = self._db.execute("SELECT id, body FROM cluster ORDER BY seq").fetchall()
            self._clusters = {key: from_dict(json.loads(body)) for key, body in rows}
            rows = self._db.execute("SELECT clusterId, body FROM given_vms").fetchall()
            self._given_vms: dict[str, list[dict[str, Any]]] = {key: json.loads(body) for key, body in rows}
        except sqlite3.OperationalError as error:
            self._db.close()
            raise StoreError(f"{path} cannot be used ({error}): another emulator may be using it") from error
        except (sqlite3.DatabaseError, StoreError, KeyError, TypeError, ValueError) as error:
            self._db.close()
            raise StoreError(f"{path} is not a database of this emulator: name another file") from error

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
        """Let go of the file."""
        self._db.close()

    def clusters(self) -> list[Cluster]:
        """Give every cluster, oldest entry first."""
        return list(self._clusters.values())

    def cluster(self, cluster_id: str) -> Cluster | None:
        """Give one cluster."""
        return self._clusters.get(cluster_id)

    def given_vms(self, cluster_id: str) -> list[dict[str, Any]] | None:
        """Give the VMs that were loaded for a cluster, if any were."""
        return self._given_vms.get(cluster_id)

    def put(self, clusters: Iterable[Cluster]) -> None:
        """Write clusters; one that is there already keeps its place."""
        batch = list(clusters)
        self._write(
            "INSERT INTO cluster (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            [(cluster.id, json.dumps(to_dict(cluster), ensure_ascii=False)) for cluster in batch],
        )
        self._clusters.update((cluster.id, cluster) for cluster in batch)

    def put_given_vms(self, cluster_id: str, items: list[dict[str, Any]]) -> None:
        """Write the VMs to serve for a cluster."""
        body = json.dumps(items, ensure_ascii=False)
        self._write("INSERT OR REPLACE INTO given_vms VALUES (?, ?)", [(cluster_id, body)])
        self._given_vms[cluster_id] = items

    def drop_given_vms(self, cluster_id: str) -> None:
        """Serve a cluster's own VMs from now on."""
        self._write("DELETE FROM given_vms WHERE clusterId = ?", [(cluster_id,)])
        self._given_vms.pop(cluster_id, None)

    def _write(self, statement: str, rows: Sequence[tuple[str, ...]]) -> None:
        self._db.execute("BEGIN")
        try:
            self._db.executemany(statement, rows)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
