"""The table of commands and their arguments, as data that parsing, help, completion and the actions share.

A command is added here, with the name of the function that carries it out. Importing this loads nothing heavy.
More than 400 lines: it is one table, read from top to bottom.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum


class ArgumentKind(Enum):
    """How the value of an argument is read."""

    TEXT = "text"
    PATH = "path"
    COUNT = "count"
    DURATION = "duration"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command.

    Parameters
    ----------
    name
        `--flag`, or the upper-case name of a positional argument.
    about
        What it does, in a few words.
    kind
        How its value is read.
    value
        What its value is called in help.
    choices
        The values it may have.
    optional
        Whether a positional argument may be left out.
    repeats
        Whether a flag may be given several times.
    completes
        What Tab offers for the value, besides `choices`: `cluster`, `status`, `api key status`, `cluster field`,
        `cluster field,dir`, `vm field,dir`.
    in_shell
        Whether a shell has it too.
    """

    name: str
    about: str
    kind: ArgumentKind = ArgumentKind.TEXT
    value: str = ""
    choices: tuple[str, ...] = ()
    optional: bool = False
    repeats: bool = False
    completes: str = ""
    in_shell: bool = True

    @property
    def is_flag(self) -> bool:
        """Whether it is named on the line."""
        return self.name.startswith("-")

    @property
    def takes_value(self) -> bool:
        """Whether it is a flag with a value after it."""
        return self.is_flag and self.kind is not ArgumentKind.SWITCH

    @property
    def dest(self) -> str:
        """Its name among the parsed options."""
        return self.name.lstrip("-").lower().replace("-", "_")

    @property
    def usage(self) -> str:
        """How to write it."""
        if not self.is_flag:
            shown = self.name if not self.choices else f"{{{','.join(self.choices)}}}"
            return f"[{shown}]" if self.optional else shown
        value = f" {self.value or self.name.lstrip('-').upper()}" if self.takes_value else ""
        return f"[{self.name}{value}]{'...' if self.repeats else ''}"


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Parameters
    ----------
    name
        What is typed after `%heco`.
    about
        What it does, in a line.
    arguments
        In the order of help.
    action
        What carries it out: a module of `heco_jupyter.commands` and a function in it, `listing.show`.
    example
        One line that works.
    more
        What else is worth knowing, for its own help.
    program
        What is typed before its name.
    shell_example
        One line that works in a shell, for a command that `python -m heco_jupyter` has too.
    service
        The command that a shell has in its place, where one in a notebook works in the background.
    """

    name: str
    about: str
    arguments: tuple[Argument, ...]
    action: str
    example: str
    more: str = ""
    program: str = "%heco"
    shell_example: str = ""
    service: Command | None = None

    @property
    def typed(self) -> str:
        """The command as it is typed."""
        return f"{self.program} {self.name}".rstrip()

    @property
    def usage(self) -> str:
        """How to write it, in one line."""
        return " ".join([self.typed, *(argument.usage for argument in self.arguments)])

    def for_shell(self) -> Command:
        """Return the command as `python -m heco_jupyter` has it."""
        if self.service is not None:
            return self.service.for_shell()
        arguments = (*(argument for argument in self.arguments if argument.in_shell), *_OUTPUT)
        return replace(self, program=SHELL_PROGRAM, arguments=arguments, example=self.shell_example, more="")


STATUSES = ("Running", "Terminated", "Initializing", "Pending", "Processing")
KEY_STATUSES = ("possible", "impossible", "applied")
"""Words that the API is known to use; it may use others."""

SHELL_PROGRAM = "python -m heco_jupyter"

_OUTPUT = (
    Argument("--json", "write JSON: times in ISO 8601, durations in ms", ArgumentKind.SWITCH),
    Argument("--csv", "write CSV", ArgumentKind.SWITCH),
)
_CLUSTER = Argument("CLUSTER", "name, id, or the first 8 or more characters of an id", completes="cluster")
_WORKERS = Argument("N", "number of workers", ArgumentKind.COUNT)
_DRY = Argument("--dry-run", "show the request and send nothing", ArgumentKind.SWITCH)
_YES = Argument("--yes", "do not ask", ArgumentKind.SWITCH)
_WAIT = Argument("--wait", "wait until it is done", ArgumentKind.SWITCH)
_TIMEOUT = Argument("--timeout", "how long to wait: 90s, 30m, 2h", ArgumentKind.DURATION, "T")
_CHANGE = (_WAIT, _TIMEOUT, _DRY)
_LARGE = (
    "It says nodes, flavor and, with HecoMagics.prices set, the price per hour, and asks first\n"
    "where the cluster would have more than HecoMagics.ask_above nodes."
)
_UNKNOWN = Argument(
    "--allow-unknown", "send what breaks the documented rules, for a newer API; warns of it", ArgumentKind.SWITCH
)
_FILES = Argument(
    "--allow-files", "let !file read outside the spec's folder, and files that look secret", ArgumentKind.SWITCH
)
_ENV = Argument("--allow-env", "let !env, !secret and $name read what looks secret", ArgumentKind.SWITCH)


def _sort(what: str) -> Argument:
    about = "order; may be repeated, the first wins; createdAt,desc by default"
    return Argument("--sort", about, value="FIELD,DIR", repeats=True, completes=f"{what} field,dir")


_SINCE = Argument("--since", "from then on: 2026-10-01, 2026-10, today, 7d, last-month", value="TIME")
_UNTIL = Argument("--until", "up to then, exclusive: written likewise", value="TIME")
_BY = Argument(
    "--by",
    "column to group by; may be repeated; owner by default",
    value="COLUMN",
    repeats=True,
    completes="cluster field",
)
_HISTORY = Argument("--history", "archive of snapshots, which knows what the API forgets", ArgumentKind.PATH, "DIR")
_DIR = Argument("DIR", "directory of the archive", ArgumentKind.PATH)
_KEPT_PRICES = Argument(
    "--prices", "CSV file with flavorName and pricePerHour, kept with the snapshot", ArgumentKind.PATH, "FILE"
)
_RECORDING = (
    Argument("--every", "time between snapshots; 10m by default", ArgumentKind.DURATION, "T"),
    Argument("--for", "how long to record; by default until it is stopped", ArgumentKind.DURATION, "T"),
    _KEPT_PRICES,
)

COMMANDS = (
    Command(
        "connect",
        "connect, and check that the keys are good",
        (
            Argument("--profile", "a profile of ~/.config/heco/config.toml", value="P"),
            Argument("--endpoint", "base URL of the API", value="URL"),
            Argument("--local", "start the emulator in this kernel, with a sample fleet", ArgumentKind.SWITCH),
        ),
        "connecting.connect",
        "%heco connect --local",
        "Keys come from HECO_CREDENTIAL_ID and HECO_CREDENTIAL_SECRET, HECO_PROFILE,\n"
        "KAKAOCLOUD_APPLICATION_CREDENTIAL_ID and _SECRET, or ~/.config/heco/config.toml, in this order.",
    ),
    Command(
        "login",
        "enter an access key; it is kept in memory only",
        (Argument("--endpoint", "base URL of the API", value="URL"),),
        "connecting.login",
        "%heco login",
    ),
    Command("whoami", "show the endpoint and the key in use", (), "connecting.whoami", "%heco whoami"),
    Command(
        "list",
        "list clusters",
        (
            Argument("--name", "only names that contain this", value="S", completes="cluster"),
            Argument("--status", "only statuses that contain this, in any case", value="S", completes="status"),
            Argument(
                "--api-key-status",
                "only these: possible, impossible, applied",
                value="S",
                completes="api key status",
            ),
            Argument("--active", "leave out terminated clusters", ArgumentKind.SWITCH),
            _sort("cluster"),
            Argument("--limit", "this many rows at most", ArgumentKind.COUNT, "N"),
        ),
        "listing.list_clusters",
        "df = %heco list --active --sort workerCnt,desc",
        shell_example="python -m heco_jupyter list --active --csv",
    ),
    Command(
        "vms",
        "list a cluster's VMs",
        (
            Argument("CLUSTER", _CLUSTER.about, optional=True, completes="cluster"),
            Argument("--all", "the VMs of every cluster that is not terminated", ArgumentKind.SWITCH),
            Argument("--name", "only names that contain this", value="S"),
            Argument("--ip", "only private addresses that contain this", value="S"),
            Argument("--instance-id", "only instance ids that contain this", value="S"),
            _sort("vm"),
        ),
        "listing.list_vms",
        "%heco vms etl-nightly --sort name,asc",
        shell_example="python -m heco_jupyter vms --all --csv",
    ),
    Command(
        "show",
        "show a cluster",
        (_CLUSTER,),
        "listing.show",
        "%heco show etl-nightly",
        shell_example="python -m heco_jupyter show etl-nightly --json",
    ),
    Command(
        "create",
        "create a cluster from a YAML or JSON file",
        (Argument("FILE", "path of the spec", ArgumentKind.PATH), *_CHANGE, _FILES, _ENV, _UNKNOWN),
        "creating.create_from_file",
        "%heco create cluster.yaml --dry-run",
        "To write the spec in a cell, use %%heco_create; %heco template fills one in.\n"
        "What it takes from files and from the environment is listed before anything is sent.",
    ),
    Command(
        "scale",
        "scale to N workers; asks first where it removes some",
        (_CLUSTER, Argument("N", "the number of workers to have", ArgumentKind.COUNT), *_CHANGE, _YES),
        "changing.scale",
        "%heco scale etl-nightly 8 --wait",
        _LARGE,
    ),
    Command(
        "scale-out",
        "add N workers",
        (_CLUSTER, _WORKERS, *_CHANGE, _YES),
        "changing.scale_out",
        "%heco scale-out etl-nightly 3 --dry-run",
        _LARGE,
    ),
    Command(
        "scale-in",
        "remove N workers; asks first",
        (_CLUSTER, _WORKERS, *_CHANGE, _YES),
        "changing.scale_in",
        "%heco scale-in etl-nightly 2 --yes",
        "At least hdfsReplication workers must remain.",
    ),
    Command(
        "delete",
        "delete a cluster for good; asks first",
        (_CLUSTER, _YES, *_CHANGE),
        "changing.delete",
        "%heco delete etl-adhoc --wait",
    ),
    Command(
        "wait",
        "wait for a cluster",
        (
            _CLUSTER,
            Argument(
                "--for",
                "what to wait for: running, which is the default, or terminated",
                value="STATE",
                choices=("running", "terminated"),
            ),
            _TIMEOUT,
        ),
        "changing.wait",
        "%heco wait etl-nightly --timeout 30m",
        "A job cluster that its terminationPolicy has ended is returned with a note: its log tells whether the job\n"
        "succeeded. A status that nobody knows is waited for until --timeout, with a warning.",
    ),
    Command(
        "usage",
        "add up uptime, node-hours and cost",
        (
            _BY,
            _SINCE,
            _UNTIL,
            Argument("--freq", "split into periods: h, D, W, M, Q, Y, or such as 6h", value="F"),
            Argument("--exact", "read each cluster's detail, which tells more than the list", ArgumentKind.SWITCH),
            _HISTORY,
            Argument(
                "--prices", "CSV file with flavorName and pricePerHour; implies --exact", ArgumentKind.PATH, "FILE"
            ),
            Argument("--chart", "draw it", ArgumentKind.SWITCH, in_shell=False),
        ),
        "analysing.usage",
        "%heco usage --since 2026-10-01 --until 2026-11-01 --freq W --exact",
        "Node-hours are measured where --history has snapshots. Elsewhere they are inferred: from another count,\n"
        "or from totalVmUptime with --exact. The API zeroes a terminated cluster's counts: without both, its\n"
        "node-hours are missing. Costs without --prices are by the prices that the data set has kept.",
        shell_example="python -m heco_jupyter usage --since 2026-10-01 --freq W --history heco-history --csv",
    ),
    Command(
        "report",
        "report a month: who used what, what changed, what it comes to, what was forgotten",
        (
            Argument("--month", "2026-10 or last-month; by default the running one", value="MONTH"),
            _BY,
            _HISTORY,
            Argument("--prices", "CSV file with flavorName and pricePerHour", ArgumentKind.PATH, "FILE"),
            Argument(
                "--forgotten-after",
                "how long a cluster that was never scaled may run: 14d by default",
                ArgumentKind.DURATION,
                "T",
            ),
        ),
        "reporting.report",
        "%heco report --month 2026-10 --by owner --by clusterType",
        "The value has frames: .by, .clusters, .forgotten, .unknown, .days; .html() and .text() return the page.\n"
        "A month that has not ended is compared with the same stretch of the month before, and projected: what ran in\n"
        "the last 7 days goes on.",
        shell_example="python -m heco_jupyter report --month 2026-10",
    ),
    Command(
        "timeline",
        "draw which clusters ran when",
        (
            Argument(
                "--by", "column that colours the bars; owner by default", value="COLUMN", completes="cluster field"
            ),
            _SINCE,
            _UNTIL,
            Argument("--active", "leave out terminated clusters", ArgumentKind.SWITCH),
        ),
        "analysing.timeline",
        "%heco timeline --by clusterType --since 7d",
    ),
    Command(
        "snapshot",
        "add the fleet as it is now to an archive of Parquet files",
        (_DIR, _KEPT_PRICES),
        "recording.snapshot",
        "%heco snapshot ~/heco-history",
        "The archive keeps what the API forgets. DuckDB, Spark, Hive and Trino read its folder daily as it is.",
        shell_example="python -m heco_jupyter snapshot heco-history",
    ),
    Command(
        "record",
        "take a snapshot again and again, in the background of this kernel",
        (
            Argument("DIR", _DIR.about, ArgumentKind.PATH, optional=True),
            *_RECORDING,
            Argument("--stop", "end the recording, after the snapshot under way", ArgumentKind.SWITCH),
        ),
        "recording.record",
        "%heco record ~/heco-history --every 10m",
        "Without a directory it tells how the recording goes. It ends with the kernel. It survives hours of a\n"
        "failing API, and compacts the days before today. In a shell, python -m heco_jupyter record is a service.",
        shell_example="python -m heco_jupyter record heco-history --every 10m",
        service=Command(
            "record",
            "take a snapshot again and again, until SIGTERM or Ctrl-C",
            (_DIR, *_RECORDING),
            "recording.serve",
            "",
            shell_example="python -m heco_jupyter record heco-history --every 10m",
        ),
    ),
    Command(
        "history",
        "read an archive of snapshots: one row a cluster",
        (
            _DIR,
            _SINCE,
            _UNTIL,
            Argument("--check", "tell of gaps, the last snapshot, and files that are not ours", ArgumentKind.SWITCH),
        ),
        "analysing.history",
        "%heco history ~/heco-history --since 2026-10",
        shell_example="python -m heco_jupyter history heco-history --json",
    ),
    Command(
        "compact",
        "merge the snapshots of each day before today into one file",
        (_DIR,),
        "recording.compact",
        "%heco compact ~/heco-history",
        "record does this by itself, once a day. Nothing is lost by a crash, nor by two of them at once.",
        shell_example="python -m heco_jupyter compact heco-history",
    ),
    Command(
        "panel",
        "show the control panel: pick, watch, scale, delete",
        (
            Argument("CLUSTER", f"the cluster to begin with: {_CLUSTER.about}", optional=True, completes="cluster"),
            Argument("--side", "open it beside the notebook, in JupyterLab", ArgumentKind.SWITCH),
        ),
        "cells.panel",
        "%heco panel etl-nightly",
        "In Python: heco_jupyter.panel(), and its open_beside(). Close it with close(), or by running its cell again.\n"
        "--side needs pip install 'heco-jupyter[side]'. Closing the tab brings the panel back into its cell.",
    ),
    Command(
        "template",
        "put a ready %%heco_create cell below",
        (Argument("KIND", "what the cluster is for", choices=("hive", "spark", "plain", "storage"), optional=True),),
        "cells.template",
        "%heco template spark",
    ),
    Command(
        "clone",
        "put a %%heco_create cell below that recreates a cluster",
        (_CLUSTER,),
        "cells.clone",
        "%heco clone etl-nightly",
        "The API does not return passwords: they become !secret.",
    ),
)
BY_NAME = {command.name: command for command in COMMANDS}

CREATE = Command(
    "",
    "create a cluster from the YAML or JSON in the cell",
    (
        Argument("NAME", "variable that also receives the cluster", optional=True),
        *_CHANGE,
        _UNKNOWN,
    ),
    "creating.create_from_cell",
    "%%heco_create etl --wait",
    "Keys are the API's fields. %heco template puts a filled-in cell below.\n"
    "A value may be $name (a notebook variable; $$name is the text $name), !env NAME, !file PATH,\n"
    "!base64 TEXT or !secret NAME (an environment variable, or a hidden prompt).",
    program="%%heco_create",
)

SHELL_COMMANDS = tuple(command.for_shell() for command in COMMANDS if command.shell_example)
