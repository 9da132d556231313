"""Every public name as a user would use it. Only a type checker reads this, see `test_typing.py`."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import assert_type

import pandas as pd

import heco_jupyter
from heco_jupyter import Client, Cluster, connect, errors, fleet, panel, widgets
from heco_jupyter.emulator import Emulator, Fault
from heco_jupyter.errors import ApiError, CommandError, HecoError, NotFoundError, UnknownClusterError, WaitFailedError
from heco_jupyter.widgets import ClusterPanel, ClusterPicker, NodesView, StatusView

version: str = heco_jupyter.__version__


def connecting() -> Client:
    with connect("https://hadoop-eco.kr-central-2.kakaocloud.com", "id", "secret") as client:
        assert_type(client, Client)
        assert_type(client.endpoint, str)
    connect(profile="staging").close()
    return connect(local=True)


def reading(client: Client) -> None:
    assert_type(
        client.list_clusters(name="etl", include_terminated=False, sort="createdAt,desc", limit=3), pd.DataFrame
    )
    assert_type(client.list_clusters(status="running", api_key_status="possible", sort=["name,asc"]), pd.DataFrame)
    cluster = client.find("etl-nightly")
    assert_type(cluster, Cluster)
    assert_type(client.get_cluster(cluster.id), Cluster)
    assert_type(client.list_vms(cluster, ip="10.0", sort="name,asc"), pd.DataFrame)
    assert_type(client.list_all_vms(name="MST"), pd.DataFrame)
    assert_type(client.list_details([cluster, cluster.id]), pd.DataFrame)


def fields(cluster: Cluster) -> None:
    assert_type(cluster.id, str)
    assert_type(cluster.name.upper(), str)
    assert_type(cluster.status, str | None)
    assert_type(cluster.workerCnt, int | None)
    assert_type(cluster.isHa, bool | None)
    assert_type(cluster.securityGroupIds, list[str] | None)
    assert_type(cluster.createdAt, datetime | None)
    assert_type(cluster.elapsedTime, timedelta | None)
    if cluster.config is not None:
        assert_type(cluster.config.hdfsReplication, int | None)
    for info in cluster.masterInfo or []:
        assert_type(info.flavorName, str | None)
    if cluster.userTask and cluster.userTask.logUrl:
        assert_type(cluster.userTask.logUrl, str)
    assert_type(cluster.state.is_running, bool)
    new_field: object = cluster["aFieldThatIsNewerThanThisPackage"]
    raw: dict[str, object] = cluster.raw
    print(new_field, raw)


def writing(client: Client, cluster: Cluster) -> None:
    spec = {"name": "etl", "workerCnt": 3, "config": {"hdfsReplication": 3}}
    assert_type(client.create_cluster(spec), Cluster)
    assert_type(client.scale(cluster, 8), Cluster)
    assert_type(client.scale_out(cluster.id, 2), Cluster)
    assert_type(client.scale_in(cluster.id, 1), Cluster)
    assert_type(client.wait(cluster, "running", timeout=60, workers=8), Cluster)
    assert_type(client.delete_cluster(cluster), Cluster)


def failing(client: Client) -> int:
    try:
        client.get_cluster("nope")
    except NotFoundError as error:
        return error.status
    except (CommandError, UnknownClusterError, WaitFailedError) as error:
        print(error.what, error.said, error.hint)
    except ApiError as error:
        assert_type(error.status, int)
    except errors.TransportError as error:
        assert_type(error.sent, bool)
    except HecoError:
        raise
    return 0


def analysing(clusters: pd.DataFrame, client: Client, folder: Path) -> None:
    prices = fleet.read_prices({"m2a.xlarge": 0.2})
    history = fleet.history(folder, since="2026-10-01")
    details = client.list_details(clusters)
    table = fleet.usage(clusters, ["owner"], freq="W", details=details, history=history, prices=prices)
    assert_type(table, pd.DataFrame)
    report = fleet.report(clusters, "2026-10", ["owner"], details=details, forgotten_after=timedelta(days=7))
    assert_type(report.by, pd.DataFrame)
    assert_type(report.html(), str)
    assert_type(fleet.concurrency(clusters, "h"), pd.DataFrame)
    assert_type(fleet.snapshot(clusters, folder), Path)
    assert_type(fleet.snapshots(folder, columns=["name"]), pd.DataFrame)
    assert_type(fleet.compact(folder), list[Path])
    assert_type(fleet.usage_sql(folder, ["owner"], freq="W", engine="spark"), str)
    fleet.timeline(clusters, "owner", until=datetime(2026, 11, 1))
    fleet.plot_usage(table, "cost")
    fleet.plot_concurrency(fleet.concurrency(clusters))


def showing(client: Client, cluster: Cluster) -> None:
    assert_type(panel(), ClusterPanel)
    assert_type(heco_jupyter.panel("etl-nightly", client=client), ClusterPanel)
    StatusView(cluster)
    NodesView("etl-nightly", client=client).close()
    widgets.ScaleControl(cluster=cluster)
    widgets.DeleteControl(cluster)
    widgets.ActivityView()
    ClusterPicker(client=client)


def emulating() -> None:
    with Emulator(seed="empty", speed=1000) as emulator:
        emulator.faults.add(Fault(status=503, times=2))
        connect(emulator.url, emulator.credential_id, emulator.credential_secret)
