"""The commands and their arguments, as data: what parsing, help and completion share. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

TEXT, COUNT, DURATION, SWITCH = "text", "count", "duration", "switch"


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
        What Tab offers for the value, besides `choices`: `cluster`, `cluster field,dir`, `vm field,dir`, `file`.
    """

    name: str
    about: str
    kind: str = TEXT
    value: str = ""
    choices: tuple[str, ...] = ()
    optional: bool = False
    repeats: bool = False
    completes: str = ""

    @property
    def is_flag(self) -> bool:
        """Whether it is named on the line."""
        return self.name.startswith("-")

    @property
    def dest(self) -> str:
        """Its name among the parsed options."""
        return self.name.lstrip("-").lower().replace("-", "_")

    @property
    def usage(self) -> str:
        """How it is written."""
        if not self.is_flag:
            shown = self.name if not self.choices else f"{{{','.join(self.choices)}}}"
            return f"[{shown}]" if self.optional else shown
        value = f" {self.value or self.name.lstrip('-').upper()}" if self.kind != SWITCH else ""
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
    example
        One line that works.
    more
        What else is worth knowing, for its own help.
    magic
        The magic it belongs to.
    """

    name: str
    about: str
    arguments: tuple[Argument, ...]
    example: str
    more: str = ""
    magic: str = "%heco"

    @property
    def typed(self) -> str:
        """The command as it is typed."""
        return f"{self.magic} {self.name}".rstrip()

    @property
    def usage(self) -> str:
        """How it is written, in one line."""
        return " ".join([self.typed, *(argument.usage for argument in self.arguments)])


_CLUSTER = Argument("CLUSTER", "name, id, or the first 8 or more characters of an id", completes="cluster")
_WORKERS = Argument("N", "number of workers", COUNT)
_DRY = Argument("--dry-run", "show the request and send nothing", SWITCH)
_YES = Argument("--yes", "do not ask", SWITCH)
_WAIT = Argument("--wait", "wait until it is done", SWITCH)
_TIMEOUT = Argument("--timeout", "how long to wait at most: 90s, 30m, 2h", DURATION, "T")
_CHANGE = (_WAIT, _TIMEOUT, _DRY)
_UNKNOWN = Argument("--allow-unknown", "let through fields that are not documented", SWITCH)


def _sort(what: str) -> Argument:
    about = "order; may be repeated, the first wins; createdAt,desc by default"
    return Argument("--sort", about, value="FIELD,DIR", repeats=True, completes=f"{what} field,dir")


_SINCE = Argument("--since", "from this date or time on", value="TIME")
_UNTIL = Argument("--until", "up to this date or time", value="TIME")
_DIR = Argument("DIR", "directory of the data set", completes="file")

COMMANDS = (
    Command(
        "connect",
        "connect, and check that the keys are good",
        (
            Argument("--profile", "a profile of ~/.config/heco/config.toml", value="P"),
            Argument("--endpoint", "base URL of the API", value="URL"),
            Argument("--local", "start the emulator in this kernel, with a made-up fleet", SWITCH),
        ),
        "%heco connect --local",
        "Keys come from HECO_CREDENTIAL_ID and HECO_CREDENTIAL_SECRET, HECO_PROFILE,\n"
        "KAKAOCLOUD_APPLICATION_CREDENTIAL_ID and _SECRET, or ~/.config/heco/config.toml, in this order.",
    ),
    Command(
        "login",
        "enter an access key; it is kept in memory only",
        (Argument("--endpoint", "base URL of the API", value="URL"),),
        "%heco login",
    ),
    Command("whoami", "show the endpoint and the key in use", (), "%heco whoami"),
    Command(
        "list",
        "list clusters, as a DataFrame",
        (
            Argument("--name", "only names that contain this", value="S", completes="cluster"),
            Argument("--status", "only statuses that contain this, in any case", value="S", completes="status"),
            Argument(
                "--api-key-status",
                "only these: possible, impossible, applied",
                value="S",
                completes="api key status",
            ),
            Argument("--active", "leave out terminated clusters", SWITCH),
            _sort("cluster"),
            Argument("--limit", "this many rows at most", COUNT, "N"),
        ),
        "df = %heco list --active --sort workerCnt,desc",
    ),
    Command(
        "vms",
        "list a cluster's VMs, as a DataFrame",
        (
            Argument("CLUSTER", _CLUSTER.about, optional=True, completes="cluster"),
            Argument("--all", "the VMs of every cluster that is not terminated", SWITCH),
            Argument("--name", "only names that contain this", value="S"),
            Argument("--ip", "only private addresses that contain this", value="S"),
            Argument("--instance-id", "only instance ids that contain this", value="S"),
            _sort("vm"),
        ),
        "%heco vms etl-nightly --sort name,asc",
    ),
    Command("show", "show a cluster", (_CLUSTER,), "%heco show etl-nightly"),
    Command(
        "create",
        "create a cluster from a YAML or JSON file",
        (Argument("FILE", "path of the spec", completes="file"), *_CHANGE, _UNKNOWN),
        "%heco create cluster.yaml --dry-run",
        "In a cell of its own: %%heco_create. A filled-in one: %heco template.",
    ),
    Command(
        "scale",
        "scale to N workers",
        (_CLUSTER, Argument("N", "workers it shall have", COUNT), *_CHANGE, _YES),
        "%heco scale etl-nightly 8 --wait",
    ),
    Command(
        "scale-out", "add N workers", (_CLUSTER, _WORKERS, *_CHANGE, _YES), "%heco scale-out etl-nightly 3 --dry-run"
    ),
    Command(
        "scale-in",
        "remove N workers; asks first",
        (_CLUSTER, _WORKERS, *_CHANGE, _YES),
        "%heco scale-in etl-nightly 2 --yes",
        "At least as many workers as hdfsReplication must be left.",
    ),
    Command(
        "delete",
        "delete a cluster for good; asks first",
        (_CLUSTER, _YES, *_CHANGE),
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
        "%heco wait etl-nightly --timeout 30m",
    ),
    Command(
        "usage",
        "add up uptime, node-hours and cost, as a DataFrame",
        (
            Argument(
                "--by",
                "column to group by; may be repeated; owner by default",
                value="COLUMN",
                repeats=True,
                completes="cluster field",
            ),
            _SINCE,
            _UNTIL,
            Argument("--freq", "split into periods: h, D, W, M, Q, Y, or such as 6h", value="F"),
            Argument("--exact", "read each cluster's detail, for what the list does not tell", SWITCH),
            Argument(
                "--history", "data set of %heco snapshot, for clusters that are gone", value="DIR", completes="file"
            ),
            Argument(
                "--prices", "CSV file with flavorName and pricePerHour; implies --exact", value="FILE", completes="file"
            ),
            Argument("--chart", "draw it", SWITCH),
        ),
        "%heco usage --since 2026-10-01 --until 2026-11-01 --freq W --exact",
        "The API sets a terminated cluster's counts to 0: node-hours are missing unless --exact or --history tells.",
    ),
    Command(
        "timeline",
        "draw who ran when",
        (
            Argument(
                "--by", "column that colours the bars; owner by default", value="COLUMN", completes="cluster field"
            ),
            _SINCE,
            _UNTIL,
            Argument("--active", "leave out terminated clusters", SWITCH),
        ),
        "%heco timeline --by clusterType --since 2026-10-01",
    ),
    Command(
        "snapshot",
        "append the fleet, as it is now, to a Parquet data set",
        (_DIR,),
        "%heco snapshot ~/heco-history",
        "The data set remembers what the API forgets. DuckDB, Spark, Hive and Trino read it as it is.",
    ),
    Command(
        "history",
        "read a data set of snapshots: one row a cluster, as a DataFrame",
        (_DIR, _SINCE, _UNTIL),
        "%heco history ~/heco-history --since 2026-10-01",
    ),
    Command(
        "panel",
        "show the control panel: pick, watch, scale, delete",
        (Argument("CLUSTER", f"the cluster to begin with: {_CLUSTER.about}", optional=True, completes="cluster"),),
        "%heco panel etl-nightly",
        "From Python: heco_jupyter.panel(). panel.close() ends it, and so does running its cell again.",
    ),
    Command(
        "template",
        "put a ready %%heco_create cell below",
        (Argument("KIND", "what it shall do", choices=("hive", "spark", "plain"), optional=True),),
        "%heco template spark",
    ),
    Command(
        "clone",
        "put a %%heco_create cell below that recreates a cluster",
        (_CLUSTER,),
        "%heco clone etl-nightly",
        "Passwords are not told by the API: they become !secret.",
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
    "%%heco_create etl --wait",
    "Keys are the API's fields. %heco template puts a filled-in cell below.\n"
    "A value may be $name (a notebook variable), !env NAME, !file PATH, !base64 TEXT or !secret NAME\n"
    "(an environment variable, or asked for and hidden).",
    magic="%%heco_create",
)
