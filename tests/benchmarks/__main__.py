"""Measure what the package costs: `python tests/benchmarks`, after `pip install -e '.[bench]'`.

Most results are ratios within one run, in which the contenders take turns, so that a busy machine slows them all. The
whole run takes most of an hour.
"""

from __future__ import annotations

import argparse

import lists
import presence

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often each contender runs (default: 7)")
    parser.add_argument("--only", choices=["lists", "presence"], help="run one part only")
    chosen = parser.parse_args()
    if chosen.only != "presence":
        lists.main(chosen.rounds)
    if chosen.only != "lists":
        presence.main(chosen.rounds)
