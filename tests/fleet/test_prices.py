"""Price tables, and what a cluster costs per hour by one."""

from __future__ import annotations

import pandas as pd
import pytest

from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.errors import CommandError
from heco_jupyter.fleet import read_prices
from heco_jupyter.fleet.prices import price_rows

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
    ],
)
def test_an_invalid_price_table_says_what_is_wrong(prices, words):
    with pytest.raises(CommandError, match=words):
        read_prices(prices)


def test_a_card_shows_the_price_per_hour():
    cluster = make_cluster()
    rows = price_rows(cluster, PRICES)
    assert [(row.label, row.value) for row in rows] == [("pricePerHour", "1.75")]
    assert "pricePerHour      1.75" in cluster.card(rows).text()


def test_a_flavor_without_a_price_is_named_on_the_card():
    assert [row.value for row in price_rows(make_cluster(), {"m2a.xlarge": 0.25})] == [
        "unknown: no price for r2a.2xlarge"
    ]


@pytest.mark.parametrize("fields", [{"workerCnt": None}, {"masterCnt": 0, "workerCnt": 0}, {"masterInfo": None}])
def test_a_cluster_whose_nodes_are_unknown_has_no_price(fields):
    assert price_rows(make_cluster(**fields), PRICES) == ()
