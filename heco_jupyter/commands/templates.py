"""Ready `%%heco_create` cells: from nothing, or like an existing cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.spec.cloning import missing_fields, spec_like
from heco_jupyter.api.spec.dumping import SecretName, commented_yaml

if TYPE_CHECKING:
    from heco_jupyter.api.model.cluster import Cluster

_EXAMPLE: dict[str, Any] = {
    "name": "my-cluster",
    "clusterType": "hadoop",
    "clusterVersion": "hde-2.0.1",
    "isHa": False,
    "masterFlavorName": "m2a.xlarge",
    "masterVolumeSize": 50,
    "workerCnt": 3,
    "workerFlavorName": "m2a.xlarge",
    "workerVolumeSize": 100,
    "monitoring": True,
    "keypairName": "my-keypair",
    "vpcId": "3ebb3020-d416-f1a4-534c-d3ad0fa1bec0",
    "subnetId": "5c1632bf-a7da-fdbf-a594-e6a7bedb328c",
    "securityGroupName": "my-cluster",
    "config": {"hdfsReplication": 3, "hdfsBlockSize": 128},
}
_SETTINGS = {
    "configurations": [{"classification": "core-site", "properties": {"io.file.buffer.size": "65536"}}],
}
_STORAGE = "objectstorage.kr-central-2.kakaocloud.com"
_KEYS = {
    "fs.s3a.endpoint": _STORAGE,
    "fs.s3a.access.key": SecretName("S3_ACCESS_KEY"),
    "fs.s3a.secret.key": SecretName("S3_SECRET_KEY"),
    "fs.swifta.service.kic.credential.id": SecretName("STORAGE_CREDENTIAL_ID"),
    "fs.swifta.service.kic.credential.secret": SecretName("STORAGE_CREDENTIAL_SECRET"),
}
_TASKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "storage": {
        "config": {
            "hdfsReplication": 3,
            "hdfsBlockSize": 128,
            "configText": {"configurations": [{"classification": "core-site", "properties": _KEYS}]},
        },
    },
    "hive": {
        "name": "my-hive-job",
        "config": {"hdfsReplication": 3, "hdfsBlockSize": 128, "configText": _SETTINGS},
        "userTask": {
            "type": "hive",
            "terminationPolicy": "onSuccess",
            "hiveQuery": "create table if not exists t1 (col1 string);\ninsert into table t1 values ('a'), ('b');\n",
            "execOpts": "--hiveconf hive.tez.container.size=1024",
            "logBucketName": "my-bucket",
        },
    },
    "spark": {
        "name": "my-spark-job",
        "config": {
            "hdfsReplication": 3,
            "hdfsBlockSize": 128,
            "userScript": "#!/bin/bash\necho hello from $(hostname)\n",
        },
        "userTask": {
            "type": "spark",
            "terminationPolicy": "onSuccess",
            "fileUrl": "https://objectstorage.kr-central-2.kakaocloud.com/v1/PROJECT/my-bucket/spark_example.jar",
            "deployMode": "cluster",
            "execOpts": "--class org.apache.spark.examples.SparkPi --master yarn",
            "logBucketName": "my-bucket",
        },
    },
}


_ACCOUNT = """\
# adminInfo:                                    # the account of Hue and Superset; the IAM account by default
#   userId: admin
#   userPw: !secret HUE_PASSWORD                # an environment variable, or a hidden prompt
"""


def template(kind: str) -> str:
    """Return a cell that creates a cluster.

    Parameters
    ----------
    kind
        `plain`; `hive` or `spark` for one with such a job; `storage` for one with keys of object storage.
    """
    head = "# Put your own key pair, VPC and subnet. Without --dry-run, it creates the cluster.\n"
    return f"%%heco_create cluster --dry-run\n{head}{commented_yaml(_EXAMPLE | _TASKS[kind])}{_ACCOUNT}"


def clone(cluster: Cluster) -> str:
    """Return a cell that creates a cluster like `cluster`; see `spec_like`."""
    spec = spec_like(cluster)
    notes = [f"# Like {cluster.display_name}, {plain(cluster.id)}. Without --dry-run, it creates the cluster.\n"]
    if not cluster.state.is_terminated:
        notes.append("# The other cluster still has this name: choose another.\n")
    if missing := missing_fields(spec):
        notes.append(f"# The API does not return these, fill them in: {', '.join(missing)}\n")
    notes.append("# If there was a user script, add it: the API does not return it.\n")
    return f"%%heco_create cluster --dry-run\n{''.join(notes)}{commented_yaml(spec)}"
