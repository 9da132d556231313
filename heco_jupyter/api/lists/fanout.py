"""The same call for many clusters or pages, concurrently, with one deadline for all of them."""

from __future__ import annotations

from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

from heco_jupyter.api.wire.deadline import supervise_this_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from heco_jupyter.api.model.types import Report
    from heco_jupyter.api.wire.deadline import Deadline

T = TypeVar("T")
U = TypeVar("U")

_TICK = 0.2


def fan_out(
    function: Callable[[T], U],
    items: Iterable[T],
    *,
    workers: int,
    deadline: Deadline,
    report: Report | None = None,
    doing: str = "",
) -> list[U]:
    """Apply `function` to `items` in threads, and return the results in order.

    The first failure, or Ctrl-C, cancels `deadline` and with it every call in flight.

    Parameters
    ----------
    function, items
        What to call, and with what.
    workers
        Threads.
    deadline
        When all of it must end; `function` must use it for its calls.
    report, doing
        Called a few times a second with what is being done, in words, and the fraction done.
    """
    items = list(items)
    if not items:
        return []
    executor = ThreadPoolExecutor(min(workers, len(items)), "heco", initializer=supervise_this_thread)
    try:
        futures = [executor.submit(function, item) for item in items]
        pending = set(futures)
        while pending:
            done, pending = wait(pending, timeout=_TICK, return_when=FIRST_EXCEPTION)
            deadline.abort_overdue()
            for future in done:
                future.result()
            if report:
                report(doing, 1 - len(pending) / len(futures))
        return [future.result() for future in futures]
    except BaseException:
        deadline.cancel()
        raise
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
