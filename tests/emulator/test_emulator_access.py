"""Access keys: who is refused, and who may only read."""

from __future__ import annotations

import pytest
import requests

URL = "/v2/hadoop-eco/clusters"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Credential-ID": "x"}, {"Credential-Secret": "x"}, {"Credential-ID": "", "Credential-Secret": ""}],
)
@pytest.mark.parametrize("any_credentials", [True, False])
def test_a_call_without_credentials_is_refused(make, headers, any_credentials):
    emulator = make(any_credentials=any_credentials)
    response = requests.get(emulator.url + URL, headers=headers, timeout=10)
    assert response.status_code == 401
    assert set(response.json()) == {"code", "message"}


def test_a_wrong_secret_is_refused_and_not_repeated(emulator, caller):
    response = caller(emulator, emulator.credential_id, "not-the-secret").call("GET")
    assert response.status_code == 401
    assert "not-the-secret" not in response.text


def test_a_wrong_id_is_refused(emulator, caller):
    assert caller(emulator, "someone", emulator.credential_secret).call("GET").status_code == 401


def test_only_the_credentials_given_to_the_constructor_are_accepted(make, caller):
    emulator = make(credential_id="ID", credential_secret="SECRET")
    assert caller(emulator, "ID", "SECRET").call("GET").status_code == 200
    assert caller(emulator, "other", "SECRET").call("GET").status_code == 401


def test_each_emulator_generates_its_own_credentials(make):
    first, second = make(), make()
    assert first.credential_id != second.credential_id
    assert first.credential_secret != second.credential_secret


def test_any_credentials_accepts_every_non_empty_key(make, caller):
    assert caller(make(any_credentials=True), "who", "ever").call("GET").status_code == 200


@pytest.mark.parametrize("any_credentials", [True, False])
def test_a_read_only_key_reads_and_does_not_write(make, caller, body, any_credentials):
    emulator = make(any_credentials=any_credentials)
    reader = caller(emulator, emulator.read_only_id, emulator.read_only_secret)
    assert reader.call("GET").status_code == 200
    assert reader.call("POST", json=body()).status_code == 403
    assert reader.delete("some-id").status_code == 403
    assert reader.scale("some-id", "out", 1).status_code == 403
    assert reader.scale("some-id", "in", 1).status_code == 403
    assert caller(emulator).items() == []


def test_no_repr_shows_a_secret(emulator, api, body):
    api.create(body(adminInfo={"userPw": "c2VzYW1l"}))
    shown = repr(emulator) + repr(emulator.requests) + repr(emulator._access)
    assert emulator.credential_secret not in shown
    assert emulator.read_only_secret not in shown
    assert "c2VzYW1l" not in shown


@pytest.mark.parametrize("path", ["/v2/hadoop-eco", "/v2/hadoop-eco/clusters/", "/v2/hadoop-eco/clusters/a/b", "/"])
def test_an_unknown_path_is_not_found(emulator, path):
    response = requests.get(emulator.url + path, timeout=10)
    assert response.status_code == 404
    assert response.json()["code"] == "NotFound"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "", "GET, POST"),
        ("HEAD", "", "GET, POST"),
        ("POST", "/a", "GET, DELETE"),
        ("DELETE", "/a/scale-in", "POST"),  # the vendor's example, which contradicts its definition
        ("GET", "/a/scale-out", "POST"),
        ("POST", "/a/vms", "GET"),
    ],
)
def test_a_wrong_method_is_refused_with_the_allowed_ones(api, method, path, allowed):
    response = api.call(method, path)
    assert response.status_code == 405
    assert response.headers["Allow"] == allowed
