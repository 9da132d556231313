"""What this costs, measured: `python tests/benchmarks`, with `pip install -e '.[bench]'`.

Ratios within one run; the machine may be busy, and what is compared takes turns. The table takes most of an hour.
"""

from __future__ import annotations

import argparse

import lists
import presence

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="times that each contender runs (default: 7)")
    parser.add_argument("--only", choices=["lists", "presence"], help="one part of it")
    chosen = parser.parse_args()
    if chosen.only != "presence":
        lists.main(chosen.rounds)
    if chosen.only != "lists":
        presence.main(chosen.rounds)
