"""`%heco list`, `vms` and `show`: what they return, and how a notebook shows it."""

from __future__ import annotations

import pandas as pd
import pytest
from support import cluster_row, example

from heco_jupyter.api.model.cluster import Cluster


def test_list_returns_a_frame(notebook, emulator):
    emulator.load(example("list-clusters-1-response"))
    frame = notebook.value("df = %heco list --sort name,desc\ndf")
    assert isinstance(frame, pd.DataFrame)
    assert frame["id"].tolist() == [row["id"] for row in example("list-clusters-1-response")["content"]]


def test_every_flag_of_list_has_its_effect(notebook, emulator):
    rows = [
        cluster_row(1, name="추천-배치", apiKeyStatus="applied"),
        cluster_row(2, name="etl", status="Terminated(User)"),
        cluster_row(3, name="etl-2", workerCnt=9),
    ]
    emulator.load(rows)

    def names(flags):
        return notebook.value(f"%heco list {flags}")["name"].tolist()

    assert names("--name etl --sort name,asc") == ["etl", "etl-2"]
    assert names("--name 추천") == ["추천-배치"]
    assert names("--status term") == ["etl"]
    assert names("--api-key-status applied") == ["추천-배치"]
    assert names("--active --sort workerCnt,desc") == ["etl-2", "추천-배치"]
    assert names("--sort name,desc --limit 1") == ["추천-배치"]
    assert names("--sort workerCnt,asc --sort name,desc") == ["추천-배치", "etl", "etl-2"]


def test_python_values_are_inserted_into_the_line(notebook, emulator):
    emulator.load([cluster_row(1, name="a"), cluster_row(2, name="b")])
    assert notebook.value("which = 'b'\n%heco list --name {which}")["name"].tolist() == ["b"]
    assert notebook.value("%heco list --name $which")["name"].tolist() == ["b"]


@pytest.mark.usefixtures("running_cluster")
def test_vms_returns_the_vms_of_one_cluster_or_of_all(notebook):
    frame = notebook.value("%heco vms etl-nightly --name WRK --sort name,asc")
    assert frame["name"].tolist() == [f"HadoopWRK-etl-nightly-{number}" for number in (1, 2, 3)]
    assert notebook.value("%heco vms --all")["clusterName"].tolist() == ["etl-nightly"] * 4


@pytest.mark.parametrize("line", ["%heco vms", "%heco vms etl-nightly --all"])
def test_vms_takes_either_one_cluster_or_all(notebook, line):
    assert "give one cluster, or --all" in notebook.refusal(line)


def test_show_returns_a_cluster(notebook, running_cluster):
    for name in ("etl-nightly", running_cluster.id, running_cluster.id[:8]):
        cluster = notebook.value(f"%heco show {name}")
        assert isinstance(cluster, Cluster)
        assert cluster.raw["config"]["hdfsReplication"] == 2


@pytest.mark.usefixtures("running_cluster")
def test_an_unknown_cluster_is_answered_with_the_nearest_one(notebook):
    assert "did you mean etl-nightly?" in notebook.refusal("%heco show etl-nigthly")


def test_a_trailing_semicolon_another_case_and_a_cluster_in_braces_are_accepted(notebook, emulator):
    emulator.load([cluster_row(1)])
    assert notebook.run("%heco show cluster-001;").error is None
    assert notebook.value("%heco wait cluster-001 --for Running").id == cluster_row(1)["id"]
    notebook.run("cluster = %heco show cluster-001")
    assert notebook.value("%heco show {cluster}").id == cluster_row(1)["id"]
