"""The client and the magics against a second server for the documented API, which shares no habit of the emulator."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pandas as pd
import pytest
from otherserver import KEY_ID, KEY_SECRET, LIST_FIELDS, WORDS, Habits, OtherServer
from support import CREATE_REQUESTS, Notebook, as_yaml, create_request, spec, writes

import heco_jupyter
from heco_jupyter.api.model.columns import CLUSTER_COLUMNS
from heco_jupyter.errors import ApiError, BadRequestError, ConflictError, NotFoundError

OTHER_WORDS = {
    "starting": "CREATING",
    "running": "RUNNING",
    "scaling": "Running (Scaling In Progress)",
    "leaving": "DELETING",
    "gone": "Terminated(UserTask)",
}
HABITS = {
    "its own": Habits(),
    "other words": Habits(words=OTHER_WORDS, busy=2),
    "slow to begin": Habits(lag=3, busy=2),
    "at once": Habits(busy=0),
    "new count first": Habits(jumps=True, busy=2),
    "old count for a while": Habits(count_lag=2),
    "hidden at first": Habits(hidden=3),
    "forgets the deleted": Habits(forgets=True),
    "forgets the deleted at once": Habits(forgets=True, busy=0),
    "201, HTTP/1.0, short ids": Habits(created=201, framing="close", ids="short"),
    "202, chunked, gzip": Habits(created=202, framing="chunked", gzip=True),
    "no keep-alive, fields backwards": Habits(keep_alive=False, backwards=True, extra={"region": "kr-central-2"}),
    "few fields": Habits(without=frozenset({"nodeCnt", "owner", "elapsedTime", "isScalable", "empty", "first"})),
    "every first try 503": Habits(first_try=503),
    "every first try 429": Habits(first_try=429, retry_after="1"),
    "loses the answer to a POST": Habits(loses="POST"),
    "loses the answer to a DELETE": Habits(loses="DELETE"),
    "loses answers, clock an hour ahead": Habits(loses="POST", clock=3600),
    "loses answers, clock an hour behind": Habits(loses="POST", clock=-3600),
}
ERROR_SHAPES = ["spring", "spring-fields", "nested", "list", "flat", "string", "text", "euc-kr"]


@pytest.fixture
def start():
    """Return a function that starts a server with the given habits."""
    with ExitStack() as stack:
        yield lambda **habits: stack.enter_context(OtherServer(Habits(**habits)))


def connected(server):
    return heco_jupyter.connect(server.url, KEY_ID, KEY_SECRET)


def notebook_on(server, shell):
    connected(server)
    return Notebook(shell)


@pytest.mark.usefixtures("short_holds")
@pytest.mark.parametrize("habits", HABITS)
def test_a_cluster_is_created_scaled_and_deleted_whatever_the_servers_habits(habits):
    with OtherServer(HABITS[habits]) as server:
        client = connected(server)
        made = client.wait(client.create_cluster(spec()).id, timeout=60)
        assert made.state.is_running
        client.scale(made.id, 5)
        assert client.wait(made.id, workers=5, timeout=60).workerCnt == 5
        client.scale_in(made.id, 3)
        assert client.wait(made.id, workers=2, timeout=60).workerCnt == 2
        client.delete_cluster(made.id)
        assert client.wait(made.id, "terminated", timeout=60).state.is_terminated
        assert [(request.method, request.path.rpartition("/")[2]) for request in writes(server)] == [
            ("POST", "clusters"),
            ("POST", "scale-out"),
            ("POST", "scale-in"),
            ("DELETE", made.id),
        ]
        assert server.created == [spec()]
        assert not server.violations


@pytest.mark.parametrize(
    "habits",
    [
        {"largest_page": 3},
        {"refused_size": 50, "largest_page": 3},
        {"largest_page": 3, "reported_size": "requested"},
        {"largest_page": 3, "reported_size": "none"},
        {"largest_page": 3, "framing": "close"},
        {"largest_page": 3, "framing": "chunked", "gzip": True},
        {"largest_page": 3, "backwards": True, "content_type": "application/hal+json"},
        {"largest_page": 3, "first_try": 503},
        {"largest_page": 3, "without": frozenset({"first", "last", "empty", "numberOfElements", "totalPages", "sort"})},
    ],
)
def test_96_clusters_in_pages_of_3_come_back_complete_and_in_order(shell, start, habits):
    server = start(**habits)
    for number in range(96):
        server.add(f"c-{(number * 37) % 96:03d}")
    frame = notebook_on(server, shell).value("%heco list --sort name,desc")
    assert frame["name"].tolist() == [f"c-{number:03d}" for number in reversed(range(96))]
    assert frame["id"].is_unique
    assert frame.attrs["complete"]
    assert not server.violations


def test_ties_in_a_random_order_lose_no_row(start):
    server = start(largest_page=3, ties="random")
    ids = {server.add("same") for _ in range(30)}
    frame = connected(server).list_clusters(sort="name,asc")
    assert set(frame["id"]) == ids
    assert frame["id"].is_unique
    assert frame.attrs["complete"]


def test_a_cluster_added_while_pages_are_read_is_in_the_list(start):
    server = start(largest_page=3)
    for number in range(12):
        server.add(f"c-{number}")
    added = []
    server.after_page = lambda server, number: added or number != 1 or added.append(server.add("late"))
    frame = connected(server).list_clusters()
    assert sorted(frame["id"]) == sorted(server.clusters)
    assert added[0] in set(frame["id"])


@pytest.mark.parametrize("without", [set(), {"runningAt", "elapsedTime", "owner", "isScalable"}])
def test_a_frame_has_its_columns_and_types_whatever_the_rows_lack(start, without):
    server = start(without=frozenset(without), extra={"region": "kr-central-2"})
    server.add("one", createdAt=1_720_000_000_123)
    frame = connected(server).list_clusters()
    assert list(frame.columns) == [*CLUSTER_COLUMNS, "region"]
    assert f"{frame['createdAt'].dtype}" == "datetime64[ms, UTC]"
    assert f"{frame['runningAt'].dtype}" == "datetime64[ms, UTC]"
    assert f"{frame['elapsedTime'].dtype}" == "timedelta64[ms]"
    assert {f"{frame[name].dtype}" for name in ("masterCnt", "workerCnt", "nodeCnt")} == {"Int64"}
    assert f"{frame['isScalable'].dtype}" == "boolean"
    assert frame["createdAt"][0] == pd.Timestamp(1_720_000_000_123, unit="ms", tz="UTC")
    assert all(pd.isna(frame[name][0]) for name in without)
    assert set(LIST_FIELDS) <= set(CLUSTER_COLUMNS)


@pytest.mark.parametrize("as_text", [json.dumps, as_yaml])
@pytest.mark.parametrize("name", CREATE_REQUESTS)
def test_the_vendors_create_requests_arrive_unchanged_from_json_and_from_yaml(shell, start, name, as_text):
    server = start(created=201)
    body = create_request(name)
    ran = notebook_on(server, shell).run(f"%%heco_create\n{as_text(body)}")
    assert ran.error is None, ran.text
    assert server.created == [body]
    assert not server.violations


@pytest.mark.parametrize("shape", ERROR_SHAPES)
def test_the_words_of_the_server_are_passed_on_from_any_shape_of_error(start, shape):
    server = start(errors=shape)
    client = connected(server)
    server.before_write = lambda server: server.refuse_next.append((400, "이름에 공백을 쓸 수 없습니다"))
    with pytest.raises(BadRequestError, match=r"the API says: (Validation failed: )?이름에 공백을 쓸 수 없습니다"):
        client.create_cluster(spec())
    server.before_write = lambda server: None
    server.add("etl-nightly")
    with pytest.raises(ConflictError, match="이미 사용 중인 이름입니다"):
        client.create_cluster(spec())


@pytest.mark.usefixtures("short_holds")
@pytest.mark.parametrize("shape", ["empty", "html"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500])
def test_an_error_without_words_is_explained_by_its_status(start, shape, status):
    server = start(errors=shape)
    client = connected(server)
    server.refuse_next.extend([(status, "x")] * 9)
    with pytest.raises(ApiError, match=f": {status}, ") as caught:
        client.get_cluster("some-id")
    assert caught.value.status == status
    assert "<" not in str(caught.value)


def test_wrong_keys_fail_at_connect(unconnected, start, monkeypatch):
    server = start()
    monkeypatch.setenv("HECO_CREDENTIAL_ID", KEY_ID)
    monkeypatch.setenv("HECO_CREDENTIAL_SECRET", "not-the-secret")
    block = unconnected.refusal(f"%heco connect --endpoint {server.url}")
    assert "401, the API does not accept the keys" in block
    assert "크리덴셜 인증 실패" in block
    assert "not-the-secret" not in block


def test_an_analyst_can_list_show_scale_and_delete_in_a_notebook(shell, start):
    server = start(largest_page=2)
    names = ["adhoc 분석", "50%_done", "a+b&c=d#e/f?g", "-dash", "etl"]
    ids = {name: server.add(name) for name in names}
    server.add("etl", status=WORDS["gone"], workerCnt=0, masterCnt=0)
    notebook = notebook_on(server, shell)
    assert sorted(notebook.value("%heco list --active")["name"]) == sorted(names)
    for name in names:
        separator = "-- " if name.startswith("-") else ""
        assert notebook.value(f"%heco show {separator}'{name}'").id == ids[name]
    frame = notebook.value("%heco vms etl --sort name,asc")
    assert frame["name"].tolist() == ["HadoopMST-etl-1", "HadoopWRK-etl-1", "HadoopWRK-etl-2", "HadoopWRK-etl-3"]
    assert len(notebook.value("%heco vms --all")) == 4 * len(names)
    assert notebook.value("%heco scale etl 5 --wait --timeout 60s").workerCnt == 5
    assert "workers cannot be fewer" in notebook.refusal("%heco scale etl 1 --yes")
    assert notebook.value("%heco scale-in etl 3 --yes --wait --timeout 60s").workerCnt == 2
    assert "etl" in notebook.run("%heco delete etl --yes --wait --timeout 60s").text
    assert [(request.path.rpartition("/")[2], request.body) for request in writes(server)] == [
        ("scale-out", b'{"scaleCnt": 2}'),
        ("scale-in", b'{"scaleCnt": 3}'),
        (ids["etl"], b""),
    ]
    assert not server.violations


def test_a_cluster_is_found_by_its_name_its_id_and_the_start_of_its_id(start):
    server = start()
    kept = server.add("twice")
    server.add("twice", status=WORDS["gone"])
    client = connected(server)
    assert client.find("twice").id == client.find(kept).id == client.find(kept[:8]).id == kept
    with pytest.raises(NotFoundError):
        client.get_cluster("no-such-id")
    assert not server.violations


@pytest.mark.parametrize("sort", ["name", "createdAt,desc", ["status,asc", "workerCnt,desc"]])
def test_an_order_reaches_the_server_in_the_documented_form(start, sort):
    server = start()
    counts = [2, 5, 3]
    for count in counts:
        server.add(f"c-{count}", workerCnt=count, createdAt=count * 1000)
    workers = connected(server).list_clusters(sort=sort)["workerCnt"].tolist()
    assert workers == sorted(counts, reverse=sort != "name")
    assert not server.violations


def test_an_order_that_the_server_refuses_is_reported_in_its_words(shell, start):
    server = start()
    server.add("one")
    assert "isScalable 필드로 정렬할 수 없습니다" in notebook_on(server, shell).refusal(
        "%heco list --sort isScalable,asc"
    )


@pytest.mark.parametrize(
    "cell",
    [
        "%heco lst",
        "%heco list --nmae x",
        "%heco list --sort nam,desc",
        "%heco list --sort name,down",
        "%heco list --limit 0",
        "%heco scale etl many",
        "%heco scale etl -1",
        "%heco vms",
        "%heco wait etl --for ready",
        "%heco wait etl --timeout soon",
        "%heco create no-such-file.yaml",
        "%%heco_create\nname: [",
        "%%heco_create\nname: etl\nname: etl2",
        "%%heco_create\na: &x 1\nb: *x",
        "%%heco_create\na: !!python/object:os.system x",
        "%%heco_create\n" + "a: " + "[" * 500,
        "%%heco_create\n" + "a: " + "x" * 300_000,
        "%%heco_create\n" + json.dumps(spec(workerCnt=1)),
    ],
)
def test_bad_input_is_refused_in_one_short_block_and_nothing_is_sent(shell, start, cell):
    server = start()
    notebook = notebook_on(server, shell)
    server.requests.clear()
    block = notebook.refusal(cell)
    assert len(block.splitlines()) < 20
    assert not server.requests
