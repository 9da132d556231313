"""Paging, filters and sorting, with the vendor's examples and beyond."""

from __future__ import annotations

import pytest

ITEM_FIELDS = [
    *("id", "name", "status", "owner", "clusterType", "clusterVersion", "isScalable", "apiKeyStatus"),
    *("masterCnt", "workerCnt", "nodeCnt", "createdAt", "runningAt", "elapsedTime"),
]


def numbered(count, **fields):
    return [{"id": f"id-{n}", "name": f"n{n:02}", "createdAt": n, "status": "Running", **fields} for n in range(count)]


def test_the_vendors_first_list_example_is_reproduced_exactly(emulator, api, example):
    # Arrange: 6 clusters sort before the page and 87 after it.
    page = example("list-clusters-1-response.json")
    before = [{"id": f"b{n}", "name": "z", "status": "Running"} for n in range(6)]
    after = [{"id": f"a{n}", "name": "a", "status": "Running"} for n in range(87)]
    emulator.load([*after, *page["content"], *before])
    # Act
    answer = api.page(size=3, page=2, includeTerminated="true", sort=["name,desc", "status,asc"])
    # Assert
    assert answer == page
    assert list(answer["content"][0]) == ITEM_FIELDS


def test_the_vendors_second_list_example_is_reproduced_exactly(emulator, api, example):
    page = example("list-clusters-2-response.json")
    emulator.load(example("list-clusters-1-response.json"))
    emulator.load([{"id": "applied", "name": "test", "status": "Running", "apiKeyStatus": "applied"}])
    emulator.load(page)
    answer = api.page(
        page=0, size=5, includeTerminated="false", name="test", sort="createdAt,asc", apiKeyStatus="impossibl"
    )
    assert answer == page


@pytest.mark.parametrize(
    ("example_name", "params"),
    [
        ("list-vms-1-response.json", {"sort": "name,asc", "page": 0, "size": 10}),
        ("list-vms-2-response.json", {"name": "WRK", "page": 0, "size": 10, "sort": ["name,desc", "status,asc"]}),
        (
            "list-vms-3-response.json",
            {
                "name": "hailey13",
                "instanceId": "-4c3b",
                "page": 0,
                "size": 5,
                "sort": ["isMaster,desc", "ip,asc"],
            },
        ),
    ],
)
def test_the_vendors_vm_examples_are_reproduced_exactly(emulator, api, example, example_name, params):
    page = example(example_name)
    master = {"name": "HadoopMST-hailey13-1", "instanceId": "other", "isMaster": True, "ip": "10.0.0.1"}
    other = [] if example_name == "list-vms-1-response.json" else [master]
    rest = example("list-vms-2-response.json")["content"] if example_name == "list-vms-3-response.json" else []
    known = {vm["instanceId"] for vm in page["content"]}
    emulator.load_vms("some-id", [*other, *(vm for vm in rest if vm["instanceId"] not in known), *page["content"]])
    assert api.page("/some-id/vms", **params) == page


def test_by_default_a_page_has_twenty_clusters_newest_first(emulator, api):
    emulator.load(numbered(45))
    page = api.page()
    assert (page["size"], page["number"], page["totalPages"], page["totalElements"]) == (20, 0, 3, 45)
    assert [item["createdAt"] for item in page["content"]] == list(range(44, 24, -1))
    assert (page["first"], page["last"], page["empty"]) == (True, False, False)


def test_the_pages_of_a_list_make_up_the_list(emulator, api):
    emulator.load(numbered(45))
    pages = [api.page(page=number, size=10, sort="name,asc") for number in range(5)]
    assert [item["name"] for page in pages for item in page["content"]] == [f"n{n:02}" for n in range(45)]
    assert [page["first"] for page in pages] == [True, False, False, False, False]
    assert [page["last"] for page in pages] == [False, False, False, False, True]
    assert [page["numberOfElements"] for page in pages] == [10, 10, 10, 10, 5]
    assert [page["pageable"]["offset"] for page in pages] == [0, 10, 20, 30, 40]


def test_a_page_past_the_end_is_empty_and_not_an_error(emulator, api):
    emulator.load(numbered(3))
    page = api.page(page=9)
    assert (page["content"], page["empty"], page["last"], page["first"]) == ([], True, True, False)
    assert page["totalElements"] == 3


def test_an_empty_fleet_is_an_empty_page(api):
    page = api.page()
    assert (page["content"], page["totalPages"], page["first"], page["last"]) == ([], 0, True, True)


def test_a_size_above_the_maximum_gets_pages_of_the_maximum(make, caller):
    emulator = make(max_page_size=7)
    emulator.load(numbered(20))
    page = caller(emulator).page(size=500, page=1)
    assert (page["size"], page["pageable"]["pageSize"], page["pageable"]["offset"]) == (7, 7, 7)
    assert (page["totalPages"], len(page["content"])) == (3, 7)


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_ties_keep_the_order_of_loading_in_either_direction(emulator, api, direction):
    emulator.load(numbered(5, owner="same"))
    assert [item["id"] for item in api.items(sort=f"owner,{direction}")] == [f"id-{n}" for n in range(5)]


