"""Sockets, locks and threads after a fork, which a child process must not share with its parent.

Two processes that write to one socket get each other's answers; a lock that another thread of the parent held is never
released in the child, where that thread does not exist. Whoever holds such things registers here and is told in the
child, before any other code runs there.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class HoldsOsState(Protocol):
    """Something with sockets, locks or threads."""

    def after_fork(self) -> None:
        """Replace all of them; the old ones still belong to the parent, and are left alone."""


_holders: WeakSet[HoldsOsState] = WeakSet()


def renew_after_fork(holder: HoldsOsState) -> None:
    """Call `holder.after_fork()` in every process that is forked from this one, as long as `holder` lives."""
    _holders.add(holder)


def _renew() -> None:
    for holder in list(_holders):
        holder.after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_renew)
