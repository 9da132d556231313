"""The documented fields of a create request, which checks, completion and templates share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FieldKind(Enum):
    """What the value of a field must be; the value here says so in words."""

    TEXT = "text"
    FLAG = "true or false"
    INTEGER = "a whole number"
    TEXTS = "a list of texts"
    OBJECT = "a mapping"


class Encoded(Enum):
    """What the API wants as Base64."""

    PASSWORD = "password"  # noqa: S105 (a kind, not a password)
    CONFIG = "config"
    SCRIPT = "script"


@dataclass(frozen=True, slots=True)
class Field:
    """One documented field.

    Parameters
    ----------
    path
        Keys from the root: `config.hdfsReplication`.
    kind
        What its value must be.
    about
        Its meaning, in a few words.
    required
        Whether it must be given; in an optional object, whether it must be given when the object is.
    choices
        The possible values, where there are no others.
    low, high
        The smallest and largest value, if limited.
    base64
        What the value encodes, if the API wants Base64.
    examples
        Values that are known, where others are possible.
    is_free
        Whether it is text in a language of its own, such as SQL, in which any character can be meant.
    """

    path: str
    kind: FieldKind
    about: str
    required: bool = False
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    base64: Encoded | None = None
    examples: tuple[str, ...] = ()
    is_free: bool = False

    @property
    def parent(self) -> str:
        """The path of the object that holds it, empty at the root."""
        return self.path.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The key itself."""
        return self.path.rpartition(".")[2]


def _required(path: str, kind: FieldKind, about: str, low: int | None = None, examples: tuple[str, ...] = ()) -> Field:
    return Field(path, kind, about, required=True, low=low, examples=examples)


_FLAVORS = ("m2a.xlarge",)


FIELDS = (
    _required("name", FieldKind.TEXT, "the cluster's name"),
    _required(
        "clusterType",
        FieldKind.TEXT,
        "the cluster's type, such as hadoop or dataflow",
        examples=("hadoop", "hbase", "trino", "dataflow"),
    ),
    _required(
        "clusterVersion",
        FieldKind.TEXT,
        "the cluster's version, such as hde-2.0.1",
        examples=("hde-2.0.1", "hde-2.1.0", "hde-2.2.0"),
    ),
    _required("isHa", FieldKind.FLAG, "high availability: true has 3 masters, false 1"),
    _required("masterFlavorName", FieldKind.TEXT, "the masters' flavor, such as m2a.xlarge", examples=_FLAVORS),
    _required("masterVolumeSize", FieldKind.INTEGER, "GB for each master", low=1),
    _required("workerCnt", FieldKind.INTEGER, "workers, at least config.hdfsReplication", low=1),
    _required("workerFlavorName", FieldKind.TEXT, "the workers' flavor, such as m2a.xlarge", examples=_FLAVORS),
    _required("workerVolumeSize", FieldKind.INTEGER, "GB for each worker", low=1),
    _required("monitoring", FieldKind.FLAG, "whether to install the monitoring agent"),
    _required("keypairName", FieldKind.TEXT, "the key pair of the VMs"),
    _required("vpcId", FieldKind.TEXT, "the VPC's id"),
    _required("subnetId", FieldKind.TEXT, "the subnet's id"),
    Field("securityGroupIds", FieldKind.TEXTS, "ids of existing security groups; or securityGroupName"),
    Field("securityGroupName", FieldKind.TEXT, "name of a security group to be made; or securityGroupIds"),
    Field("adminInfo", FieldKind.OBJECT, "the account of Hue and Superset; the IAM account by default"),
    Field("adminInfo.userId", FieldKind.TEXT, "the account's name"),
    Field("adminInfo.userPw", FieldKind.TEXT, "the account's password", base64=Encoded.PASSWORD),
    _required("config", FieldKind.OBJECT, "HDFS, configuration, start script"),
    _required("config.hdfsReplication", FieldKind.INTEGER, "copies of each block, at most workerCnt", low=1),
    _required("config.hdfsBlockSize", FieldKind.INTEGER, "MB", low=1),
    Field(
        "config.configText",
        FieldKind.TEXT,
        "settings to apply: a mapping, or Base64 of its JSON",
        base64=Encoded.CONFIG,
    ),
    Field("config.fileUrl", FieldKind.TEXT, "object storage URL of a JSON file with settings"),
    Field("config.configFileUrl", FieldKind.TEXT, "the same, by its other name"),
    Field(
        "config.userScript", FieldKind.TEXT, "Bash script run as each VM is made, or its Base64", base64=Encoded.SCRIPT
    ),
    Field("config.userScriptFileUrl", FieldKind.TEXT, "object storage URL of such a script"),
    Field("userTask", FieldKind.OBJECT, "a job to run once the cluster is up"),
    Field("userTask.type", FieldKind.TEXT, "the job's kind", required=True, choices=("hive", "spark")),
    Field(
        "userTask.terminationPolicy",
        FieldKind.TEXT,
        "when to terminate the cluster after the job",
        required=True,
        choices=("never", "onSuccess", "always"),
    ),
    Field("userTask.hiveQuery", FieldKind.TEXT, "the query (hive)", is_free=True),
    Field("userTask.fileUrl", FieldKind.TEXT, "object storage URL of the query file (hive) or jar (spark)"),
    Field("userTask.deployMode", FieldKind.TEXT, "where the driver runs (spark)", choices=("cluster", "client")),
    Field("userTask.execOpts", FieldKind.TEXT, "options of the hive or spark command", is_free=True),
    Field("userTask.execParams", FieldKind.TEXT, "parameters of the job (spark)", is_free=True),
    Field("userTask.logBucketName", FieldKind.TEXT, "bucket for logs, under HadoopEco/<cluster name>"),
    Field("hiveDbInfo", FieldKind.OBJECT, "a MySQL database as the Hive metastore"),
    Field("hiveDbInfo.objectId", FieldKind.TEXT, "the MySQL instance's id", required=True),
    Field("hiveDbInfo.dbName", FieldKind.TEXT, "the database's name", required=True),
    Field("hiveDbInfo.userId", FieldKind.TEXT, "the database account's name", required=True),
    Field(
        "hiveDbInfo.userPw", FieldKind.TEXT, "the database account's password", required=True, base64=Encoded.PASSWORD
    ),
    Field("dataCatalogInfo", FieldKind.OBJECT, "a data catalog"),
    Field("dataCatalogInfo.catalogId", FieldKind.TEXT, "the data catalog's id", required=True),
    Field("dataCatalog", FieldKind.OBJECT, "the same, by its other name"),
    Field("dataCatalog.catalogId", FieldKind.TEXT, "the data catalog's id", required=True),
    Field("redisInfo", FieldKind.OBJECT, "a Redis for Superset"),
    Field("redisInfo.objectId", FieldKind.TEXT, "the Redis instance's id", required=True),
    Field("redisInfo.dbIdSupersetCelery", FieldKind.INTEGER, "database number, 0 by default", low=0, high=15),
    Field("redisInfo.dbIdSupersetResults", FieldKind.INTEGER, "database number, 1 by default", low=0, high=15),
)

BY_PATH = {field.path: field for field in FIELDS}

# The vendor's page has two names for each of these; a spec may have one of them.
TWO_NAMES = (("dataCatalogInfo", "dataCatalog"), ("config.fileUrl", "config.configFileUrl"))


def children(parent: str) -> dict[str, Field]:
    """Return the fields directly below the object at `parent` (the root for an empty path), by name."""
    return {field.name: field for field in FIELDS if field.parent == parent}
