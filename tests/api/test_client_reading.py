"""Lists, details and lookups of a client over real HTTP."""

from __future__ import annotations

import threading
import warnings
from unicodedata import normalize

import pandas as pd
import pytest
from support import client_of, cluster_row, example, spec

from heco_jupyter.api.model.columns import CLUSTER_COLUMNS, DETAIL_COLUMNS, VM_COLUMNS
from heco_jupyter.emulator import Emulator, Fault
from heco_jupyter.errors import AuthenticationError, BadRequestError, CommandError, NotFoundError, UnknownClusterError


@pytest.fixture
def small_pages():
    """Return an empty emulator whose pages hold three rows at most."""
    with Emulator(seed="empty", max_page_size=3) as running:
        yield running


def test_96_clusters_in_pages_of_3_come_back_as_one_frame_in_the_requested_order(small_pages):
    small_pages.load([cluster_row(number, name=f"c-{(number * 37) % 96:03d}") for number in range(96)])
    frame = client_of(small_pages).list_clusters(sort="name,desc")
    assert frame["name"].tolist() == [f"c-{number:03d}" for number in reversed(range(96))]
    assert frame["id"].is_unique
    assert frame.attrs["totalElements"] == 96
    assert frame.attrs["complete"] is True
    queries = [dict(request.query) for request in small_pages.requests]
    pages, ends = (
        [int(query["page"]) for query in queries if (query["size"] == "1") == ends] for ends in (False, True)
    )
    assert sorted(pages) == list(range(32))
    assert sorted(ends) == list(range(2, 95, 3))


def test_in_the_default_order_only_the_pages_are_requested(small_pages):
    small_pages.load([cluster_row(number) for number in range(20)])
    client_of(small_pages).list_clusters()
    assert len(small_pages.requests) == 7


@pytest.mark.parametrize("page_size", [1, 7, 20, 96, 1000])
def test_any_page_size_gives_the_same_frame(emulator, page_size):
    emulator.load([cluster_row(number) for number in range(96)])
    frame = client_of(emulator, page_size=page_size).list_clusters(sort=["workerCnt,asc", "id,desc"])
    assert frame["id"].tolist() == [cluster_row(number)["id"] for number in reversed(range(96))]


def test_an_order_full_of_ties_gives_every_row_once(small_pages):
    small_pages.load([cluster_row(number, name="same") for number in range(20)])
    frame = client_of(small_pages).list_clusters(sort="name,asc")
    assert sorted(frame["id"]) == [cluster_row(number)["id"] for number in range(20)]


def test_a_page_size_refused_with_400_is_made_smaller(emulator, client):
    emulator.load([cluster_row(number) for number in range(30)])
    emulator.faults.add(Fault(method="GET", times=1, status=400, body={"message": "size must be at most 100"}))
    assert len(client.list_clusters()) == 30
    assert [dict(request.query)["size"] for request in emulator.requests] == ["1000", "100"]


def test_the_vendors_example_lists_come_back_cell_for_cell(emulator, client):
    rows = example("list-clusters-1-response")["content"] + example("list-clusters-2-response")["content"]
    emulator.load(rows)
    frame = client.list_clusters(sort="name,desc")
    assert list(frame.columns) == list(CLUSTER_COLUMNS)
    expected = {row["id"]: row for row in rows}
    assert set(frame["id"]) == set(expected)
    assert frame["name"].tolist() == sorted((row["name"] for row in rows), reverse=True)
    for _, row in frame.iterrows():
        for name, value in expected[row["id"]].items():
            if name in ("createdAt", "runningAt"):
                assert row[name] == pd.Timestamp(value, unit="ms", tz="UTC")
            elif name == "elapsedTime":
                assert row[name] == pd.Timedelta(value, unit="ms")
            else:
                assert row[name] == value


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_vendors_example_vms_come_back_cell_for_cell(emulator, client, number):
    rows = example(f"list-vms-{number}-response")["content"]
    emulator.load([cluster_row(1)])
    emulator.load_vms(cluster_row(1)["id"], rows)
    frame = client.list_vms(cluster_row(1)["id"], sort="isMaster,desc")
    assert list(frame.columns) == list(VM_COLUMNS)
    assert set(frame["instanceId"]) == {row["instanceId"] for row in rows}
    assert frame.set_index("instanceId")["ip"].to_dict() == {row["instanceId"]: row["ip"] for row in rows}


