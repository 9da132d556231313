"""Measure what the package costs: `python tests/benchmarks`, after `pip install -e '.[bench]'`.

Most results are ratios within one run, in which the contenders take turns, so that a busy machine slows them all. It
takes less than 10 minutes; with `--full`, which adds the comparison with other ways to read, most of an hour.
"""

from __future__ import annotations

import argparse
import os
import platform

import lists
import presence

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender runs (default: 3)")
    parser.add_argument("--full", action="store_true", help="compare with other ways to read lists, too")
    parser.add_argument("--only", choices=["lists", "presence"], help="run one part only")
    chosen = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores")
    print(f"load before: {os.getloadavg()[0]:.1f}")
    if chosen.only != "presence":
        lists.main(chosen.rounds, full=chosen.full)
    if chosen.only != "lists":
        presence.main(max(chosen.rounds, 5))
