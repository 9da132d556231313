"""One cluster as the API told of it: fields by attribute or by item, a card in HTML and in text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from heco_jupyter.api.cards import Card, Row, joined, safe_link, words
from heco_jupyter.api.status import Status
from heco_jupyter.api.text import did_you_mean, typed

TIMES = ("createdAt", "runningAt")
DURATIONS = ("elapsedTime", "totalVmUptime")
_LINK_NAMES = {
    "nameNodeUrl": "NameNode",
    "resourceManagerUrl": "ResourceManager",
    "hueUrl": "Hue",
    "hmasterUrl": "HMaster",
    "trinoUrl": "Trino",
    "druidUrl": "Druid",
    "supersetUrl": "Superset",
}
LINKS = tuple(_LINK_NAMES)
FIELDS = (
    *("id", "name", "owner", "clusterType", "clusterVersion", "isHa", "isScalable", "status", "apiKeyStatus"),
    *("masterCnt", "workerCnt", "nodeCnt", "vpcId", "subnetId", "securityGroupIds", "keypairName", "monitoring"),
    *("imageName", *LINKS, *TIMES, *DURATIONS, "masterInfo", "workerInfo", "adminInfo", "config", "userTask"),
    *("hiveDbInfo", "dataCatalogInfo", "redisInfo"),
)
END_OF_TIME = 253_402_214_400_000
"""Unix time in ms from which on calendars end, whatever the time zone."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Record(Mapping[str, Any]):
    """A JSON object whose fields can also be had as attributes. Objects within it are records too.

    Parameters
    ----------
    raw
        The JSON object.
    """

    _known: tuple[str, ...] = ()

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.__dict__["raw"] = dict(raw)  # past __setattr__, which takes longer than all else

    def __getitem__(self, name: str) -> Any:
        return _record(self.raw[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "raw":  # copying and unpickling ask before there is a raw
            raise AttributeError(name)
        if name in self.raw:
            return self[name]
        if name in self._known:
            return None
        raise AttributeError(f"there is no field {name!r}{did_you_mean(name, {*self.raw, *self._known})}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._known or name in vars(self).get("raw", ()):
            raise AttributeError(f"{name} is what the API told, and is not changed here: %heco scale changes workers")
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.raw, *self._known})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.items())})"


def _record(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Record(value)
    if isinstance(value, list):
        return [_record(item) for item in value]
    return value


class Cluster(Record):
    """A cluster.

    Fields have the API's names, as attributes (`cluster.workerCnt`, None where the API gave none) and as items
    (`cluster["workerCnt"]`, KeyError where it gave none). `createdAt` and `runningAt` are aware datetimes,
    `elapsedTime` and `totalVmUptime` are timedeltas; `raw` holds the JSON as it came.

    Parameters
    ----------
    raw
        The API's JSON.
    timezone
        IANA name of the zone for its times.
    note
        What was just done to it, in words, to head its card.
    """

    _known = FIELDS

    def __init__(self, raw: Mapping[str, Any], timezone: str = "UTC", note: str | None = None) -> None:
        super().__init__(raw)
        self.__dict__.update(timezone=timezone, note=note)

    def __getitem__(self, name: str) -> Any:
        value = self.raw[name]
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= END_OF_TIME:
            if name in TIMES:
                return (_EPOCH + timedelta(milliseconds=value)).astimezone(ZoneInfo(self.timezone))
            if name in DURATIONS:
                return timedelta(milliseconds=value)
        return super().__getitem__(name)

    @property
    def state(self) -> Status:
        """The `status` field, understood."""
        status = self.status
        return Status(status if isinstance(status, str) else None)

    @property
    def hdfs_replication(self) -> int | None:
        """`config.hdfsReplication`, or None where the API gave none."""
        config = self.config
        return config.raw.get("hdfsReplication") if isinstance(config, Record) else None

    def noted(self, note: str) -> Cluster:
        """Return the same cluster with a note."""
        return Cluster(self.raw, self.timezone, note)

    def gone(self) -> Cluster:
        """Return it as terminated: the API, which knew it, has it no more."""
        return Cluster(self.raw | {"status": "Terminated"}, self.timezone, "gone: the API no longer has it")

    def card(self) -> Card:
        """Return what is shown of it: what the API told, and only that."""
        rows = (
            Row("id", words(self.id)),
            Row("owner", words(self.owner)),
            Row("clusterType", joined(self.clusterType, self.clusterVersion)),
            Row("masterCnt", joined(self.masterCnt, _machines(self.masterInfo))),
            Row("workerCnt", joined(self.workerCnt, _machines(self.workerInfo))),
            Row("hdfsReplication", words(self.hdfs_replication)),
            Row("isScalable", words(self.isScalable)),
            Row("createdAt", words(self.createdAt)),
            Row("runningAt", words(self.runningAt)),
            Row("elapsedTime", words(self.elapsedTime)),
            Row("userTask", _task(self.userTask)),
            Row("links", "", tuple((_LINK_NAMES[name], url) for name in LINKS if (url := safe_link(self.get(name))))),
        )
        told = tuple(row for row in rows if row.value or row.links)
        return Card(words(self.name) or words(self.id), self.state, told, self.note, self._next_command())

    @property
    def typed(self) -> str:
        """How it is typed in a command."""
        return typed(self.name, self.id)

    def _next_command(self) -> str | None:
        """Return the command that most likely follows."""
        name = self.typed
        if self.status is None or self.state.is_terminated:
            return None
        if self.state.is_leaving:
            return f"%heco wait {name} --for terminated"
        return f"%heco vms {name}" if self.state.is_running else f"%heco wait {name}"

    def __repr__(self) -> str:
        return self.card().text()

    def __format__(self, form: str) -> str:
        """Return the id, so that `%heco show {cluster}` means this one."""
        return format(str(self.id), form)

    def _repr_html_(self) -> str:
        return self.card().html()


def _machines(info: Any) -> str:
    """Return `m2a.xlarge 50 GB` for masterInfo or workerInfo."""
    if not isinstance(info, list):
        return ""
    kinds = [item for item in info if isinstance(item, Record)]
    return ", ".join(f"{words(kind.get('flavorName'))} {words(kind.get('volumeSize'))} GB" for kind in kinds[:3])


def _task(task: Any) -> str:
    if not isinstance(task, Record):
        return ""
    return joined(task.get("type"), f"terminationPolicy {words(task.get('terminationPolicy'))}")