def test_every_documented_filter_reaches_the_api(emulator, client):
    emulator.load([cluster_row(1)])
    client.list_clusters(
        name="나", api_key_status="impossibl", include_terminated=False, sort=["name,desc", "status,asc"]
    )
    before, request = emulator.requests
    assert dict(before.query) == {"page": "0", "size": "1", "includeTerminated": "true", "name": normalize("NFD", "나")}
    assert request.query[2:] == [
        ("includeTerminated", "false"),
        ("name", "나"),
        ("apiKeyStatus", "impossibl"),
        ("sort", "name,desc"),
        ("sort", "status,asc"),
    ]
    emulator.clear_requests()
    client.list_vms(cluster_row(1)["id"], name="WRK", ip="10.0", instance_id="-4c3b", sort="ip")
    (request,) = emulator.requests
    assert request.query[2:] == [("name", "WRK"), ("ip", "10.0"), ("instanceId", "-4c3b"), ("sort", "ip,asc")]


def test_a_status_is_filtered_by_the_client_in_any_case(emulator, client):
    statuses = ["Running", "Running(Scaling-out)", "Terminated(User)", "Initializing"]
    emulator.load([cluster_row(number, status=status) for number, status in enumerate(statuses)])
    assert set(client.list_clusters(status="running")["status"]) == set(statuses[:2])
    assert client.list_clusters(status="(user)")["status"].tolist() == ["Terminated(User)"]
    assert list(client.list_clusters(status="nothing").columns) == list(CLUSTER_COLUMNS)


def test_a_limit_reads_the_start_of_the_list_and_no_more_pages_than_needed(small_pages):
    small_pages.load([cluster_row(number) for number in range(20)])
    frame = client_of(small_pages).list_clusters(sort="id,asc", limit=4)
    assert frame["id"].tolist() == [cluster_row(number)["id"] for number in range(4)]
    assert frame.attrs["complete"] is False
    assert frame.attrs["totalElements"] == 20
    assert frame.attrs["filters"] == {"limit": 4}
    assert len(small_pages.requests) == 2
    assert client_of(small_pages).list_clusters(limit=20).attrs["filters"] == {}


def test_a_list_notes_its_filters_and_a_whole_one_has_none(client, emulator):
    emulator.load([cluster_row(1)])
    assert client.list_clusters().attrs["filters"] == {}
    assert client.list_clusters(name="", status="", sort="id").attrs["filters"] == {}
    used = client.list_clusters(name="a", status="run", api_key_status="im", include_terminated=False).attrs["filters"]
    assert used == {"name": "a", "status": "run", "apiKeyStatus": "im", "includeTerminated": False}


def test_details_have_their_columns_whatever_the_api_sends(client, emulator):
    machines = {"masterInfo": [{"flavorName": "a", "volumeSize": 50}], "workerInfo": [], "isHa": True}
    odd = {"masterCnt": 0, "nodeCnt": "4", "elapsedTime": 10**30, "totalVmUptime": 5.0}
    emulator.load([cluster_row(1, **machines, **odd)])
    with pytest.warns(UserWarning, match=r"nodeCnt \(1\), elapsedTime \(1\)"):
        details = client.list_details(cluster_row(1)["id"])
    assert list(details) == list(DETAIL_COLUMNS)
    row = details.iloc[0]
    assert (row["masterFlavorName"], row["masterVolumeSize"], row["masterCnt"]) == ("a", 50, 3)
    assert row["totalVmUptime"] == pd.Timedelta(5, "ms")
    assert row[["workerFlavorName", "workerVolumeSize", "nodeCnt", "elapsedTime"]].isna().all()


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "3"])
def test_a_limit_that_is_not_a_positive_whole_number_is_refused(client, emulator, limit):
    with pytest.raises(CommandError):
        client.list_clusters(limit=limit)
    assert not emulator.requests


