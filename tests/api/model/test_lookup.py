"""Which cluster is meant."""

from __future__ import annotations

import pytest
from support import cluster_row

from heco_jupyter.api.model.lookup import by_id, by_name, looks_like_id, unknown
from heco_jupyter.errors import UnknownClusterError

LIVE = cluster_row(1, name="etl", id="aaaaaaaa-1111-4000-8000-000000000001")
GONE = cluster_row(2, name="etl", id="aaaaaaaa-2222-4000-8000-000000000002", status="Terminated(User)")
GONE_TOO = cluster_row(3, name="etl", id="bbbbbbbb-3333-4000-8000-000000000003", status="Terminated(Error)")


def test_a_name_means_the_cluster_that_has_it():
    assert by_name([LIVE, cluster_row(9)], "etl") is LIVE
    assert by_name([GONE], "etl") is GONE
    assert by_name([LIVE], "et") is None


def test_a_shared_name_means_the_one_that_is_not_terminated():
    assert by_name([GONE, LIVE, GONE_TOO], "etl") is LIVE


@pytest.mark.parametrize("rows", [[GONE, GONE_TOO], [LIVE, LIVE | {"id": "other"}]])
def test_a_name_that_stays_shared_is_refused_with_the_candidates(rows):
    with pytest.raises(UnknownClusterError) as caught:
        by_name(rows, "etl")
    for row in rows:
        assert row["id"] in str(caught.value)


def test_an_id_or_the_start_of_one_means_its_cluster():
    assert by_id([LIVE, GONE], LIVE["id"]) is LIVE
    assert by_id([LIVE, GONE_TOO], "BBBBBBBB") is GONE_TOO
    assert by_id([LIVE, GONE_TOO], "bbbbbbb") is None


def test_an_id_start_that_several_share_is_refused():
    with pytest.raises(UnknownClusterError, match="means 2 clusters"):
        by_id([LIVE, GONE], "aaaaaaaa-")


def test_a_typo_is_answered_with_the_nearest_name():
    assert "did you mean cluster-009?" in str(unknown([LIVE, cluster_row(9)], "clsuter-009"))
    assert "8 characters" in str(unknown([LIVE], "aaaa"))


def test_ids_are_told_from_names():
    assert looks_like_id(LIVE["id"])
    assert not looks_like_id("etl-nightly")
