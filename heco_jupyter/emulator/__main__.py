"""The emulator on the command line: `python -m heco_jupyter.emulator`."""

from __future__ import annotations

import argparse
import errno
import json
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heco_jupyter.emulator.emulator import Emulator
from heco_jupyter.emulator.faults import Fault
from heco_jupyter.emulator.seeds import SEEDS
from heco_jupyter.emulator.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_PORT = 8765
_EXAMPLE = """\
example:
  python -m heco_jupyter.emulator --port 8765 --db fleet.db --speed 120

Then, in a notebook:
  %load_ext heco_jupyter
  %heco connect --endpoint http://127.0.0.1:8765
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted.

    Parameters
    ----------
    arguments
        The command line without the program's name; by default the one the program was called with.

    Returns
    -------
    int
        0, or 1 if the emulator could not be started.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if bool(options.credential_id) != bool(options.credential_secret):
        parser.error("--credential-id and --credential-secret belong together")
    try:
        loaded = json.loads(options.load.read_text(encoding="utf-8")) if options.load else None
    except (OSError, ValueError) as error:
        return _fail(f"cannot load {options.load}: {error}")
    try:
        emulator = _emulator(options)
    except ValueError as error:
        parser.error(str(error))
    ended = _interruption()
    try:
        if loaded is not None:
            emulator.load(loaded)
        emulator.start()
    except StoreError as error:
        return _fail(str(error))
    except ValueError as error:
        emulator.stop()
        return _fail(f"cannot load {options.load}: {error}")
    except OSError as error:
        emulator.stop()
        return _fail(_port_problem(error, options.port))
    try:
        print(_banner(emulator.url, options), flush=True)  # noqa: T201 - a command talks to its terminal
        # In steps, because Windows delivers no signal to a wait without an end.
        while not ended.wait(0.5):
            pass
    finally:
        emulator.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m heco_jupyter.emulator",
        description="The KakaoCloud Hadoop Eco Open API on this machine: nothing leaves it and nothing costs anything.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=int, default=DEFAULT_PORT, help=f"where to listen; 0 for any free port ({DEFAULT_PORT})")
    add("--db", default=":memory:", metavar="FILE", help="keep the clusters in this SQLite file (in memory)")
    add("--seed", choices=sorted(SEEDS), help="what to begin with (fleet, or empty with --load)")
    add("--load", type=Path, metavar="FILE.json", help="serve these clusters: one of the API's pages, or its items")
    add("--speed", type=float, default=60.0, metavar="N", help="times faster than a cloud; 60: a minute a second (60)")
    add("--max-page-size", type=int, default=1000, metavar="N", help="the largest page there is (1000)")
    add("--latency", type=float, default=0.0, metavar="SECONDS", help="wait before each answer (0)")
    add("--credential-id", metavar="ID", help="accept only this access key (any)")
    add("--credential-secret", metavar="SECRET", help="its secret")
    return parser


def _emulator(options: argparse.Namespace) -> Emulator:
    emulator = Emulator(
        port=options.port,
        db=options.db,
        seed=options.seed or ("empty" if options.load else "fleet"),
        speed=options.speed,
        max_page_size=options.max_page_size,
        credential_id=options.credential_id,
        credential_secret=options.credential_secret,
        any_credentials=not options.credential_id,
    )
    if options.latency > 0:
        emulator.faults.add(Fault(latency=options.latency))
    return emulator


def _banner(url: str, options: argparse.Namespace) -> str:
    key_id = options.credential_id or "local"
    secret = "<its secret>" if options.credential_id else "local"
    keys = f"only the access key {key_id}" if options.credential_id else "any access key that is not empty"
    return f"""\
Hadoop Eco emulator on {url}
It accepts {keys}. Ctrl-C ends it.

In a shell:
  export HECO_ENDPOINT={url} HECO_CREDENTIAL_ID='{key_id}' HECO_CREDENTIAL_SECRET='{secret}'
  curl -H "Credential-ID: $HECO_CREDENTIAL_ID" -H "Credential-Secret: $HECO_CREDENTIAL_SECRET" \\
    "$HECO_ENDPOINT/v2/hadoop-eco/clusters?size=3"

In a notebook:
  %env HECO_CREDENTIAL_ID={key_id}
  %env HECO_CREDENTIAL_SECRET={secret}
  %load_ext heco_jupyter
  %heco connect --endpoint {url}
"""


def _port_problem(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use: choose another with --port N, or any free one with --port 0"
    return f"cannot listen on port {port} ({error}): choose another with --port N"


def _interruption() -> threading.Event:
    """Turn Ctrl-C and a request to terminate into an event, so that neither ends in a traceback."""
    ended = threading.Event()

    def end(*_: Any) -> None:
        ended.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    return ended


def _fail(message: str) -> int:
    print(f"heco emulator: {message}", file=sys.stderr)  # noqa: T201 - a command talks to its terminal
    return 1


if __name__ == "__main__":
    sys.exit(main())
