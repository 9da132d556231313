"""Fault injection, and the record of the requests."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import threading
import time

import pytest
import requests

from heco_jupyter.emulator import Fault
from heco_jupyter.emulator.messages import Request
from heco_jupyter.emulator.request_log import RequestLog


def test_a_status_is_returned_and_the_api_does_nothing(emulator, api, body):
    emulator.faults.add(Fault(status=503, times=1, headers={"Retry-After": "2"}))
    response = api.call("POST", json=body())
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert set(response.json()) == {"code", "message"}
    assert api.items() == []


def test_a_status_can_hide_that_the_api_acted(emulator, api, body):
    emulator.faults.add(Fault(status=504, acts=True, times=1))
    assert api.call("POST", json=body()).status_code == 504
    assert len(api.items()) == 1


def test_faults_happen_in_order_and_as_often_as_times_says(emulator, api):
    emulator.faults.add(Fault(status=503, times=2), Fault(status=500, times=1))
    assert len(emulator.faults) == 2
    assert [api.call("GET").status_code for _ in range(4)] == [503, 503, 500, 200]
    assert len(emulator.faults) == 0


def test_a_fault_without_times_lasts_until_it_is_cleared(emulator, api):
    emulator.faults.add(Fault(status=429))
    assert {api.call("GET").status_code for _ in range(5)} == {429}
    emulator.faults.clear()
    assert api.call("GET").status_code == 200


def test_a_fault_without_effect_shields_requests_from_the_next(emulator, api):
    emulator.faults.add(Fault(times=2), Fault(status=500))
    assert [api.call("GET").status_code for _ in range(3)] == [200, 200, 500]


def test_a_fault_can_be_for_a_method_a_path_and_a_query(emulator, api):
    emulator.faults.add(
        Fault(method="DELETE", status=500), Fault(path="/vms$", status=501), Fault(query=r"page=2\b", status=502)
    )
    assert api.call("GET").status_code == 200
    assert api.delete("a").status_code == 500
    assert api.call("GET", "/a/vms").status_code == 501
    assert api.call("GET", params={"page": 2}).status_code == 502


@pytest.mark.parametrize(
    ("body", "sent"),
    [("<html>", b"<html>"), (b"\xff\x00", b"\xff\x00"), ({"a": "한"}, '{"a": "한"}'.encode()), ("", b"")],
)
def test_a_body_replaces_that_of_the_response(emulator, api, body, sent):
    emulator.faults.add(Fault(body=body, content_type="text/html"))
    response = api.call("GET")
    assert (response.status_code, response.content, response.headers["Content-Type"]) == (200, sent, "text/html")


def test_a_connection_dropped_before_the_api_acts_creates_nothing(emulator, api, body):
    emulator.faults.add(Fault(method="POST", drop="before", times=1))
    with pytest.raises(requests.ConnectionError):
        api.call("POST", json=body())
    assert api.items() == []


def test_a_connection_dropped_after_the_api_acts_loses_only_the_response(emulator, api, body):
    emulator.faults.add(Fault(method="POST", drop="after", times=1))
    with pytest.raises(requests.ConnectionError):
        api.call("POST", json=body())
    assert [item["name"] for item in api.items()] == ["etl"]
    assert emulator.requests[0].status is None


def test_a_truncated_body_is_half_of_its_content_length(emulator, api):
    whole = api.call("GET").content
    emulator.faults.add(Fault(truncate=True, times=1))
    with requests.get(
        f"{emulator.url}/v2/hadoop-eco/clusters", headers=api.session.headers, stream=True, timeout=10
    ) as response:
        assert int(response.headers["Content-Length"]) == len(whole)
        assert response.raw.read(len(whole) // 2) == whole[: len(whole) // 2]
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            _ = response.content + next(response.iter_content(1000))
    assert api.call("GET").status_code == 200


def test_latency_delays_the_response_and_does_not_hide_other_faults(emulator, api):
    emulator.faults.add(Fault(latency=0.05), Fault(status=503, latency=0.05, times=1))
    began = time.perf_counter()
    assert api.call("GET").status_code == 503
    assert time.perf_counter() - began >= 0.1
    assert api.call("GET").status_code == 200


def test_slow_responses_do_not_delay_others(emulator, api, caller):
    emulator.faults.add(Fault(path="slow", latency=60.0))

    def call_slowly():
        with contextlib.suppress(requests.ConnectionError):
            caller(emulator).call("GET", "/slow")

    slow = threading.Thread(target=call_slowly)
    slow.start()
    while not emulator.requests:
        time.sleep(0.001)
    assert api.call("GET").status_code == 200
    assert slow.is_alive()
    emulator.stop()
    slow.join()


def test_a_client_that_gives_up_does_no_harm(emulator, api):
    emulator.faults.add(Fault(latency=0.2, times=1))
    with pytest.raises(requests.Timeout):
        requests.get(emulator.url, timeout=0.02)
    time.sleep(0.25)
    assert api.call("GET").status_code == 200


def test_requests_are_recorded_before_their_responses_are_sent(emulator, api, body):
    api.call("GET", params={"sort": ["name,asc", "status,desc"], "name": "배치"})
    api.call("POST", json=body(name="하나"))
    api.call("POST", data="{broken", headers={"Content-Type": "application/json"})
    api.delete("nobody")
    listed, created, broken, deleted = emulator.requests
    assert (listed.method, listed.path, listed.body, listed.status) == ("GET", "/v2/hadoop-eco/clusters", None, 200)
    assert listed.query == [("sort", "name,asc"), ("sort", "status,desc"), ("name", "배치")]
    assert (created.method, created.body["name"], created.status) == ("POST", "하나", 200)
    assert (broken.body, broken.status) == (None, 400)
    assert (deleted.path, deleted.status) == ("/v2/hadoop-eco/clusters/nobody", 404)


def test_a_record_holds_no_headers(emulator, api):
    api.call("GET")
    (record,) = emulator.requests
    assert emulator.credential_secret not in json.dumps(dataclasses.asdict(record))


def test_records_can_be_cleared(emulator, api):
    api.call("GET")
    emulator.clear_requests()
    assert emulator.requests == []


def test_only_the_latest_requests_are_remembered():
    log = RequestLog(capacity=3)
    numbers = [log.add(Request("GET", f"/{n}")) for n in range(5)]
    for number in numbers:
        log.set_status(number, 200)
    assert [(record.path, record.status) for record in log.all()] == [("/2", 200), ("/3", 200), ("/4", 200)]
