"""Lists that move while they are read: random histories against a server over real HTTP.

What was there throughout is in the frame, nothing is in it twice, and a frame that is not certain says so.
"""

from __future__ import annotations

import itertools
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from otherserver import KEY_ID, KEY_SECRET, WORDS, Habits, OtherServer
from support import cluster_row

from heco_jupyter.api.client import Client
from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.model.access import Access, Credentials
from heco_jupyter.api.model.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

HISTORIES = 150  # of each kind of list
BORN = 1_720_000_000_000
HOME = "kc-home"


class Moving:
    """Rows that come, go and change their place while a client reads them.

    Parameters
    ----------
    rows
        What is there at first, by id.
    gaps
        What happens after each page that is read: names of methods, and which row they are about.
    for_ever
        Whether it begins again after the last gap, so that no reading finds the list at rest.
    """

    def __init__(self, rows: dict[str, Any], gaps: list[list[tuple[str, int]]], *, for_ever: bool) -> None:
        self.rows = rows
        self.throughout = set(rows)
        self.ever = set(rows)
        self._gaps = itertools.cycle(gaps or [[]]) if for_ever else iter(gaps)
        self._numbers = itertools.count(1)

    def go_on(self) -> None:
        """Let the next things happen."""
        for what, number in next(self._gaps, []):
            if self.rows or what.startswith(("appears", "comes")):
                getattr(self, what.replace(" ", "_"))(number)

    def _nth(self, number: int) -> str:
        return list(self.rows)[number % len(self.rows)]

    def _by_name(self) -> list[str]:
        return sorted(self.rows, key=lambda key: self.rows[key]["name"])

    def _add(self, name: str, age: int | None = None) -> None:
        number = next(self._numbers)
        key = f"id-{number * 7919 % 10007:05d}"  # no order in it
        self.ever.add(key)
        self.rows[key] = row(key, f"{name}-{number:05d}", 10_000 + number if age is None else age)

    # In the default order, anything may happen

    def appears(self, _: int) -> None:
        self._add("new")

    def is_replaced_by_a_new_one(self, number: int) -> None:
        self.vanishes(number)
        self._add("new")

    def is_replaced_by_one_as_old(self, number: int) -> None:
        age = (self.rows[self._nth(number)]["createdAt"] - BORN) // 1000
        self.vanishes(number)
        self._add("new", age)

    def vanishes(self, number: int) -> None:
        key = self._nth(number)
        del self.rows[key]
        self.throughout.discard(key)

    def works(self, number: int) -> None:
        self.rows[self._nth(number)]["status"] = WORDS["scaling"]

    def terminates(self, number: int) -> None:
        key = self._nth(number)
        self.rows[key]["status"] = WORDS["gone"]
        self.throughout.discard(key)  # of those that are not terminated

    # In the order of names: rows slip towards the front, or towards the end

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
    """Return a row that serves as cluster and as VM."""
    return cluster_row(age, id=key, instanceId=key, name=name, createdAt=BORN + 1000 * age, isMaster=False)


@dataclass(frozen=True)
class Kind:
    """A kind of list, and what may happen to it."""

    read: Callable[[Client], pd.DataFrame]
    moves: tuple[str, ...]
    key: str = "id"
    ages: Callable[[int], int] = lambda number: number
    ties: str = "stable"


ANY = ("appears", "vanishes", "works", "is replaced by a new one")
FORWARDS, BACKWARDS = ("comes last", "vanishes", "goes last"), ("comes first", "last vanishes", "last comes first")
KINDS = {
    "newest first": Kind(lambda client: client.list_clusters(), ANY),
    "not terminated": Kind(lambda client: client.list_clusters(include_terminated=False), (*ANY, "terminates")),
    "by name, forwards": Kind(lambda client: client.list_clusters(sort="name,asc"), FORWARDS),
    "by name, backwards": Kind(lambda client: client.list_clusters(sort="name,asc"), BACKWARDS),
    "by name from the end": Kind(lambda client: client.list_clusters(sort="name,desc"), BACKWARDS),
    "VMs": Kind(lambda client: client.list_vms(HOME), ANY, "instanceId"),
    "VMs of one age in any order": Kind(
        lambda client: client.list_vms(HOME),
        ("is replaced by one as old",),
        "instanceId",
        lambda number: number // 6,
        "random",
    ),
}


def gaps(moves: Iterable[str]) -> st.SearchStrategy[list[list[tuple[str, int]]]]:
    """Return up to three moves after each of the first pages."""
    move = st.tuples(st.sampled_from(sorted(moves)), st.integers(0, 30))
    return st.lists(st.lists(move, max_size=3), min_size=1, max_size=12)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_was_there_throughout_is_in_the_frame(kind: Kind) -> None:
    with OtherServer(Habits(ties=kind.ties, hurry=0.002)) as api:

        @settings(max_examples=HISTORIES)
        @given(
            gaps=gaps(kind.moves),
            for_ever=st.integers(0, 3).map(lambda number: number == 0),
            count=st.integers(0, 14),
            page_size=st.integers(1, 6),
            max_connections=st.sampled_from([1, 8]),
            before=st.integers(0, 2),
        )
        def read(  # noqa: PLR0917 (hypothesis gives them by name)
            gaps: Any,
            for_ever: bool,  # noqa: FBT001
            count: int,
            page_size: int,
            max_connections: int,
            before: int,
        ) -> None:
            first = {f"at-{n:02d}": row(f"at-{n:02d}", f"m-{n * 5 % 16:02d}", kind.ages(n)) for n in range(count)}
            moving = Moving(first, gaps, for_ever=for_ever)
            access = Access(api.url, Credentials(KEY_ID, Secret(KEY_SECRET), "the test"))
            client = Client(access, Settings(page_size=page_size, max_connections=max_connections))
            put(api, moving, kind)
            if before:  # so that the client has something to expect, which may no longer be so
                kind.read(client)
            if before > 1:
                moving.go_on()
            put(api, moving, kind, moves=True)
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                frame = kind.read(client)
            client._transport.close()
            got = list(frame[kind.key])
            certain = frame.attrs["complete"]
            event("certain" if certain else "not certain")
            assert len(got) == len(set(got))
            assert set(got) <= moving.ever
            assert bool(warned) != certain
            assert not certain or moving.throughout <= set(got)

        read()


def put(api: OtherServer, moving: Moving, kind: Kind, *, moves: bool = False) -> None:
    """Let `api` have what is moving, and move it after each page if it `moves`."""

    def go_on(_: OtherServer, number: int) -> None:
        moving.go_on()
        if kind.key != "id":
            api.vms[HOME] = list(moving.rows.values())

    api.after_page = lambda *_: None
    if kind.key == "id":
        api.clusters = moving.rows
    else:
        api.clusters = {HOME: row(HOME, "home", 0)}
        api.vms[HOME] = list(moving.rows.values())
    if moves:
        api.after_page = go_on


def test_the_readme_tells_how_many_histories() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert f"{HISTORIES * len(KINDS):,} random histories" in readme
    assert f"of {len(KINDS)} kinds" in readme
