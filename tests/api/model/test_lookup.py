"""Finding the cluster that a name, an id or the start of an id means."""

from __future__ import annotations

import unicodedata

import pytest
from support import cluster_row

from heco_jupyter.api.model.lookup import as_argument, by_id, by_name, looks_like_id, unknown
from heco_jupyter.errors import UnknownClusterError

LIVE = cluster_row(1, name="etl", id="aaaaaaaa-1111-4000-8000-000000000001")
GONE = cluster_row(2, name="etl", id="aaaaaaaa-2222-4000-8000-000000000002", status="Terminated(User)")
GONE_TOO = cluster_row(3, name="etl", id="bbbbbbbb-3333-4000-8000-000000000003", status="Terminated(Error)")


def test_a_name_finds_the_cluster_of_exactly_that_name():
    assert by_name([LIVE, cluster_row(9)], "etl") is LIVE
    assert by_name([GONE], "etl") is GONE
    assert by_name([LIVE], "et") is None


def test_a_shared_name_finds_the_cluster_that_is_not_terminated():
    assert by_name([GONE, LIVE, GONE_TOO], "etl") is LIVE


@pytest.mark.parametrize("rows", [[GONE, GONE_TOO], [LIVE, LIVE | {"id": "other"}]])
def test_an_ambiguous_name_is_refused_with_its_candidates(rows):
    with pytest.raises(UnknownClusterError) as caught:
        by_name(rows, "etl")
    for row in rows:
        assert row["id"] in str(caught.value)


def test_an_id_or_eight_characters_of_one_find_its_cluster():
    assert by_id([LIVE, GONE], LIVE["id"]) is LIVE
    assert by_id([LIVE, GONE_TOO], "BBBBBBBB") is GONE_TOO
    assert by_id([LIVE, GONE_TOO], "bbbbbbb") is None


def test_an_ambiguous_start_of_an_id_is_refused():
    with pytest.raises(UnknownClusterError, match="means 2 clusters"):
        by_id([LIVE, GONE], "aaaaaaaa-")


def test_a_typo_in_a_name_is_answered_with_the_nearest_name():
    assert "did you mean cluster-009?" in str(unknown([LIVE, cluster_row(9)], "clsuter-009"))
    assert "8 characters" in str(unknown([LIVE], "aaaa"))


def test_a_space_that_does_not_show_is_named():
    error = unknown([cluster_row(1, name="web")], "web ")
    assert error.what == "there is no cluster 'web' with a space before or after it, did you mean web?"


def test_an_id_is_distinguished_from_a_name():
    assert looks_like_id(LIVE["id"])
    assert not looks_like_id("etl-nightly")


def test_a_name_that_no_cluster_has_is_answered_with_the_names_that_contain_it():
    rows = [cluster_row(number, name=f"etl-{number}") for number in range(7)]
    assert "names that contain it: etl-0, etl-1, etl-2, etl-3, etl-4 and 2 more" in str(unknown(rows, "ETL"))
    hostile = cluster_row(9, name="etl-{open('x','w')}")
    assert '''"etl-{{open('x','w')}}"''' in str(unknown([hostile], "etl"))


def test_a_korean_name_is_found_whichever_way_its_letters_are_written():
    composed, decomposed = (unicodedata.normalize(form, "추천-배치") for form in ("NFC", "NFD"))
    row = cluster_row(1, name=composed)
    assert composed != decomposed
    assert by_name([row], decomposed) is row
    with pytest.raises(UnknownClusterError, match="means 2 clusters"):
        by_name([row, cluster_row(2, name=decomposed)], composed)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("etl-nightly", "etl-nightly"),
        ("ad hoc", '"ad hoc"'),
        ("a{b}$c", '"a{{b}}$$c"'),
        ("--yes", '"--yes"'),
        ("two\nlines", "the-id"),
        ("two  spaces", "the-id"),
        ("\u202egnp.exe", "the-id"),
        (LIVE["id"], "the-id"),  # it would mean the cluster that has this id
        ("x" * 100, "the-id"),
        (None, "the-id"),
        ("", "the-id"),
    ],
)
def test_a_cluster_is_named_by_its_name_or_else_by_its_id(name, shown):
    assert as_argument(name, "the-id") == shown


def test_a_hostile_id_is_named_as_one_word_or_not_at_all():
    assert as_argument(None, "x --yes {open('x')}") == '''"x --yes {{open('x')}}"'''
    assert as_argument("a\nb", "c\nd") == "CLUSTER"
    assert not as_argument("a\nb", "c\nd", otherwise="")
