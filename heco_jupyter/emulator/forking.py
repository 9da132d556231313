"""What keeps an emulator whole when its process forks.

A forked process has a copy of everything in memory, but of the threads only the one that forked. Multiprocessing forks
by default on Linux below Python 3.14. The emulator must go on in the parent, and be stopped in the child.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary, WeakSet

try:
    import ctypes
except ImportError:  # Python can be built without libffi
    ctypes = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_PATIENCE_SECONDS = 5.0
"""How long a fork waits for a lock. After that it goes on: a fork that hangs would be worse than a half-done change."""

_Owner = TypeVar("_Owner")
_locks: WeakSet[ForkSafeLock] = WeakSet()
_held: list[threading.RLock] = []
_actions: WeakKeyDictionary[Any, Callable[[Any], None]] = WeakKeyDictionary()
_registry = threading.RLock()  # for the two above; nobody waits for anything else while holding it
_one_fork = threading.RLock()  # for `_held`; reentrant, since a signal handler can fork during a fork
_leaked: list[object] = []


class ForkSafeLock:
    """A reentrant lock that a fork waits for, so that what it guards is whole in both processes.

    The forked process gets a new lock in its place, free for its only thread. No thread may wait for one of these locks
    while it holds another, since a fork takes them in any order.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        with _registry:
            _locks.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def hold(self) -> threading.RLock | None:
        """Acquire the lock for the time of a fork, and return what to release; `None` if it cannot be had in time."""
        lock = self._lock
        return lock if lock.acquire(timeout=_PATIENCE_SECONDS) else None

    def renew(self) -> None:
        """Replace the lock with a free one."""
        self._lock = threading.RLock()


def call_in_forked_child(owner: _Owner, action: Callable[[_Owner], None]) -> None:
    """Call `action(owner)` in every process forked from this one, for as long as `owner` exists there.

    Parameters
    ----------
    owner
        An object that can be hashed. It is not kept alive.
    action
        A function, not a bound method, which would keep its object alive.
    """
    with _registry:
        _actions[owner] = action


def leak(thing: object) -> None:
    """Keep an object until the process ends, through the end of the interpreter too, so that it is never finalised."""
    _leaked.append(thing)
    if ctypes is not None:
        # The interpreter empties every module when it ends, this one included, and would finalise the object then.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def _before() -> None:
    _one_fork.acquire()
    with _registry:
        locks = list(_locks)
    for lock in locks:
        held = lock.hold()
        if held is not None:
            _held.append(held)


def _after_in_parent() -> None:
    for lock in _held:
        lock.release()
    _held.clear()
    _one_fork.release()


def _after_in_child() -> None:
    global _registry, _one_fork
    # Threads that do not exist here may have held the old ones.
    _registry, _one_fork = threading.RLock(), threading.RLock()
    _held.clear()
    for lock in list(_locks):
        lock.renew()
    for owner, action in list(_actions.items()):
        with contextlib.suppress(Exception):  # one emulator must not keep another from being stopped
            action(owner)


if hasattr(os, "register_at_fork"):  # Windows cannot fork
    os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