def test_the_first_sort_weighs_most(emulator, api):
    emulator.load([{"id": f"{a}{b}", "name": a, "status": b} for a in "xy" for b in "qp"])
    assert [item["id"] for item in api.items(sort=["name,desc", "status,asc"])] == ["yp", "yq", "xp", "xq"]


def test_what_is_absent_sorts_first_when_ascending(emulator, api):
    emulator.load([{"id": "a", "runningAt": 5}, {"id": "b", "runningAt": None}, {"id": "c", "runningAt": 1}])
    assert [item["id"] for item in api.items(sort="runningAt,asc")] == ["b", "c", "a"]


def test_filters_are_substrings_and_take_korean_and_wildcards_literally(emulator, api):
    emulator.load([{"id": "1", "name": "추천-배치-01"}, {"id": "2", "name": "etl_100%"}, {"id": "3", "name": "ETL"}])
    assert [item["id"] for item in api.items(name="배치")] == ["1"]
    assert [item["id"] for item in api.items(name="%")] == ["2"]
    assert [item["id"] for item in api.items(name="_")] == ["2"]
    assert [item["id"] for item in api.items(name="etl")] == ["2"]


def test_possible_also_finds_impossible_because_it_is_a_substring(emulator, api):
    emulator.load([{"id": word, "apiKeyStatus": word} for word in ("possible", "impossible", "applied")])
    assert {item["id"] for item in api.items(apiKeyStatus="possible")} == {"possible", "impossible"}


def test_terminated_clusters_are_listed_unless_excluded(emulator, api, example):
    emulator.load(example("list-clusters-1-response.json"))
    emulator.load(example("list-clusters-2-response.json"))
    assert len(api.items()) == 5
    assert {item["status"] for item in api.items(includeTerminated="false")} == {"Running"}


def test_vms_are_found_by_part_of_their_address(emulator, api, example):
    emulator.load_vms("some-id", example("list-vms-1-response.json"))
    assert [vm["ip"] for vm in api.vms("some-id", ip="10.0.13")] == ["10.0.132.127", "10.0.131.196"]


@pytest.mark.parametrize("field", ["isScalable", "nodeCnt", "nothing", "", "Name"])
def test_a_field_that_cannot_be_sorted_by_is_refused(api, field):
    assert api.call("GET", params={"sort": f"{field},asc"}).status_code == 400


@pytest.mark.parametrize("sort", ["name", "name,", "name,up", "name,asc,desc", ",asc", "", "asc,name"])
def test_a_malformed_sort_is_refused(api, sort):
    assert api.call("GET", params={"sort": sort}).status_code == 400


@pytest.mark.parametrize(
    "field",
    [
        *("id", "name", "status", "owner", "clusterType", "clusterVersion", "apiKeyStatus"),
        *("masterCnt", "workerCnt", "createdAt", "runningAt", "elapsedTime"),
    ],
)
def test_every_documented_field_sorts_clusters(emulator, api, example, field):
    items = [*example("list-clusters-1-response.json")["content"], *example("list-clusters-2-response.json")["content"]]
    emulator.load(items)
    assert [item[field] for item in api.items(sort=f"{field},asc")] == sorted(item[field] for item in items)


@pytest.mark.parametrize("field", ["name", "instanceId", "isMaster", "flavorName", "ip", "createdAt", "status"])
def test_every_documented_field_sorts_vms_and_so_does_status(emulator, api, example, field):
    items = example("list-vms-1-response.json")["content"]
    emulator.load_vms("some-id", items)
    assert [vm[field] for vm in api.vms("some-id", sort=f"{field},desc")] == sorted(
        (vm[field] for vm in items), reverse=True
    )


@pytest.mark.parametrize("size", ["0", "-1", "ten", "1.5", "", " 5", "٣", "99999999999"])
def test_a_bad_size_is_refused(api, size):
    assert api.call("GET", params={"size": size}).status_code == 400


@pytest.mark.parametrize("page", ["-1", "first", "0.0", ""])
def test_a_bad_page_is_refused(api, page):
    assert api.call("GET", params={"page": page}).status_code == 400


@pytest.mark.parametrize("flag", ["True", "1", "yes", ""])
def test_a_boolean_is_true_or_false_and_nothing_else(api, flag):
    assert api.call("GET", params={"includeTerminated": flag}).status_code == 400


def test_every_problem_of_a_query_is_reported_at_once(api):
    message = api.call("GET", params={"size": 0, "page": -1, "sort": "name", "includeTerminated": "x"}).json()[
        "message"
    ]
    assert all(word in message for word in ("size", "page", "sort", "includeTerminated"))


def test_a_parameter_given_twice_is_refused(api):
    assert api.call("GET", params={"size": [5, 6]}).status_code == 400


def test_an_undocumented_parameter_is_ignored(emulator, api):
    emulator.load(numbered(3))
    assert api.page(pageSize=1)["numberOfElements"] == 3
