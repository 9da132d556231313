"""The hosts that the emulator can be called by: a page in a browser must not reach it under a name of its own."""

from __future__ import annotations

import json

import pytest

PATH = "/v2/hadoop-eco/clusters"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1:80", "127.0.0.1:", "127.1.2.3:8765", "127.255.255.254"),
        *("localhost", "localhost:8765", "LocalHost", "[::1]", "[::1]:8765", "[0:0:0:0:0:0:0:1]"),
    ],
)
def test_a_loopback_host_on_any_port_is_served(emulator, raw, host):
    connection = raw(emulator)
    connection.send_head("GET", PATH, Host=host)
    assert connection.response().status == 200


@pytest.mark.parametrize(
    "host",
    [
        *("example.com", "example.com:8765", "rebind.example.com", "localhost.example.com", "127.0.0.1.nip.io"),
        *("notlocalhost", "localhost.", "0.0.0.0", "10.0.0.1", "192.168.0.1", "128.0.0.1", "127.0.0.1.", "127.1"),
        *("[::]", "[::2]", "[::1", "::1", "[::1]x", "[127.0.0.1", "[localhost]x", "169.254.169.254"),
        *(
            "localhost:80@example.com",
            "user@localhost",
            "localhost:x",
            "localhost:1:2",
            "localhost/x",
            "localhost evil",
        ),
        *("", ":", ":80", "127.0.0.1,example.com", "http://127.0.0.1", "\xb9localhost", "127.0.0.\xb9"),
    ],
)
@pytest.mark.parametrize("any_credentials", [False, True])
def test_any_other_host_is_refused_whatever_the_keys(make, raw, host, any_credentials):
    emulator = make(any_credentials=any_credentials)
    connection = raw(emulator)
    connection.send_head("GET", PATH, Host=host)
    response = connection.response()
    assert response.status == 403
    answer = json.loads(response.content)
    assert answer["code"] == "HostNotAllowed"
    assert "localhost" in answer["message"]
    assert [request.status for request in emulator.requests] == [403]


@pytest.mark.parametrize("first", ["example.com", "127.0.0.1"])
def test_two_hosts_are_refused(emulator, raw, first):
    connection = raw(emulator)
    connection.send_head("GET", PATH, Host=f"{first}\r\nHost: 127.0.0.1")
    assert connection.response().status in {400, 403}


def test_a_long_host_is_not_repeated_as_a_whole(emulator, raw):
    connection = raw(emulator)
    connection.send_head("GET", PATH, Host="x" * 5000)
    assert len(connection.response().content) < 300


@pytest.mark.parametrize(("version", "status"), [("HTTP/1.0", 200), ("HTTP/1.1", 400)])
def test_only_http_1_0_may_come_without_a_host(emulator, raw, version, status):
    connection = raw(emulator)
    connection.send_head("GET", PATH, version=version, Host=None)
    assert connection.response().status == status


def test_the_host_is_checked_before_the_path_and_the_keys(emulator, raw):
    for path, keys in [("/", True), (PATH, False), ("/", False)]:
        connection = raw(emulator)
        connection.send_head("GET", path, keys=keys, Host="example.com")
        assert connection.response().status == 403


def test_an_emulator_on_another_loopback_address_is_called_by_it(make, caller):
    for host in ("127.0.0.7", "::1", "localhost"):
        assert caller(make(host=host)).call("GET").status_code == 200
