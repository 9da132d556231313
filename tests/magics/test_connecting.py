"""`%heco connect`, `login` and `whoami`: where keys come from, and what happens when a connection fails."""

from __future__ import annotations

import pytest
from support import cluster_row

from heco_jupyter.api import connection
from heco_jupyter.emulator import Emulator

CANARY = "canary-secret-42"


def test_without_keys_two_lines_say_how_to_connect(unconnected):
    block = unconnected.refusal("%heco list")
    assert len(block.strip().splitlines()) == 2
    assert "%heco login" in block
    assert "%heco connect --local" in block


def test_connect_local_starts_the_emulator_and_says_so(unconnected):
    ran = unconnected.run("%heco connect --local")
    assert "local emulator" in repr(ran.value)
    assert len(unconnected.value("%heco list")) > 20
    assert "local emulator" in repr(unconnected.value("%heco whoami"))
    assert "local emulator" in unconnected.value("%heco whoami")._repr_html_()


@pytest.mark.usefixtures("keys_in_environment")
def test_connect_with_wrong_keys_fails_with_401_and_names_the_variable(unconnected, monkeypatch):
    monkeypatch.setenv("HECO_CREDENTIAL_ID", "AKID-wrong-0001")
    monkeypatch.setenv("HECO_CREDENTIAL_SECRET", CANARY)
    block = unconnected.refusal("%heco connect")
    assert "401, the API does not accept the keys" in block
    assert "HECO_CREDENTIAL_ID" in block
    assert CANARY not in block
    assert connection.connected() is None


@pytest.mark.usefixtures("keys_in_environment")
def test_keys_in_the_environment_are_used_without_a_connect(unconnected, emulator):
    assert len(unconnected.value("%heco list")) == 0
    shown = unconnected.run("%heco whoami")
    assert emulator.credential_id not in shown.text
    assert emulator.credential_secret not in shown.text


def test_login_asks_for_keys_and_shows_them_nowhere(unconnected, emulator, person):
    person.answers += [emulator.credential_id, emulator.credential_secret]
    ran = unconnected.run(f"%heco login --endpoint {emulator.url}")
    assert ran.error is None, ran.text
    history = "\n".join(unconnected.shell.history_manager.input_hist_raw)
    assert emulator.credential_secret not in ran.text + history
    assert len(unconnected.value("%heco list")) == 0


def test_login_with_nobody_to_ask_names_the_environment_variable(unconnected, person):
    assert "HECO_CREDENTIAL_ID" in unconnected.refusal("%heco login")


def test_connect_local_refuses_an_endpoint(unconnected):
    assert "local takes no endpoint" in unconnected.refusal("%heco connect --local --endpoint https://x")


def test_a_second_connection_replaces_the_first(notebook):
    with Emulator(seed="empty") as other:
        other.load([cluster_row(1)])
        connection.connect(other.url, other.credential_id, other.credential_secret)
        assert len(notebook.value("%heco list")) == 1


@pytest.fixture
def config_file(tmp_path, monkeypatch):
    """Return a function that writes the file of profiles."""

    def write(text):
        path = tmp_path / "config.toml"
        path.write_text(text)
        path.chmod(0o600)
        monkeypatch.setattr("heco_jupyter.api.credentials.CONFIG_FILE", str(path))

    return write


class TestAfterAConnectThatFailed:
    def test_nothing_is_sent_elsewhere(self, unconnected, emulator, config_file):
        keys = f'credential_id = "{emulator.credential_id}"\ncredential_secret = "{emulator.credential_secret}"\n'
        staging = f"[profile.staging]\nendpoint = 'http://127.0.0.1:9'\n{keys}"
        config_file(f"[default]\nendpoint = '{emulator.url}'\n{keys}{staging}")
        unconnected.run("%config HecoMagics.timeout = 1.0")
        assert "no connection to 127.0.0.1:9" in unconnected.refusal("%heco connect --profile staging")
        assert "not connected: the last connect failed" in unconnected.refusal("%heco list")
        assert not emulator.requests
        assert unconnected.value("%heco connect").endpoint == emulator.url
        assert len(unconnected.value("%heco list")) == 0

    def test_the_previous_connection_is_not_used_either(self, notebook, emulator):
        assert "401" in notebook.refusal(
            f"import heco_jupyter; heco_jupyter.connect('{emulator.url}', 'someone', 'wrong-one')"
        )
        emulator.clear_requests()
        assert "not connected" in notebook.refusal("%heco list")
        assert not emulator.requests


def test_an_empty_endpoint_is_refused_and_not_replaced_by_the_default(unconnected, monkeypatch):
    monkeypatch.setenv("HECO_CREDENTIAL_ID", "someone")
    monkeypatch.setenv("HECO_CREDENTIAL_SECRET", "something")
    assert "the endpoint is empty" in unconnected.refusal("%heco connect --endpoint ''")


def test_connect_fails_at_an_endpoint_that_is_not_the_api(unconnected, emulator):
    cell = (
        f"heco_jupyter.connect('{emulator.url}/elsewhere', '{emulator.credential_id}', '{emulator.credential_secret}')"
    )
    block = unconnected.refusal(f"import heco_jupyter; {cell}")
    assert "404, there is no Hadoop Eco API at" in block
    assert "give only https://HOST" in block


def test_keys_outside_a_profile_are_refused_with_the_missing_line(unconnected, config_file):
    config_file('credential_id = "a"\ncredential_secret = "b"\n')
    assert "put a line [default] above them" in unconnected.refusal("%heco connect")
