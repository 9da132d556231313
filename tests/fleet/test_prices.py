"""Price tables, and what a cluster costs per hour by one."""

from __future__ import annotations

import pandas as pd
import pytest
from fleets import make_fleet, make_row
from support import cluster_row

from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.plans import plan_change
from heco_jupyter.errors import CommandError
from heco_jupyter.fleet import read_prices, usage
from heco_jupyter.fleet.prices import price_change

PRICES = {"m2a.xlarge": 0.25, "r2a.2xlarge": 0.5}


def make_cluster(**fields):
    flavors = {"masterInfo": [{"flavorName": "m2a.xlarge"}], "workerInfo": [{"flavorName": "r2a.2xlarge"}]}
    return Cluster(
        {"id": "id-1", "name": "etl", "status": "Running", "masterCnt": 1, "workerCnt": 3} | flavors | fields
    )


def test_a_price_table_reads_the_same_from_a_mapping_a_frame_and_a_file(tmp_path):
    frame = pd.DataFrame({"flavorName": PRICES.keys(), "pricePerHour": PRICES.values()})
    path = tmp_path / "prices.csv"
    frame.to_csv(path, index=False)
    assert read_prices(PRICES) == read_prices(frame) == read_prices(path) == read_prices(str(path)) == PRICES


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        ({"a": -1}, "must be a number of at least 0"),
        ({"a": True}, "must be a number of at least 0"),
        (pd.DataFrame({"x": [1]}), "needs the columns flavorName and pricePerHour"),
        ("no-such-file.csv", "cannot be read"),
        (pd.DataFrame({"flavorName": ["a", "a"], "pricePerHour": [1, 2]}), "lists a twice"),
        (pd.DataFrame({"flavorName": ["a", " a\u3000"], "pricePerHour": [1, 1]}), "lists a twice"),
        ({"m2a.xlarge": 1, "m2a.xlarge ": 2}, "lists m2a.xlarge twice"),
        (pd.DataFrame({"flavorName": ["a", None], "pricePerHour": [1, 2]}), "has the price 2 without a flavorName"),
        ({" ": 1}, "has the price 1 without a flavorName"),
        (pd.DataFrame([["a", 1, 2]], columns=["flavorName", "pricePerHour", "pricePerHour"]), "each once"),
    ],
)
def test_an_invalid_price_table_says_what_is_wrong(prices, words):
    with pytest.raises(CommandError, match=words):
        read_prices(prices)


def told(change=2, **fields):
    return price_change(plan_change(make_cluster(**fields), change), PRICES)


def test_a_scale_is_told_with_the_price_per_hour_before_and_after():
    assert told() == "1.75 -> 2.75 per hour"
    assert told(-1) == "1.75 -> 1.25 per hour"
    assert told(10_000) == "1.75 -> 5,001.75 per hour"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"workerInfo": [{"flavorName": "x<b>\x1b[31m"}]}, "price per hour unknown: no price for x<b>"),
        ({"workerInfo": [{"flavorName": "x"}], "masterInfo": [{"flavorName": "y"}]}, "unknown: no price for y, x"),
        ({"workerInfo": [{"flavorName": "x"}], "masterInfo": [{"flavorName": "x"}]}, "unknown: no price for x"),
        ({"masterInfo": None}, "price per hour unknown: the API does not give the flavors"),
        ({"workerInfo": [{}]}, "price per hour unknown: the API does not give the flavors"),
        ({"workerCnt": None}, "+1 per hour"),
        ({"masterCnt": None}, "+1 per hour"),
        ({"nodeCnt": 4}, "1.75 -> 2.75 per hour"),
        ({"nodeCnt": 5}, "1.75 -> 2.75 per hour, without 1 other node"),
        ({"nodeCnt": 6}, "1.75 -> 2.75 per hour, without 2 other nodes"),
    ],
)
def test_what_is_unknown_about_a_price_is_said(fields, words):
    assert told(**fields).endswith(words)


def test_other_nodes_have_no_price_and_are_not_taken_for_workers():
    clusters = make_fleet(make_row(1, 4), cluster_row(2, workerCnt=3, nodeCnt=6))
    flavors = {"masterFlavorName": "m2a.xlarge", "workerFlavorName": "m2a.xlarge", "masterCnt": 1}
    details = pd.DataFrame([{"id": cluster_id, **flavors} for cluster_id in clusters["id"]])
    costs = usage(clusters, by="name", details=details, prices=PRICES).set_index("name")
    assert costs["cost"].notna().tolist() == [True, False]
    assert costs.attrs["costUnknown"] == costs["uptimeHours"].iloc[1] / costs["uptimeHours"].sum()
    assert (costs["nodeHours"] / costs["uptimeHours"]).tolist() == [4.0, 6.0]
