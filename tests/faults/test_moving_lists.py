"""Lists that change while they are read: random histories against a server over real HTTP.

A row that exists throughout is in the frame, no row is in it twice, and a frame that may lack a row says so. In the
suite, a few histories of each kind; `HECO_FUZZ=500 pytest tests/faults/test_moving_lists.py` tries that many.
"""

from __future__ import annotations

import itertools
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from otherserver import KEY_ID, KEY_SECRET, WORDS, Habits, OtherServer
from support import client_at, cluster_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Literal

    import pandas as pd

    from heco_jupyter.api.client import Client

IN_THE_SUITE = 50
HISTORIES = int(os.environ.get("HECO_FUZZ", IN_THE_SUITE))  # per kind of list
FIRST_CREATED = 1_720_000_000_000
CLUSTER = "kc-home"  # whose VMs are read


class Moving:
    """Rows that appear, vanish and change their place while a client reads them.

    Parameters
    ----------
    rows
        The first rows, by id.
    changes
        The changes after each page that is read: the name of a method, and the number of a row.
    endless
        Whether the changes start again after the last, so that no reading finds the list at rest.

    Attributes
    ----------
    rows : dict
        The rows as they are now, by id.
    throughout : set of str
        The ids of the rows that have been in the list all the time.
    ever : set of str
        The ids of all rows that have been in the list at any time.
    """

    def __init__(self, rows: dict[str, Any], changes: list[list[tuple[str, int]]], *, endless: bool) -> None:
        self.rows = rows
        self.throughout = set(rows)
        self.ever = set(rows)
        self._changes = itertools.cycle(changes or [[]]) if endless else iter(changes)
        self._numbers = itertools.count(1)

    def change(self) -> None:
        """Make the changes that follow the next page."""
        for name, number in next(self._changes, []):
            if self.rows or name.startswith(("appears", "comes")):
                getattr(self, name.replace(" ", "_"))(number)

    def _nth(self, number: int) -> str:
        return list(self.rows)[number % len(self.rows)]

    def _by_name(self) -> list[str]:
        return sorted(self.rows, key=lambda key: self.rows[key]["name"])

    def _add(self, name: str, age: int | None = None) -> None:
        number = next(self._numbers)
        key = f"id-{number * 7919 % 10007:05d}"  # ids in no order
        self.ever.add(key)
        self.rows[key] = row(key, f"{name}-{number:05d}", 10_000 + number if age is None else age)

    # Changes of a list in the default order, where anything may happen

    def appears(self, _: int) -> None:
        self._add("new")

    def is_replaced_by_a_new_one(self, number: int) -> None:
        self.vanishes(number)
        self._add("new")

    def is_replaced_by_one_as_old(self, number: int) -> None:
        age = (self.rows[self._nth(number)]["createdAt"] - FIRST_CREATED) // 1000
        self.vanishes(number)
        self._add("new", age)

    def vanishes(self, number: int) -> None:
        key = self._nth(number)
        del self.rows[key]
        self.throughout.discard(key)

    def scales(self, number: int) -> None:
        self.rows[self._nth(number)]["status"] = WORDS["scaling"]

    def terminates(self, number: int) -> None:
        key = self._nth(number)
        self.rows[key]["status"] = WORDS["gone"]
        self.throughout.discard(key)  # from the list of the clusters that are not terminated

    # Changes of a list by name, in which rows move towards the front or towards the end

    def comes_last(self, _: int) -> None:
        self._add("z")

    def goes_last(self, number: int) -> None:
        self.rows[self._nth(number)]["name"] = f"z-{next(self._numbers):05d}"

    def comes_first(self, _: int) -> None:
        number = next(self._numbers)
        self._add(f"a-{10_000 - number:05d}")

    def last_comes_first(self, _: int) -> None:
        self.rows[self._by_name()[-1]]["name"] = f"a-{10_000 - next(self._numbers):05d}"

    def last_vanishes(self, _: int) -> None:
        key = self._by_name()[-1]
        del self.rows[key]
        self.throughout.discard(key)


def row(key: str, name: str, age: int) -> dict[str, Any]:
    """Return a row that serves as a cluster and as a VM."""
    return cluster_row(age, id=key, instanceId=key, name=name, createdAt=FIRST_CREATED + 1000 * age, isMaster=False)