@pytest.mark.parametrize(("sort", "words"), [("nmae,asc", "did you mean name"), ("name,down", "name,asc or name,desc")])
def test_an_invalid_order_is_refused_before_anything_is_sent(client, emulator, sort, words):
    with pytest.raises(CommandError, match=words):
        client.list_clusters(sort=sort)
    assert not emulator.requests


def test_the_api_decides_whether_a_documented_field_is_sortable(emulator, client):
    emulator.load([cluster_row(1)])
    assert len(client.list_vms(cluster_row(1)["id"], sort="status,asc")) == 4
    with pytest.raises(BadRequestError):
        client.list_clusters(sort="nodeCnt,asc")


def test_the_attrs_of_a_frame_hold_the_endpoint_and_the_time_and_are_valid_json(emulator, client):
    attrs = client.list_clusters().attrs
    assert attrs["endpoint"] == emulator.url
    assert pd.Timestamp(attrs["fetchedAt"]).tzinfo is not None
    pd.io.json.ujson_dumps(attrs)


def growing(client, emulator, times):
    """Add a row at the front of the list after each of the first `times` requests, and return the added rows."""
    added = []
    get = client._transport.get

    def get_and_grow(call, check, deadline=None):
        answer = get(call, check, deadline)
        if len(added) < times:
            added.append(cluster_row(100 + len(added)))
            emulator.load(added[-1:])
        return answer

    client._transport.get = get_and_grow
    return added


