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

then, in a notebook:
  %load_ext heco_jupyter
  %heco connect --endpoint http://127.0.0.1:8765
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted.

    Parameters
    ----------
    arguments
        The command line without the program name; by default, the one the program was started with.

    Returns
    -------
    int
        The exit status: 0, or 1 if the emulator could not start.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if bool(options.credential_id) != bool(options.credential_secret):
        parser.error("--credential-id and --credential-secret must be given together")
    try:
        clusters = json.loads(options.load.read_text(encoding="utf-8")) if options.load else None
    except (OSError, ValueError) as error:
        return _fail(f"cannot load {options.load}: {error}")
    try:
        emulator = _emulator(options)
    except ValueError as error:
        parser.error(str(error))
    interrupted = _interruption()
    try:
        if clusters is not None:
            emulator.load(clusters)
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
        print(_banner(emulator.url, options), flush=True)  # noqa: T201 (a command prints to its terminal)
        # Wait in steps: on Windows, no signal is delivered during a wait without a timeout.
        while not interrupted.wait(0.5):
            pass
    finally:
        emulator.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m heco_jupyter.emulator",
        description="Serve the KakaoCloud Hadoop Eco Open API on this machine, with no cloud behind it and at no cost.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=int, default=DEFAULT_PORT, help="port to listen on; 0 for any free port (default: %(default)s)")
    add("--db", default=":memory:", metavar="FILE", help="SQLite file to keep the clusters in (default: in memory)")
    add("--seed", choices=sorted(SEEDS), help="fleet to start with (default: fleet, or empty with --load)")
    add("--load", type=Path, metavar="FILE.json", help="clusters to serve: a page of the API, or a list of its items")
    add(
        "--speed",
        type=float,
        default=60.0,
        metavar="N",
        help="times faster than a cloud; at 60, a minute takes a second (default: %(default)g)",
    )
    add("--max-page-size", type=int, default=1000, metavar="N", help="largest page to return (default: %(default)s)")
    add("--latency", type=float, default=0.0, metavar="SECONDS", help="delay of each response (default: %(default)g)")
    add("--credential-id", metavar="ID", help="accept only this access key (default: any)")
    add("--credential-secret", metavar="SECRET", help="the secret of that access key")
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
    accepted = f"only the access key {key_id}" if options.credential_id else "any access key that is not empty"
    return f"""\
Hadoop Eco emulator at {url}
It accepts {accepted}. Press Ctrl-C to stop it.

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
    """Return an event that Ctrl-C or SIGTERM sets, so that neither ends in a traceback."""
    interrupted = threading.Event()

    def interrupt(*_: Any) -> None:
        interrupted.set()

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    return interrupted


def _fail(message: str) -> int:
    print(f"heco emulator: {message}", file=sys.stderr)  # noqa: T201 (a command prints to its terminal)
    return 1


if __name__ == "__main__":
    sys.exit(main())