@dataclass(frozen=True)
class Kind:
    """A kind of list.

    Parameters
    ----------
    read
        Reads it.
    changes
        The names of the changes that may happen to it.
    key
        The column with the ids.
    ages
        The age of the n-th row.
    ties
        How the server orders rows that sort alike.
    """

    read: Callable[[Client], pd.DataFrame]
    changes: tuple[str, ...]
    key: str = "id"
    ages: Callable[[int], int] = lambda number: number
    ties: Literal["stable", "random"] = "stable"


ANY = ("appears", "vanishes", "scales", "is replaced by a new one")
FORWARDS, BACKWARDS = ("comes last", "vanishes", "goes last"), ("comes first", "last vanishes", "last comes first")
KINDS = {
    "newest first": Kind(lambda client: client.list_clusters(), ANY),
    "not terminated": Kind(lambda client: client.list_clusters(include_terminated=False), (*ANY, "terminates")),
    "by name, forwards": Kind(lambda client: client.list_clusters(sort="name,asc"), FORWARDS),
    "by name, backwards": Kind(lambda client: client.list_clusters(sort="name,asc"), BACKWARDS),
    "by name from the end": Kind(lambda client: client.list_clusters(sort="name,desc"), BACKWARDS),
    "VMs": Kind(lambda client: client.list_vms(CLUSTER), ANY, "instanceId"),
    "VMs of one age in any order": Kind(
        lambda client: client.list_vms(CLUSTER),
        ("is replaced by one as old",),
        "instanceId",
        lambda number: number // 6,
        "random",
    ),
}


def histories(changes: Iterable[str]) -> st.SearchStrategy[list[list[tuple[str, int]]]]:
    """Return up to three changes after each of the first pages."""
    change = st.tuples(st.sampled_from(sorted(changes)), st.integers(0, 30))
    return st.lists(st.lists(change, max_size=3), min_size=1, max_size=12)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_row_that_exists_throughout_is_in_the_frame(kind: Kind) -> None:
    with OtherServer(Habits(ties=kind.ties, jitter=0.002)) as api:

        @settings(max_examples=HISTORIES)
        @given(
            changes=histories(kind.changes),
            endless=st.integers(0, 3).map(lambda number: number == 0),
            count=st.integers(0, 14),
            page_size=st.integers(1, 6),
            max_connections=st.sampled_from([1, 8]),
            before=st.integers(0, 2),
        )
        def read(  # noqa: PLR0917 (hypothesis passes them by name)
            changes: Any,
            endless: bool,  # noqa: FBT001
            count: int,
            page_size: int,
            max_connections: int,
            before: int,
        ) -> None:
            first = {f"at-{n:02d}": row(f"at-{n:02d}", f"m-{n * 5 % 16:02d}", kind.ages(n)) for n in range(count)}
            moving = Moving(first, changes, endless=endless)
            client = client_at(api.url, KEY_ID, KEY_SECRET, page_size=page_size, max_connections=max_connections)
            serve(api, moving, kind)
            if before:  # the client expects the list that it has read, which may have changed since
                kind.read(client)
            if before > 1:
                moving.change()
            serve(api, moving, kind, changing=True)
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                frame = kind.read(client)
            client.close()
            ids = list(frame[kind.key])
            is_complete = frame.attrs["complete"]
            event("complete" if is_complete else "incomplete")
            assert len(ids) == len(set(ids))
            assert set(ids) <= moving.ever
            assert bool(warned) != is_complete
            assert not is_complete or moving.throughout <= set(ids)

        read()


def serve(api: OtherServer, moving: Moving, kind: Kind, *, changing: bool = False) -> None:
    """Let `api` serve the rows, and let them change after each page if `changing`."""

    def change(_: OtherServer, number: int) -> None:
        moving.change()
        if kind.key != "id":
            api.vms[CLUSTER] = list(moving.rows.values())

    api.after_page = lambda *_: None
    if kind.key == "id":
        api.clusters = moving.rows
    else:
        api.clusters = {CLUSTER: row(CLUSTER, "home", 0)}
        api.vms[CLUSTER] = list(moving.rows.values())
    if changing:
        api.after_page = change


def test_the_table_of_promises_says_how_many_histories() -> None:
    readme = (Path(__file__).parent / "README.md").read_text("utf-8")
    assert f"{IN_THE_SUITE * len(KINDS):,} random histories" in readme
    assert f"of {len(KINDS)} kinds" in readme
