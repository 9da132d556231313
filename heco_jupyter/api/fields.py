"""The fields of a create request, as the API documents them: what the spec's checks, completion and templates share."""

from __future__ import annotations

from dataclasses import dataclass

TEXT, FLAG, INTEGER, TEXTS, OBJECT = "text", "true or false", "a whole number", "a list of texts", "a mapping"
PASSWORD, CONFIG, SCRIPT = "password", "config", "script"


@dataclass(frozen=True, slots=True)
class Field:
    """One documented field.

    Parameters
    ----------
    path
        Where it stands: `config.hdfsReplication`.
    kind
        What its value must be.
    about
        What it means, in a few words.
    required
        Whether it must be there; for a part of an optional object, whether it must be there when the object is.
    choices
        The vocabulary, where it is a closed one.
    low, high
        The smallest and largest value, where there is one.
    base64
        What the value encodes, where the API wants Base64.
    """

    path: str
    kind: str
    about: str
    required: bool = False
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    base64: str | None = None

    @property
    def parent(self) -> str:
        """The path of the object that holds it, empty at the root."""
        return self.path.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The key itself."""
        return self.path.rpartition(".")[2]


def _required(path: str, kind: str, about: str, low: int | None = None) -> Field:
    return Field(path, kind, about, required=True, low=low)


FIELDS = (
    _required("name", TEXT, "the cluster's name"),
    _required("clusterType", TEXT, "the cluster's type, such as hadoop or dataflow"),
    _required("clusterVersion", TEXT, "the cluster's version, such as hde-2.0.1"),
    _required("isHa", FLAG, "high availability: true has 3 masters, false 1"),
    _required("masterFlavorName", TEXT, "the masters' flavor, such as m2a.xlarge"),
    _required("masterVolumeSize", INTEGER, "GB for each master", low=1),
    _required("workerCnt", INTEGER, "workers, at least config.hdfsReplication", low=1),
    _required("workerFlavorName", TEXT, "the workers' flavor, such as m2a.xlarge"),
    _required("workerVolumeSize", INTEGER, "GB for each worker", low=1),
    _required("monitoring", FLAG, "whether to install the monitoring agent"),
    _required("keypairName", TEXT, "the key pair of the VMs"),
    _required("vpcId", TEXT, "the VPC's id"),
    _required("subnetId", TEXT, "the subnet's id"),
    Field("securityGroupIds", TEXTS, "ids of existing security groups; or securityGroupName"),
    Field("securityGroupName", TEXT, "name of a security group to be made; or securityGroupIds"),
    Field("adminInfo", OBJECT, "the account of Hue and Superset; the IAM account by default"),
    Field("adminInfo.userId", TEXT, "the account's name"),
    Field("adminInfo.userPw", TEXT, "the account's password", base64=PASSWORD),
    _required("config", OBJECT, "HDFS, configuration, start script"),
    _required("config.hdfsReplication", INTEGER, "copies of each block, at most workerCnt", low=1),
    _required("config.hdfsBlockSize", INTEGER, "MB", low=1),
    Field("config.configText", TEXT, "settings to apply: a mapping, or Base64 of its JSON", base64=CONFIG),
    Field("config.fileUrl", TEXT, "object storage URL of a JSON file with settings"),
    Field("config.configFileUrl", TEXT, "the same, by its other name"),
    Field("config.userScript", TEXT, "Bash script run as each VM is made, or its Base64", base64=SCRIPT),
    Field("config.userScriptFileUrl", TEXT, "object storage URL of such a script"),
    Field("userTask", OBJECT, "a job to run once the cluster is up"),
    Field("userTask.type", TEXT, "the job's kind", required=True, choices=("hive", "spark")),
    Field(
        "userTask.terminationPolicy",
        TEXT,
        "when to terminate the cluster after the job",
        required=True,
        choices=("never", "onSuccess", "always"),
    ),
    Field("userTask.hiveQuery", TEXT, "the query (hive)"),
    Field("userTask.fileUrl", TEXT, "object storage URL of the query file (hive) or jar (spark)"),
    Field("userTask.deployMode", TEXT, "where the driver runs (spark)", choices=("cluster", "client")),
    Field("userTask.execOpts", TEXT, "options of the hive or spark command"),
    Field("userTask.execParams", TEXT, "parameters of the job (spark)"),
    Field("userTask.logBucketName", TEXT, "bucket for logs, under HadoopEco/<cluster name>"),
    Field("hiveDbInfo", OBJECT, "a MySQL database as the Hive metastore"),
    Field("hiveDbInfo.objectId", TEXT, "the MySQL instance's id", required=True),
    Field("hiveDbInfo.dbName", TEXT, "the database's name", required=True),
    Field("hiveDbInfo.userId", TEXT, "the database account's name", required=True),
    Field("hiveDbInfo.userPw", TEXT, "the database account's password", required=True, base64=PASSWORD),
    Field("dataCatalogInfo", OBJECT, "a data catalog"),
    Field("dataCatalogInfo.catalogId", TEXT, "the data catalog's id", required=True),
    Field("dataCatalog", OBJECT, "the same, by its other name"),
    Field("dataCatalog.catalogId", TEXT, "the data catalog's id", required=True),
    Field("redisInfo", OBJECT, "a Redis for Superset"),
    Field("redisInfo.objectId", TEXT, "the Redis instance's id", required=True),
    Field("redisInfo.dbIdSupersetCelery", INTEGER, "database number, 0 by default", low=0, high=15),
    Field("redisInfo.dbIdSupersetResults", INTEGER, "database number, 1 by default", low=0, high=15),
)

BY_PATH = {field.path: field for field in FIELDS}

# The vendor's page has two names for each of these; one at most may be given.
TWO_NAMES = (("dataCatalogInfo", "dataCatalog"), ("config.fileUrl", "config.configFileUrl"))


def children(parent: str) -> dict[str, Field]:
    """Return the fields directly below the object at `parent` (the root for an empty path), by name."""
    return {field.name: field for field in FIELDS if field.parent == parent}
