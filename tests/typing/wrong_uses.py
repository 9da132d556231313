"""Uses that a type checker must refuse: the marked lines and no others, see `test_typing.py`."""

from __future__ import annotations

import heco_jupyter
from heco_jupyter import Client, Cluster, errors, fleet, panel


def fields(cluster: Cluster) -> None:
    print(cluster.wokerCnt)  # wrong: a mistyped field
    print(cluster.workerCnt + 1)  # wrong: the field may be missing
    print(cluster.config.hdfsReplication)  # wrong: the object may be missing
    print(cluster.name + 1)  # wrong: text plus a number
    for info in cluster.masterInfo or []:
        print(info.flavorname)  # wrong: a mistyped field of a record within


def calls(client: Client, cluster: Cluster) -> None:
    client.list_clusters("etl")  # wrong: filters are keywords
    client.list_clusters(limit="3")  # wrong: not a number
    client.scale(cluster, "8")  # wrong: not a number
    client.scale(cluster)  # wrong: no target
    client.wait(cluster, timeout="30m")  # wrong: not a number of seconds
    heco_jupyter.connect(loca=True)  # wrong: a mistyped parameter
    panel(client)  # wrong: a client in place of a cluster
    fleet.usage([cluster])  # wrong: not a frame
    fleet.Picture  # wrong: private
    heco_jupyter.Transport  # wrong: private
    errors.NotFound  # wrong: a mistyped error
