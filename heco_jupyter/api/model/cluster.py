"""One cluster as the API described it: typed fields by attribute, all fields by item, a card in HTML and in text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from types import NoneType
from typing import TYPE_CHECKING, Any, ClassVar, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from heco_jupyter.api.display.cards import Card, CardRow, count_of, joined, safe_link, words
from heco_jupyter.api.display.text import did_you_mean, plain, visible
from heco_jupyter.api.model.checks import check_type
from heco_jupyter.api.model.columns import END_OF_TIME
from heco_jupyter.api.model.lookup import as_argument
from heco_jupyter.api.model.status import Status

_LINK_NAMES = {
    "nameNodeUrl": "NameNode",
    "resourceManagerUrl": "ResourceManager",
    "hueUrl": "Hue",
    "hmasterUrl": "HMaster",
    "trinoUrl": "Trino",
    "druidUrl": "Druid",
    "supersetUrl": "Superset",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OURS = frozenset({"raw", "timezone", "note"})  # annotated, and no fields of the API


class Record(Mapping[str, Any]):
    """A JSON object whose documented fields are typed attributes. Objects within it are records too.

    An attribute is of its annotated type, or None where the API gave nothing or something of another type. Items are
    all that the API gave, as it gave it, except that objects are records, times datetimes and durations timedeltas.

    Parameters
    ----------
    raw
        The JSON object.
    """

    raw: dict[str, Any]
    _readers: ClassVar[dict[str, Callable[[Any, str], Any]]] = {}

    def __init_subclass__(cls) -> None:
        hints = get_type_hints(cls)
        fields = {name: hints[name] for name in hints if not name.startswith("_") and name not in _OURS}
        cls._readers = {name: _reader(hint) for name, hint in fields.items()}

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.__dict__["raw"] = dict(raw)  # past __setattr__, which takes longer than all else

    @property
    def _zone(self) -> str:
        return "UTC"

    def __getitem__(self, name: str) -> Any:
        value = self.raw[name]
        reader = self._readers.get(name)
        read = reader(value, self._zone) if reader else None
        return _record(value) if read is None or read == "" else read

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)

    if not TYPE_CHECKING:  # a checker knows the fields by their annotations, and finds a mistyped one

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_") or name == "raw":  # copying and unpickling ask before there is a raw
                raise AttributeError(name)
            if reader := self._readers.get(name):
                return reader(self.raw.get(name), self._zone)
            if name in self.raw:
                return self[name]
            raise AttributeError(f"there is no field {name!r}{did_you_mean(name, {*self.raw, *self._readers})}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._readers or name in vars(self).get("raw", ()):
            raise AttributeError(f"{name} comes from the API and cannot be set here: %heco scale changes workers")
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.raw, *self._readers})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{visible(name)}={value!r}' for name, value in self.items())})"


def _record(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Record(value)
    if isinstance(value, list):
        return [_record(item) for item in value]
    return value


def _reader(hint: Any) -> Callable[[Any, str], Any]:
    """Return what reads a field of an annotated type from JSON: `reader(value, zone)`."""
    if hint is str:  # a field that every cluster has
        return lambda value, _: value if isinstance(value, str) else ""
    (kind,) = (arg for arg in get_args(hint) if arg is not NoneType)
    if get_origin(kind) is list:
        (item,) = get_args(kind)
        return partial(_read_list, read=_read_record(item) if issubclass(item, Record) else _PLAIN[item])
    return _read_record(kind) if issubclass(kind, Record) else _PLAIN[kind]


def _read_record(kind: type[Record]) -> Callable[[Any, str], Record | None]:
    return lambda value, _: kind(value) if isinstance(value, Mapping) else None


def _read_list(value: Any, zone: str, *, read: Callable[[Any, str], Any]) -> list[Any] | None:
    if not isinstance(value, list):
        return None
    return [item for raw in value if (item := read(raw, zone)) is not None]


def _read_int(value: Any, _: str) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _read_time(value: Any, zone: str) -> datetime | None:
    number = _read_int(value, zone)
    if number is None or not 0 <= number <= END_OF_TIME:
        return None
    return (_EPOCH + timedelta(milliseconds=number)).astimezone(ZoneInfo(zone))


def _read_duration(value: Any, zone: str) -> timedelta | None:
    number = _read_int(value, zone)
    return timedelta(milliseconds=number) if number is not None and 0 <= number <= END_OF_TIME else None


_PLAIN: dict[type, Callable[[Any, str], Any]] = {
    str: lambda value, _: value if isinstance(value, str) else None,
    bool: lambda value, _: value if isinstance(value, bool) else None,
    int: _read_int,
    datetime: _read_time,
    timedelta: _read_duration,
}


class NodeInfo(Record):
    """The VMs of one role: an item of `masterInfo` or `workerInfo`; `volumeSize` in GB."""

    flavorId: str | None
    flavorName: str | None
    volumeSize: int | None


class AdminInfo(Record):
    """The account of Hue and Superset."""

    userId: str | None


class ClusterConfig(Record):
    """HDFS and configuration; `hdfsBlockSize` in MB, `configText` Base64."""

    hdfsBlockSize: int | None
    hdfsReplication: int | None
    configText: str | None
    configFileUrl: str | None


class UserTask(Record):
    """The job that the cluster was created with; its log lies at `logUrl`."""

    type: str | None
    terminationPolicy: str | None
    fileUrl: str | None
    hiveQuery: str | None
    deployMode: str | None
    execOpts: str | None
    execParams: str | None
    logBucketName: str | None
    logUrl: str | None


class HiveDbInfo(Record):
    """The MySQL database that holds the Hive metastore."""

    objectId: str | None
    subnetId: str | None
    name: str | None
    host: str | None
    port: int | None
    dbName: str | None
    userId: str | None


class DataCatalogInfo(Record):
    """The data catalog that the cluster uses."""

    metastoreUri: str | None
    catalogId: str | None
    catalogName: str | None
    vpcId: str | None
    vpcName: str | None
    subnetId: str | None
    subnetName: str | None


class RedisInfo(Record):
    """The Redis that Superset uses."""

    objectId: str | None
    name: str | None
    subnetId: str | None
    primaryEndpoint: str | None
    readEndpoint: str | None
    clusterEnabled: bool | None
    port: int | None
    dbIdSupersetCelery: int | None
    dbIdSupersetResults: int | None


class Cluster(Record):
    """A cluster as the API described it.

    Fields have the API's names, as attributes (`cluster.workerCnt`, None where the API gave none) and as items
    (`cluster["workerCnt"]`, KeyError where the API gave none). `createdAt` and `runningAt` are aware datetimes,
    `elapsedTime` and `totalVmUptime` are timedeltas; `raw` holds the JSON as it came. In a notebook it shows as a card.

    Parameters
    ----------
    raw
        The API's JSON.
    timezone
        IANA name of the zone for its times.
    note
        What was just done to it, in words, to head its card.

    Examples
    --------
    >>> cluster = Cluster({"id": "3f2a", "name": "etl", "status": "Running", "workerCnt": 3, "elapsedTime": 60_000})
    >>> cluster.workerCnt, cluster["status"], cluster.owner
    (3, 'Running', None)
    >>> cluster.elapsedTime
    datetime.timedelta(seconds=60)
    """

    timezone: str
    note: str | None

    id: str
    name: str
    owner: str | None
    clusterType: str | None
    clusterVersion: str | None
    isHa: bool | None
    isScalable: bool | None
    status: str | None
    apiKeyStatus: str | None
    masterCnt: int | None
    workerCnt: int | None
    nodeCnt: int | None
    vpcId: str | None
    subnetId: str | None
    securityGroupIds: list[str] | None
    keypairName: str | None
    monitoring: bool | None
    imageName: str | None
    nameNodeUrl: str | None
    resourceManagerUrl: str | None
    hueUrl: str | None
    hmasterUrl: str | None
    trinoUrl: str | None
    druidUrl: str | None
    supersetUrl: str | None
    createdAt: datetime | None
    runningAt: datetime | None
    elapsedTime: timedelta | None
    totalVmUptime: timedelta | None
    masterInfo: list[NodeInfo] | None
    workerInfo: list[NodeInfo] | None
    adminInfo: AdminInfo | None
    config: ClusterConfig | None
    userTask: UserTask | None
    hiveDbInfo: HiveDbInfo | None
    dataCatalogInfo: DataCatalogInfo | None
    redisInfo: RedisInfo | None

    def __init__(self, raw: Mapping[str, Any], timezone: str = "UTC", note: str | None = None) -> None:
        check_type(raw, Mapping, "raw", "a mapping, as the API's JSON")
        check_type(timezone, str, "timezone", "the name of a time zone")
        super().__init__(raw)
        self.__dict__.update(timezone=timezone, note=note)

    @property
    def _zone(self) -> str:
        return self.timezone

    @property
    def state(self) -> Status:
        """The `status` field, understood."""
        return Status(self.status)

    @property
    def hdfs_replication(self) -> int | None:
        """`config.hdfsReplication`, or None where the API gave none."""
        return self.config.hdfsReplication if self.config is not None else None

    @property
    def other_nodes(self) -> int | None:
        """Nodes that are neither masters nor workers, such as TASK nodes, or None where a count is missing."""
        counts = (self.nodeCnt, self.masterCnt, self.workerCnt)
        nodes, masters, workers = (0 if count is None else count for count in counts)
        return None if None in counts else max(0, nodes - masters - workers)

    @property
    def display_name(self) -> str:
        """Its name, or its id where it has none, on one harmless line."""
        return plain(self.name or self.id, 80)

    @property
    def as_argument(self) -> str:
        """How to write it in a command: by name, or by id where a name cannot be typed."""
        return as_argument(self.name, self.id)

    def with_note(self, note: str) -> Cluster:
        """Return the same cluster with a note."""
        return Cluster(self.raw, self.timezone, note)

    def as_gone(self) -> Cluster:
        """Return it as terminated, for when the API no longer has a cluster that it had before."""
        return Cluster(self.raw | {"status": "Terminated"}, self.timezone, "gone: the API no longer has it")

    def card(self) -> Card:
        """Return what is shown of it: what the API gave, and only that."""
        told = (
            CardRow("id", words(self.id)),
            CardRow("owner", words(self.owner)),
            CardRow("clusterType", joined(self.clusterType, self.clusterVersion)),
            CardRow("masterCnt", joined(self.masterCnt, _nodes(self.masterInfo))),
            CardRow("workerCnt", joined(self.workerCnt, _nodes(self.workerInfo))),
            CardRow(
                "nodeCnt", joined(self.nodeCnt, count_of(self.other_nodes, "other node")) if self.other_nodes else ""
            ),
            CardRow("hdfsReplication", words(self.hdfs_replication)),
            CardRow("isScalable", words(self.isScalable)),
            CardRow("createdAt", words(self.createdAt)),
            CardRow("runningAt", words(self.runningAt)),
            CardRow("elapsedTime", words(self.elapsedTime)),
            CardRow("userTask", _task(self.userTask)),
            CardRow("links", "", self.links),
        )
        rows = tuple(row for row in told if row.value or row.links)
        name, state = words(self.name) or words(self.id), self.state
        return Card(name, words(self.status), state.mark, state.tone, rows, self.note, self._next_command())

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """The names and addresses of its web pages, http and https only."""
        return tuple((name, url) for field, name in _LINK_NAMES.items() if (url := safe_link(self.raw.get(field))))

    def _next_command(self) -> str | None:
        """Return the command that most likely follows."""
        name = self.as_argument
        if self.status is None or self.state.is_terminated or self.state.is_failed:
            return None
        if self.state.is_terminating:
            return f"%heco wait {name} --for terminated"
        return f"%heco vms {name}" if self.state.is_running else f"%heco wait {name}"

    def __repr__(self) -> str:
        return self.card().text()

    def __format__(self, form: str) -> str:
        """Return the id, so that `%heco show {cluster}` means this one."""
        return format(self.id, form)

    def _repr_html_(self) -> str:
        return self.card().html()


FIELDS = tuple(Cluster._readers)  # noqa: SLF001 (the documented fields, in the documented order)


def _nodes(info: list[NodeInfo] | None) -> str:
    """Return `m2a.xlarge 50 GB` for masterInfo or workerInfo."""
    return joined(*(f"{words(item.flavorName)} {_size(item)}".strip() for item in (info or [])[:3]))


def _size(item: NodeInfo) -> str:
    return "" if item.volumeSize is None else f"{item.volumeSize} GB"


def _task(task: UserTask | None) -> str:
    return joined(task.type, f"terminationPolicy {words(task.terminationPolicy)}") if task else ""
