"""Measure how long lists take, compared with floors and with other ways to read them; see `__main__`.

The contenders take turns to read from one server on loopback, and their medians are given as ratios to the floors.
"""

from __future__ import annotations

import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from contenders import PAGES_IN_TURN, Contender, connect, floor, pages
from pageserver import PageServer

FLEET = 500  # clusters whose VMs or details are read
NEAR = 0.9  # of its goal: such a figure is measured again


@dataclass(frozen=True)
class Case:
    """What is read, from what kind of API, and what is aimed at.

    Parameters
    ----------
    title
        What is measured, in words.
    what, rows, size
        As for `contenders.rounds`; `size` is the most rows on a page.
    behaviour
        How the API answers.
    goals
        The most that a contender may take, as a ratio to a floor, by both names.
    """

    title: str
    what: str
    rows: int
    size: int
    behaviour: dict[str, float] = field(default_factory=dict)
    goals: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """Requests that are necessary."""
        return -(-self.rows // self.size) * (self.what != "details") + self.rows * (self.what != "list")


def goals(**ratios: tuple[float, float]) -> dict[tuple[str, str], float]:
    """Return the goals of a new client, and of the same again, by floor."""
    found = {}
    for base, pair in ratios.items():
        found["new", base], found["again", base] = pair
    return found


def bears_64(delay: float, small: dict[tuple[str, str], float], lists: Any, rest: Any) -> list[Case]:
    """Return the cases of an API that bears far more than 8 requests at once, with their goals."""
    behaviour, ms = {"delay": delay, "bears": 64}, f"{1000 * delay:.0f} ms"
    return [
        Case(f"2,000 in pages of 20, {ms}", "list", 2_000, 20, behaviour, small),
        Case(f"20,000 in pages of 100, {ms}", "list", 20_000, 100, behaviour, lists),
        Case(f"VMs of {FLEET}, {ms}", "vms", FLEET, 1_000, behaviour, rest),
        Case(f"details of {FLEET}, {ms}", "details", FLEET, 1_000, behaviour, rest),
    ]


FAR = goals(floor8=(0.45, 0.45), floor32=(1.4, 1.3))
NEAR_BY = goals(floor8=(0.65, 0.48), floor32=(1.8, 1.4))
BEARS_64 = [
    *bears_64(0.08, goals(floor8=(0.52, 0.45), floor32=(1.45, 1.35)), FAR, FAR),
    *bears_64(0.02, NEAR_BY, NEAR_BY, goals(floor8=(0.45, 0.45), floor32=(1.4, 1.4))),
]
OTHERS = [
    Case(
        "bears 8, the rest waits: 20,000 in pages of 100, 20 ms",
        "list",
        20_000,
        100,
        {"delay": 0.02, "bears": 8},
        goals(floor8=(1.1, 1.1)),
    ),
    Case(
        f"bears 8, the rest waits: details of {FLEET}, 80 ms",
        "details",
        FLEET,
        1_000,
        {"delay": 0.08, "bears": 8},
        goals(floor8=(1.1, 1.1)),
    ),
    Case(
        f"1 % take 500 ms: details of {FLEET}, 80 ms",
        "details",
        FLEET,
        1_000,
        {"delay": 0.08, "bears": 64, "noise": 0.5, "noisy": 0.01},
        goals(floor16=(1.3, 1.3)),
    ),
    Case(
        f"pages take 3 times as long, beside details of {FLEET}, 20 ms",
        "mixed",
        FLEET,
        20,
        {"delay": 0.02, "bears": 64, "slow_pages": 3},
        goals(floor32=(1.8, 1.4)),
    ),
    Case(
        f"a connection's first answer takes 120 ms more: details of {FLEET}, 80 ms",
        "details",
        FLEET,
        1_000,
        {"delay": 0.08, "bears": 64, "first": 0.12},
        goals(floor32=(1.8, 1.4)),
    ),
    Case("no delay: 100,000 in pages of 1,000", "list", 100_000, 1_000, {}, goals(floor8=(1.35, 1.35))),
]
FULL = [
    Case(f"{rows:,} in pages of {size:,}, {1000 * delay:.0f} ms", "list", rows, size, {"delay": delay})
    for delay in (0.0, 0.02, 0.08)
    for rows in (200, 2_000, 20_000, 100_000)
    for size in (20, 100, 1_000)
] + [
    Case(f"VMs of {FLEET}, {1000 * delay:.0f} ms", "vms", FLEET, 1_000, {"delay": delay}) for delay in (0.0, 0.02, 0.08)
]


def measured(server: PageServer, case: Case, names: list[str], rounds: int) -> tuple[dict[str, list[float]], list[Any]]:
    """Return the seconds of each contender, and what our client found out."""
    server.serve(rows=case.rows, size=case.size, **case.behaviour)
    taken: dict[str, list[float]] = {}
    found = []
    with ExitStack() as running:
        contenders = [
            running.enter_context(Contender(name, case.what, server.url, case.rows, case.size)) for name in names
        ]
        for number in range(rounds):
            for contender in contenders[:: 1 if number % 2 else -1]:
                for name, seconds in contender().items():
                    if name == "stats":
                        found.append(seconds)
                    else:
                        taken.setdefault(name, []).append(seconds)
    return taken, found


def ratio(taken: dict[str, list[float]], name: str, base: str) -> float:
    """Return how long a contender takes in terms of another, by their medians."""
    return statistics.median(taken[name]) / statistics.median(taken[base])


def spread(taken: dict[str, list[float]], name: str, base: str) -> str:
    """Return the ratio of the medians, and the lowest and highest of those of the rounds."""
    each = [mine / theirs for mine, theirs in zip(taken[name], taken[base], strict=True)]
    return f"{ratio(taken, name, base):.2f} ({min(each):.2f} to {max(each):.2f})"


def aims(server: PageServer, rounds: int) -> None:
    """Print the cases that have goals, and whether they are reached."""
    print("\n| what | contender | ratio (of the rounds) | goal | |\n| --- | --- | --- | --- | --- |", flush=True)
    for case in [*BEARS_64, *OTHERS]:
        bases = list(dict.fromkeys(base for _, base in case.goals))
        taken, found = measured(server, case, [*bases, "ours"], rounds)
        near = [key for key, goal in case.goals.items() if ratio(taken, *key) > NEAR * goal]
        if near:
            more, found = measured(server, case, [*bases, "ours"], rounds)
            taken = {name: seconds + more[name] for name, seconds in taken.items()}
        for (name, base), goal in case.goals.items():
            mark = "" if ratio(taken, name, base) <= goal else "**missed**"
            print(f"| {case.title} | {name} / {base} | {spread(taken, name, base)} | {goal} | {mark} |", flush=True)
        if case.behaviour.get("bears") == 8:
            allowed = max(stats["allowed_in_flight"] for stats in found)
            print(f"| {case.title} | in flight at the end | {allowed} | 14 | {'' if allowed <= 14 else '**missed**'} |")


def paced(server: PageServer) -> None:
    """Print what becomes of a list on an API that allows 20 requests a second."""
    rate, count = 20, 200
    print(f"\n{rate} requests a second: {count} pages\n")
    print("| Retry-After | times pages / R | refused | refused after 5 s |\n| --- | --- | --- | --- |")
    for hold in (0, 1):
        server.serve(rows=20 * count, size=20, delay=0.02, rate=rate, hold=hold)
        client = connect(server.url)
        started = time.perf_counter()
        rows = len(client.list_clusters())
        taken = time.perf_counter() - started
        assert rows == 20 * count
        log = server.log()
        late = [arrival.status for arrival in log if arrival.at > 5]
        refused = sum(arrival.status == 429 for arrival in log)
        share = f"{late.count(429)} of {len(late)}"
        print(f"| {hold or 'none'} | {taken / (count / rate):.2f} | {refused} of {len(log)} | {share} |", flush=True)


def together(server: PageServer) -> None:
    """Print how fairly three clients share a slow API."""
    server.serve(rows=4_000, size=20, delay=0.08, bears=8)
    clients = [connect(server.url) for _ in range(3)]

    def read(client: Any) -> float:
        started = time.perf_counter()
        client.list_clusters()
        return time.perf_counter() - started

    with ThreadPoolExecutor(3) as executor:
        times = list(executor.map(read, clients))
    print(f"\nthree clients at once on an API that bears 8: slowest / fastest {max(times) / min(times):.2f} (goal 1.5)")


def timer(server: PageServer) -> None:
    """Print by how much a timer of 5 ms beside a list is late."""
    server.serve(rows=20_000, size=20, delay=0.02)
    client, get = connect(server.url), floor(server.url, 32)
    client.list_clusters()
    wanted = pages(20_000, 20)
    late = {}
    for name, work in (("ours", client.list_clusters), ("floor32", lambda: get(wanted))):
        delays, ended = [], threading.Event()
        thread = threading.Thread(target=lambda work=work, ended=ended: (work(), ended.set()))
        thread.start()
        while not ended.is_set():
            before = time.perf_counter()
            time.sleep(0.005)
            delays.append(time.perf_counter() - before - 0.005)
        thread.join()
        late[name] = 1000 * statistics.quantiles(delays, n=100)[-1]
    print(f"\na timer of 5 ms beside a list is late by (p99) {late['ours']:.0f} ms,", end=" ")
    print(f"beside floor32 by {late['floor32']:.0f} ms (goal 30 ms, or 1.2 of it)")


def table(server: PageServer, rounds: int) -> None:
    """Print how our client compares with other ways to read."""
    print(f"\ntimes as ratios to floor8; ~ scaled up from the first {PAGES_IN_TURN} pages\n")
    print("| what | requests | again | in turn | boto3 | in turn/again | boto3/again | floor8 |")
    print("| --- |" + " ---: |" * 7, flush=True)
    for case in FULL:
        names = ["floor8", "ours", "in turn", *(["boto3"] if case.what == "list" else [])]
        taken, _ = measured(server, case, names, rounds)
        scale = max(1.0, case.requests / PAGES_IN_TURN)
        mark = "~" if scale > 1 else ""
        others = [scale * ratio(taken, name, "floor8") if name in taken else None for name in ("in turn", "boto3")]
        again = ratio(taken, "again", "floor8")
        cells = ["" if other is None else f"{mark}{other / base:.1f}" for base in (1, again) for other in others]
        floor8 = 1000 * statistics.median(taken["floor8"])
        print(f"| {case.title} | {case.requests:,} | {again:.2f} | {' | '.join(cells)} | {floor8:.0f} ms |", flush=True)


def growth(server: PageServer, rounds: int) -> None:
    """Print the time and the memory per row for lists of growing length."""
    print("\n| clusters | µs per row | peak bytes per row | the same in turn: µs | bytes |")
    print("| ---: " * 5 + "|")
    for rows in (2_000, 20_000, 100_000):
        case = Case("", "list", rows, 1_000)
        taken, _ = measured(server, case, ["ours", "in turn"], rounds)
        cells = []
        for name, key in (("ours", "again"), ("in turn", "in turn")):
            memory = f"{peak(server, name, rows) / rows:,.0f}" if rows >= 20_000 else ""
            cells += [f"{1e6 * statistics.median(taken[key]) / rows:.2f}", memory]
        print(f"| {rows:,} | {' | '.join(cells)} |", flush=True)


def peak(server: PageServer, name: str, rows: int) -> float:
    """Return the peak bytes that a new process needs for a list, beyond those for a small one."""
    server.serve(rows=20, size=1_000)
    with Contender(name, "list", server.url, rows, 1_000) as contender:
        contender()
        before = contender.peak
        server.serve(rows=rows, size=1_000)
        contender()
        return contender.peak - before


def main(rounds: int, *, full: bool) -> None:
    """Print all tables of lists."""
    with PageServer() as server:
        aims(server, rounds)
        paced(server)
        together(server)
        timer(server)
        growth(server, rounds)
        if full:
            table(server, rounds)