def test_a_list_that_changes_during_a_reading_is_read_again_ordered_by_id(small_pages):
    rows = [cluster_row(number) for number in range(7)]
    small_pages.load(rows)
    client = client_of(small_pages, max_connections=1)
    added = growing(client, small_pages, times=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = client.list_clusters()
    assert frame.attrs["complete"] is True
    assert sorted(frame["id"]) == [row["id"] for row in [*rows, *added]]
    assert small_pages.requests[-1].query[-2:] == [("sort", "createdAt,desc"), ("sort", "id,asc")]


def test_a_list_that_keeps_changing_says_so_and_has_the_rows_of_every_reading(small_pages):
    small_pages.load([cluster_row(number) for number in range(7)])
    client = client_of(small_pages, max_connections=1)
    growing(client, small_pages, times=1000)
    with pytest.warns(UserWarning, match="kept changing"):
        frame = client.list_clusters()
    assert frame.attrs["complete"] is False
    assert frame["id"].is_unique
    assert {cluster_row(old)["id"] for old in range(7)} <= set(frame["id"])


def test_all_vms_have_the_columns_of_their_cluster_first(emulator, client):
    emulator.load([cluster_row(1), cluster_row(2, status="Terminated(User)"), cluster_row(3)])
    for number in (1, 3):
        vm = example("list-vms-1-response")["content"][number % 2] | {"instanceId": f"vm-{number}"}
        emulator.load_vms(cluster_row(number)["id"], [vm])
    emulator.clear_requests()
    frame = client.list_all_vms()
    assert list(frame.columns) == ["clusterId", "clusterName", *VM_COLUMNS]
    assert sorted(frame["clusterName"]) == ["cluster-001", "cluster-003"]
    assert frame.attrs["totalElements"] == 2
    assert len(emulator.requests) == 3


def test_all_vms_of_an_empty_fleet_are_an_empty_frame_with_every_column(client):
    assert list(client.list_all_vms().columns) == ["clusterId", "clusterName", *VM_COLUMNS]


def test_a_cluster_is_found_by_name_by_id_and_by_the_start_of_an_id(client):
    made = client.create_cluster(spec(name="이름 with space"))
    for text in ("이름 with space", made.id, made.id[:8]):
        found = client.find(text)
        assert found.id == made.id
        assert found.config.hdfsReplication == 2


def test_a_name_that_looks_like_an_id_is_still_a_name(client):
    name = "0a1b2c3d-0000-4000-8000-000000000000"
    made = client.create_cluster(spec(name=name))
    assert client.find(name).id == made.id


@pytest.mark.parametrize("text", ["nothing", "", "../clusters", "a/b?c=d#e", "x" * 10_000, "<b>"])
def test_text_that_matches_no_cluster_is_refused(client, text):
    with pytest.raises(UnknownClusterError, match="there is no cluster"):
        client.find(text)


def test_an_id_with_special_characters_is_requested_as_that_id_and_nothing_else(client, emulator):
    with pytest.raises(NotFoundError):
        client.get_cluster("a/b?c=d#e%2F")
    (request,) = emulator.requests
    assert request.path.endswith("/clusters/a%2Fb%3Fc%3Dd%23e%252F")


def test_wrong_keys_are_refused_with_where_they_came_from(emulator):
    with Emulator(seed="empty") as other:
        client = client_of(other)
    client._transport.endpoint = emulator.url
    with pytest.raises(AuthenticationError, match=r"401, the API does not accept the keys(.|\n)*from the test"):
        client.check_connection()


def test_a_client_can_be_used_from_several_threads(emulator, client):
    emulator.load([cluster_row(number) for number in range(50)])
    results = []
    threads = [threading.Thread(target=lambda: results.append(len(client.list_clusters()))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [50] * 16


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.list_clusters(status=["Running"]),
        lambda client: client.list_clusters(name=5),
        lambda client: client.list_clusters(sort=5),
        lambda client: client.list_clusters(limit="3"),
        lambda client: client.find(None),
        lambda client: client.find(5),
        lambda client: client.wait("x", timeout="5m"),
        lambda client: client.wait("x", timeout=-1),
        lambda client: client.wait("x", workers="3"),
        lambda client: client.list_vms(None),
        lambda client: client.scale_out("x", "3"),
    ],
)
def test_an_argument_of_the_wrong_type_is_refused_before_anything_is_sent(client, emulator, call):
    with pytest.raises(CommandError):
        call(client)
    assert not emulator.requests


def test_a_cluster_can_be_passed_in_place_of_its_id(emulator, client):
    emulator.load([cluster_row(1)])
    cluster = client.find("cluster-001")
    assert client.get_cluster(cluster).id == client.find(cluster).id == f"{cluster}" == cluster_row(1)["id"]
    assert len(client.list_vms(cluster)) == 4
    assert client.wait(cluster).id == cluster.id


def test_a_field_of_a_cluster_cannot_be_set(emulator, client):
    emulator.load([cluster_row(1)])
    cluster = client.find("cluster-001")
    with pytest.raises(AttributeError, match="workerCnt comes from the API"):
        cluster.workerCnt = 9
    assert cluster.workerCnt == 3


def test_a_second_list_requests_only_its_pages(small_pages):
    small_pages.load([cluster_row(number) for number in range(20)])
    client = client_of(small_pages)
    client.check_connection()
    for extra in (1, 0, 0):
        first = client.list_clusters()
        assert len(small_pages.requests) == 7 + extra
        small_pages.clear_requests()
    small_pages.load([cluster_row(number) for number in range(20)])
    assert client.list_clusters().equals(first)


def test_the_check_of_a_connection_finds_out_how_many_pages_to_request(small_pages):
    small_pages.load([cluster_row(number) for number in range(7)])
    client = client_of(small_pages, page_size=3)
    client.check_connection()
    small_pages.clear_requests()
    assert len(client.list_clusters()) == 7
    assert sorted(dict(request.query)["page"] for request in small_pages.requests) == ["0", "1", "2"]
    assert {dict(request.query)["size"] for request in small_pages.requests} == {"3"}


def test_a_client_remembers_the_names_of_every_list_for_completion(emulator, client):
    rows = [cluster_row(number, name=f"c-{number}") for number in range(12)]
    for row in rows:
        emulator.load([row])
        client.list_clusters()
    emulator.load([cluster_row(99, name="지도")])
    client.clusters()
    assert client.names == {row["id"]: row["name"] for row in rows} | {cluster_row(99)["id"]: "지도"}
